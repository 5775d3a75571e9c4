//! Everything that is said while this suite runs: no error, no log and no `Debug` may have
//! a secret in it, whatever went wrong.

use std::error::Error as StdError;
use std::fmt::Debug;
use std::io::Write;
use std::sync::Once;

use log::{Level, LevelFilter, Log, Metadata, Record};
use mauntic_neon::{Error, Startup};
use mauntic_neon_local::Faults;

use crate::place::{PASSWORD, Place, SECRETS, connect};

/// Whose log, at its finest, is the frames themselves, in any program that asks for it: the
/// crate's README says so.
const OF_FRAMES: &str = "tungstenite";

/// Takes every record, and ends the suite at one that has a secret: a panic might be
/// somebody's task, and heard by nobody.
struct Listener;

impl Log for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !(metadata.level() == Level::Trace && metadata.target().starts_with(OF_FRAMES))
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let text = record.args().to_string();
        if has_secret(&text) {
            // Past what the tests' runner keeps for itself.
            writeln!(std::io::stderr(), "a secret in a log of {}: {text}", record.target())
                .expect("there is somebody to tell");
            std::process::exit(1);
        }
    }

    fn flush(&self) {}
}

/// Listens from now on, to all that is said in this process.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Listener).expect("nobody else listens");
        log::set_max_level(LevelFilter::Trace);
    });
}

/// Whether a text holds the password in a form in which somebody could read it.
fn has_secret(text: &str) -> bool {
    let bytes = format!("{:?}", PASSWORD.as_bytes());
    let listed = bytes.trim_matches(['[', ']']);
    let hex: String = PASSWORD.bytes().map(|byte| format!("{byte:02x}")).collect();
    SECRETS.iter().any(|secret| text.contains(secret))
        || text.contains(listed)
        || text.to_ascii_lowercase().contains(&hex)
}

fn without_secret(text: &str) {
    assert!(!has_secret(text), "a secret: {text}");
}

/// An error as people see it, with all that is behind it.
pub(crate) fn shown(error: &Error) -> String {
    let io = std::io::Error::from(error.clone());
    without_secret(&format!("{error:?} {error:#?} {io} {io:?}"));
    let mut next: Option<&dyn StdError> = Some(error);
    while let Some(error) = next {
        without_secret(&format!("{error} {error:?}"));
        next = error.source();
    }
    error.to_string()
}

#[test]
fn a_secret_is_known_in_any_form() {
    let hex = "636f727265637420686f7273652f62617474657279";
    let forms = [
        format!("postgres://u:{PASSWORD}@h"),
        "correct%20horse%2Fbattery".to_owned(),
        format!("{:?}", PASSWORD.as_bytes()),
        format!("{:?}", [b"p\0".as_slice(), PASSWORD.as_bytes(), b"\0"].concat()),
        format!("payload: 0x{hex}"),
        hex.to_uppercase(),
    ];
    for form in forms {
        assert!(has_secret(&form), "{form}");
    }
    assert!(!has_secret("postgres://u@h"));
}

#[tokio::test]
async fn nothing_that_knows_the_password_shows_it() {
    let place = Place::new().await;
    let (client, connection) = mauntic_neon::connect(&place.address, &place.options).await.unwrap();
    let said: [&dyn Debug; 7] = [
        &place.address,
        place.address.config(),
        &place.options,
        &place.http(),
        &client,
        &connection,
        &Startup::new(PASSWORD.as_bytes()),
    ];
    for debug in said {
        without_secret(&format!("{debug:?} {debug:#?}"));
    }
    without_secret(&format!("{:?}", place.server));
}

/// The proxy's own words, and the driver's, about a start-up that does not go through.
#[tokio::test]
async fn no_start_up_says_the_password() {
    for pipelined in [true, false] {
        let mut place = Place::with_faults(Faults { asleep: true, ..Faults::default() }).await;
        place.options.pipelined = pipelined;
        let error = connect(&place.address, &place.options).await.map(|_| ()).unwrap_err();
        shown(&error);
        let asked = Place::with(|wanted| wanted.password = format!("not {PASSWORD}")).await;
        let error = connect(&asked.address, &asked.options).await.map(|_| ()).unwrap_err();
        shown(&error);
    }
}
