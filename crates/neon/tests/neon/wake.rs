//! A database that is asleep, and one that wakes.

use std::time::Duration;

use mauntic_neon::{Patience, Reason, connect_awake};
use mauntic_neon_local::Faults;

use crate::place::{Place, address, bounded};
use crate::said::shown;

const PATIENCE: Patience = Patience {
    attempts_max: 20,
    wait_base: Duration::from_millis(20),
    total_max: Duration::from_secs(20),
};

#[tokio::test]
async fn a_connection_is_tried_again_until_the_database_is_awake() {
    let place = Place::with_faults(Faults { asleep: true, ..Faults::default() }).await;
    let connecting = connect_awake(&place.address, &place.options, &PATIENCE);
    let waking = async {
        while place.server.counts().upgrades() < 3 {
            tokio::task::yield_now().await;
        }
        place.server.set_faults(Faults::default());
    };
    let (connected, ()) = bounded(futures::future::join(connecting, waking)).await;
    let (_client, _connection, attempts) = connected.unwrap();
    assert!(attempts >= 3, "{attempts}");
}

#[tokio::test]
async fn a_database_that_stays_asleep_is_told_from_a_wrong_password() {
    let place = Place::with_faults(Faults { asleep: true, ..Faults::default() }).await;
    let patience = Patience { attempts_max: 3, ..PATIENCE };
    let connecting = connect_awake(&place.address, &place.options, &patience);
    let error = bounded(connecting).await.map(|_| ()).unwrap_err();
    assert_eq!(error.reason(), Reason::Waking, "{}", shown(&error));
    assert_eq!(place.server.counts().upgrades(), 3);

    let wrong = address("postgres", "wrong");
    let connecting = connect_awake(&wrong, &place.options, &patience);
    let error = bounded(connecting).await.map(|_| ()).unwrap_err();
    assert_eq!(error.reason(), Reason::Password, "{}", shown(&error));
    assert_eq!(place.server.counts().upgrades(), 4, "a wrong password stays one");
}
