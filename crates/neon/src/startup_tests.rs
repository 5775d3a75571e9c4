use proptest::prelude::*;

use super::*;

const PASSWORD: &[u8] = b"hunter2";
const OPENING: &[u8] = &[0, 0, 0, 17, 0, 3, 0, 0, b'u', b's', b'e', b'r', 0, b'm', b'e', 0, 0];

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], length.as_slice(), body].concat()
}

fn asks(code: u32) -> Vec<u8> {
    message(b'R', &code.to_be_bytes())
}

/// Feeds a side in pieces, and gathers what comes out.
fn fed(
    bytes: &[u8],
    size: usize,
    mut feed: impl FnMut(&[u8], &mut Vec<u8>) -> Result<(), StartupError>,
) -> Result<Vec<u8>, StartupError> {
    let mut out = Vec::new();
    for piece in bytes.chunks(size) {
        feed(piece, &mut out)?;
    }
    Ok(out)
}

fn started() -> Startup {
    let mut startup = Startup::new(PASSWORD);
    startup.outgoing(OPENING, &mut Vec::new()).unwrap();
    startup
}

#[test]
fn start_up_and_password_go_out_together_and_the_drivers_copy_is_dropped() {
    for size in 1..40 {
        let mut startup = Startup::new(PASSWORD);
        let sent = fed(OPENING, size, |piece, out| startup.outgoing(piece, out)).unwrap();
        assert_eq!(sent, [OPENING, &message(b'p', b"hunter2\0")].concat());

        // The server's whole answer may be there before the driver's copy.
        let answer = [asks(3), asks(0), message(b'Z', b"I")].concat();
        let read = fed(&answer, size, |piece, out| startup.incoming(piece, out)).unwrap();
        assert_eq!(read, answer, "the driver reads the question and the answer");
        assert!(!startup.is_through());

        let copy = [message(b'p', b"hunter2\0"), message(b'Q', b"x\0")].concat();
        let sent = fed(&copy, size, |piece, out| startup.outgoing(piece, out)).unwrap();
        assert_eq!(sent, message(b'Q', b"x\0"));
        assert!(startup.is_through());
    }
}

#[test]
fn what_is_asked_instead_has_a_name() {
    let table = [(0, Asked::Nothing), (5, Asked::Md5), (10, Asked::Scram), (7, Asked::Other(7))];
    for (code, expected) in table {
        let mut out = Vec::new();
        let refused = started().incoming(&asks(code), &mut out).unwrap_err();
        assert_eq!(refused, StartupError::Asked(expected));
        assert!(out.is_empty(), "the driver must not answer");
    }
}

#[test]
fn notices_pass_and_an_error_is_the_drivers() {
    let mut startup = started();
    let answer = [message(b'N', b"n\0"), message(b'E', b"SFATAL\0C28P01\0\0")].concat();
    let read = fed(&answer, 3, |piece, out| startup.incoming(piece, out)).unwrap();
    assert_eq!(read, answer);
    assert!(startup.is_through());
}

#[test]
fn what_is_no_postgres_is_refused_by_its_first_bytes() {
    let http = started().incoming(b"HTTP/1.1 400 Bad Request\r\n", &mut Vec::new()).unwrap_err();
    assert_eq!(http, StartupError::NotPostgres(b'H'));
    let row = started().incoming(&message(b'D', b"x"), &mut Vec::new()).unwrap_err();
    assert_eq!(row, StartupError::NotPostgres(b'D'));
    let long = started().incoming(&[b'E', 0, 1, 0, 0], &mut Vec::new()).unwrap_err();
    assert_eq!(long, StartupError::TooLarge { bytes: 65_537, bytes_max: FIRST_BYTES_MAX });
}

#[test]
fn a_driver_that_does_not_send_its_password_is_refused() {
    let mut startup = started();
    startup.incoming(&asks(3), &mut Vec::new()).unwrap();
    let other = startup.outgoing(&message(b'Q', b"x\0"), &mut Vec::new()).unwrap_err();
    assert_eq!(other, StartupError::NotThePassword(b'Q'));
}

#[test]
fn no_password_is_shown() {
    assert!(!format!("{:?}", started()).contains("hunter"));
}

proptest! {
    #[test]
    fn whatever_a_server_sends_the_driver_reads_it_in_order_or_is_told(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        question in prop::option::of(Just(3u32)),
        size in 1usize..50,
    ) {
        let first = question.map(asks).unwrap_or_default();
        let all = [first, bytes].concat();
        let mut startup = started();
        let read = fed(&all, size, |piece, out| startup.incoming(piece, out));
        if let Ok(read) = read {
            prop_assert!(all.starts_with(&read));
            prop_assert!(question.is_none() || read == all);
        }
    }
}
