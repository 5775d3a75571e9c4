//! The whole of a session through a proxy that delays, splits, merges and cuts.

use std::time::Duration;

use mauntic_neon::Error;
use mauntic_neon::http::Statement;
use mauntic_neon_local::{End, Ending, Faults};

use crate::place::{Place, bounded};
use crate::said::shown;
use crate::sessions;

const DELAY: Duration = Duration::from_millis(3);

#[tokio::test]
async fn a_session_is_the_same_however_its_frames_come() {
    let clean = Faults::default();
    let all = [
        Faults { delay: DELAY, ..clean },
        Faults { frame_bytes_max: Some(11), ..clean },
        Faults { frame_bytes_max: Some(1_000), ..clean },
        Faults { merged_within: Some(DELAY), ..clean },
        Faults { delay: DELAY, frame_bytes_max: Some(100), merged_within: Some(DELAY), ..clean },
    ];
    for faults in all {
        let place = Place::with_faults(faults).await;
        let (mut client, working) = place.connect().await.unwrap();
        bounded(sessions::all(&mut client)).await;
        drop(client);
        bounded(working).await.unwrap().unwrap();
        let answer = bounded(place.http().query(&Statement::new("select 1"))).await.unwrap();
        assert_eq!(answer.rows[0].get::<i32>(0).unwrap(), 1);
    }
}

/// Wherever the connection is cut, the rows are all there or there are none.
#[tokio::test]
async fn a_cut_anywhere_leaves_all_rows_or_none() {
    let text = "select n, repeat('x', n % 50) from generate_series(1, 100) n";
    let place = Place::new().await;
    let mut whole = 0;
    for after_bytes in (0..6_000).step_by(97) {
        for ending in [Ending::Cut, Ending::Close(1000)] {
            place
                .server
                .set_faults(Faults { end: Some(End { after_bytes, ending }), ..Faults::default() });
            let rows = match place.connect().await {
                Ok((client, _working)) => {
                    bounded(client.query_typed(text, &[])).await.map_err(Error::from)
                }
                Err(error) => Err(error),
            };
            match rows {
                Ok(rows) => {
                    assert_eq!(rows.len(), 100);
                    whole += 1;
                }
                Err(error) => {
                    let named = matches!(
                        error,
                        Error::CutAmidMessage { .. }
                            | Error::CutAmidAnswer { .. }
                            | Error::Broken { .. }
                    );
                    assert!(named, "{after_bytes} {ending:?}: {}", shown(&error));
                }
            }
        }
    }
    assert!(whole > 0, "some cuts come behind the last row");
}
