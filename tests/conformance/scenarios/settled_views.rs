//! What operators see of settlements.

use mauntic_domain::scoreboard::EntryStatus;
use mauntic_flows::ports::{SettledStore, SettlementFilter, SettlementPlace};

use super::given_boards::{MATCHES, TOURNAMENT};
use crate::boards::BoardSubject;
use crate::subject::World;

on_both! {
    settlements_are_listed_to_operators
}

async fn settlements_are_listed_to_operators<S: BoardSubject>(mut world: World<S>) {
    world.tournament().await;
    world.same_elsewhere().await;
    for (at, results) in [(0, ["2:1", "1:1"]), (1, ["0:0", "0:1"])] {
        world.guess(at, &[("ada", "2:1")]).await;
        for of in results {
            world.end(at, of).await;
            world.settle(at).await;
        }
    }
    let list = async |filter: &SettlementFilter, before: Option<&SettlementPlace>, limit: i64| {
        world.op.settlements(filter, before, limit).await.expect("read")
    };
    let any = SettlementFilter::default;
    let all = list(&any(), None, 9).await;
    assert_eq!(all.iter().map(|of| of.place.seq).collect::<Vec<_>>(), [4, 3, 2, 1]);
    let entry = all[0].entry.as_ref().expect("an entry");
    assert_eq!((entry.match_id, entry.result_version, entry.previous), (MATCHES[1], 2, Some(3)));
    assert_eq!((all[0].result.as_str(), all[0].attempt), (r#"{"ft":[0,1]}"#, 1));
    assert_eq!((all[0].at, &all[0].detail), (world.subject.now(), &None));
    assert_eq!(list(&any(), Some(&all[1].place), 1).await, all[2..3]);
    for (filter, count) in [
        (SettlementFilter { organization_id: Some("org_2".to_owned()), ..any() }, 0),
        (SettlementFilter { tournament_id: Some(TOURNAMENT), ..any() }, 4),
        (SettlementFilter { match_id: Some(MATCHES[0]), ..any() }, 2),
        (SettlementFilter { match_id: Some(MATCHES[2]), ..any() }, 0),
        (SettlementFilter { status: Some(EntryStatus::Applied), ..any() }, 4),
        (SettlementFilter { status: Some(EntryStatus::Failed), ..any() }, 0),
    ] {
        assert_eq!(list(&filter, None, 9).await.len(), count, "{filter:?}");
    }
}
