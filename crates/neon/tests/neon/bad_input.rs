//! What can be wrong with the other side: a named error each, never a hang, never a
//! part taken for the whole, and no secret in any of them.

use std::net::Ipv4Addr;
use std::time::Duration;

use mauntic_neon::http::{Http, Statement};
use mauntic_neon::{Error, Reason};
use mauntic_neon_local::{Asks, End, Ending, Faults, Validity};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_postgres::error::SqlState;

use crate::place::{HTTP_HOST, Place, address, bounded, connect, ended};
use crate::said::shown;

/// Long enough for a machine that is busy, short enough for a test.
const SHORT: Duration = Duration::from_millis(500);

/// Bytes after which the first row of an answer has begun: a start-up's answer has some
/// 450, and that row has more than is left.
const AMID_ROW_BYTES: u64 = 1_000;

async fn refused(place: &Place) -> Error {
    let error = place.connect().await.map(|_| ()).unwrap_err();
    shown(&error);
    error
}

#[tokio::test]
async fn a_wrong_password_is_the_servers_word() {
    let place = Place::new().await;
    let wrong = address("postgres", "wrong");
    let error = connect(&wrong, &place.options).await.map(|_| ()).unwrap_err();
    assert_eq!(error.code().map(SqlState::code), Some("28P01"), "{}", shown(&error));
    assert_eq!(error.reason(), Reason::Password);
    let http = Http::new(wrong, place.options.clone());
    let error = bounded(http.query(&Statement::new("select 1"))).await;
    let error = error.unwrap_err();
    assert_eq!(error.reason(), Reason::Password, "{}", shown(&error));
}

#[tokio::test]
async fn a_certificate_must_be_good_and_the_hosts() {
    let expired = Place::with(|wanted| wanted.validity = Validity::Expired).await;
    let other = Place::with(|wanted| wanted.names = vec!["ep-2.aws.neon.tech".to_owned()]).await;
    let mut distrusted = Place::new().await;
    distrusted.options.network.roots.clear();
    for (place, said) in [(expired, "xpired"), (other, "not valid for"), (distrusted, "Unknown")] {
        let error = refused(&place).await;
        assert!(
            matches!(&error, Error::Certificate { cause, .. } if cause.contains(said)),
            "{error}"
        );
        assert_eq!(error.reason(), Reason::Configuration);
        let http = bounded(place.http().query(&Statement::new("select 1"))).await;
        let error = http.unwrap_err();
        assert!(matches!(&error, Error::Certificate { host, .. } if host == HTTP_HOST), "{error}");
        assert_eq!(place.server.counts().requests(), 0, "no password was sent");
    }
}

#[tokio::test]
async fn nobody_there_or_somebody_else() {
    let mut place = Place::new().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    place.options.network.at = Some(listener.local_addr().unwrap());
    let chatter = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
        }
    });
    let error = refused(&place).await;
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    chatter.abort();
    assert!(chatter.await.unwrap_err().is_cancelled());
    let error = refused(&place).await;
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");

    // Somebody who takes connections and says nothing.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    place.options.network.at = Some(listener.local_addr().unwrap());
    place.options.timeout = SHORT;
    let error = refused(&place).await;
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
}

#[tokio::test]
async fn silence_behind_tls_is_bounded() {
    let mut place = Place::with_faults(Faults { mute: true, ..Faults::default() }).await;
    place.options.timeout = SHORT;
    place.options.limits.silence_max = SHORT;
    let error = refused(&place).await;
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    let error = bounded(place.http().query(&Statement::new("select 1"))).await.unwrap_err();
    assert!(matches!(error, Error::Unanswered { .. }), "{}", shown(&error));
}

#[tokio::test]
async fn a_host_without_websockets_says_its_status() {
    let place = Place::with_faults(Faults { not_upgraded: true, ..Faults::default() }).await;
    let error = refused(&place).await;
    assert!(matches!(error, Error::NotUpgraded { status: 404, .. }), "{error}");
}

#[tokio::test]
async fn a_host_that_sends_elsewhere_is_not_followed() {
    let place = Place::with_faults(Faults { moved: true, ..Faults::default() }).await;
    let error = refused(&place).await;
    assert!(matches!(error, Error::NotUpgraded { status: 307, .. }), "{error}");
}

/// What a connection ends with when its start-up, and when its first answer, ends so.
async fn both(ending: Ending) -> [Error; 2] {
    let during =
        |after_bytes| Faults { end: Some(End { after_bytes, ending }), ..Faults::default() };
    let mut place = Place::with_faults(during(3)).await;
    place.options.limits.silence_max = SHORT;
    let first = refused(&place).await;
    place.server.set_faults(during(AMID_ROW_BYTES));
    let (client, working) = place.connect().await.unwrap();
    let rows = client.query_typed("select repeat('x', 2000) from generate_series(1, 9)", &[]);
    assert!(bounded(rows).await.is_err(), "a part is not the whole");
    let second = ended(working).await;
    shown(&second);
    [first, second]
}

#[tokio::test]
async fn cuts_closes_silence_and_odd_frames_have_their_names() {
    for ending in [Ending::Cut, Ending::Close(1000), Ending::Close(1011)] {
        let errors = both(ending).await;
        let all = errors.iter().all(|error| matches!(error, Error::CutAmidMessage { .. }));
        assert!(all, "{ending:?}: {errors:?}");
    }
    let errors = both(Ending::Hang).await;
    let all = errors.iter().all(|error| matches!(error, Error::TimedOut { .. }));
    assert!(all, "{errors:?}");
    let errors = both(Ending::Text).await;
    assert!(errors.iter().all(|error| matches!(error, Error::TextFrame)), "{errors:?}");
    let errors = both(Ending::Frame(33 << 20)).await;
    let all = errors.iter().all(|error| matches!(error, Error::FrameTooLarge { .. }));
    assert!(all, "{errors:?}");
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_by_its_header() {
    let mut place = Place::new().await;
    place.options.limits.message_bytes_max = 1_000;
    let (client, working) = place.connect().await.unwrap();
    assert!(bounded(client.query_typed("select repeat('x', 2000)", &[])).await.is_err());
    let error = ended(working).await;
    assert!(matches!(error, Error::Wire(_)), "{}", shown(&error));
}

#[tokio::test]
async fn a_server_that_asks_for_no_password_is_connected_anew() {
    let place = Place::with(|wanted| wanted.asks = Asks::AsTheDatabase).await;
    let client = place.client().await;
    client.query_typed_one("select 1", &[]).await.unwrap();
    assert_eq!(place.server.counts().upgrades(), 2);
}

/// A server that asks for SCRAM loses the pipelined connection, and is connected anew.
#[tokio::test]
async fn a_server_that_asks_for_scram_is_connected_anew() {
    let place = Place::with(|wanted| wanted.asks = Asks::AsTheDatabase).await;
    let owner = place.client().await;
    // Statements are the driver's to log: a password of its own.
    owner.batch_execute("create role scram login password 'of-the-role'").await.unwrap();
    let file: String = owner.query_typed_one("show hba_file", &[]).await.unwrap().get(0);
    let rules = "host all scram 127.0.0.1/32 scram-sha-256|host all all 127.0.0.1/32 trust";
    let write = format!("copy (select unnest(string_to_array('{rules}', '|'))) to '{file}'");
    owner.batch_execute(&write).await.unwrap();
    owner.batch_execute("select pg_reload_conf()").await.unwrap();
    // It is read when the server gets to it: then a wrong password is refused.
    let wrong = address("scram", "wrong");
    let refused = async {
        loop {
            if let Err(error) = connect(&wrong, &place.options).await {
                break error;
            }
        }
    };
    let error = bounded(refused).await;
    assert_eq!(error.reason(), Reason::Password, "{}", shown(&error));

    let before = place.server.counts().upgrades();
    let right = address("scram", "of-the-role");
    let (client, _working) = connect(&right, &place.options).await.unwrap();
    client.query_typed_one("select 1", &[]).await.unwrap();
    assert_eq!(place.server.counts().upgrades() - before, 2);
}
