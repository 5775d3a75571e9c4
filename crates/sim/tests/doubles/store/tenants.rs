//! What the HTTP worker does, keys, and the dump.

use mauntic_domain::jobs::JobState;
use mauntic_domain::jobs::limits::UNFINISHED_MAX;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Config, Context, score};
use mauntic_flows::ports::{Beat, KeyStore, PortError, Position, Scope, ScoreRow};

use super::*;
use mauntic_sim::store::rows::JobRow;

#[test]
fn a_key_stands_for_one_job() {
    let world = World::new();
    let coalesce = || world.enqueue("c1", JobKey::Coalesce("k".to_owned()));
    let (first, second) = (coalesce(), coalesce());
    assert_eq!((first.id, second.created), (second.id, false));
    world.claim(&[first.id]);
    assert!(coalesce().created, "the claim has cleared the key");
    let once = || world.enqueue("c1", JobKey::Idempotent("k".to_owned()));
    let (first, second) = (once(), once());
    assert_eq!((first.created, second.created, first.id), (true, false, second.id));
    let key = || JobKey::Idempotent("k".to_owned());
    let jobs = [new_job("c3", JobKey::None), new_job("c2", key())];
    let before = world.store.dump();
    let refused = wait(world.session().enqueue(&org("a"), &jobs, None)).unwrap_err();
    assert_eq!(refused, PortError::KeyConflict);
    assert_eq!(world.store.dump(), before, "nothing was written");
    world.claim(&[first.id]);
    let twice = [new_job("c1", key()), new_job("c1", key())];
    let both = wait(world.session().enqueue(&org("a"), &twice, None)).unwrap();
    assert_eq!((both[0].id, both[1].id, both[0].state), (first.id, first.id, JobState::InProgress));
}

#[test]
fn a_backlog_is_bounded_and_beyond_the_share_the_relay_sends() {
    let world = World::new();
    let now = world.clock.database();
    let fill = |from: u128, to: u128| {
        for n in from..to {
            world.store.put_job(JobRow {
                organization_id: Some("a".to_owned()),
                ..JobRow::new(
                    Uuid::from_u128(n),
                    JobType::CalculateScore,
                    score_job("c").data(),
                    now,
                )
            });
        }
    };
    fill(0, 1_999);
    let jobs = [new_job("c1", JobKey::None), new_job("c2", JobKey::None)];
    let enqueued = wait(world.session().enqueue(&org("a"), &jobs, None)).unwrap();
    assert_eq!((enqueued[0].send_now, enqueued[1].send_now), (true, false));
    fill(1_999, 19_997);
    let refused = wait(world.session().enqueue(&org("a"), &jobs, None)).unwrap_err();
    assert_eq!(refused, PortError::Backlog { unfinished_max: UNFINISHED_MAX });
    let one = wait(world.session().enqueue(&org("a"), &jobs[..1], None));
    assert!(one.is_ok(), "the last place is free");
}

#[test]
fn features_scores_and_the_leaderboard() {
    let world = World::new();
    let (owner, one) = (org("a"), contact("c1"));
    let job = new_job("c1", JobKey::Coalesce("c1".to_owned()));
    let store = || {
        wait(world.session().put_features(&owner, &one, &features(), &job)).unwrap().input_version
    };
    assert_eq!((store(), store()), (1, 2));
    let read = |name: &str| wait(world.session().score(&owner, &contact(name))).unwrap();
    assert_eq!((read("c1"), read("c9")), (Some(None), None));
    let row = |has_phone| ScoreRow {
        score: score(
            &Features { has_phone, ..features() },
            &Config::default(),
            &Context::default(),
            PointsE4::ZERO,
        ),
        previous_total: Some(PointsE4::whole(1)),
        input_version: 1,
        input_version_now: 2,
        config_version: 0,
        calculated_at: world.clock.database(),
    };
    for (name, has_phone) in [("c1", false), ("c2", true), ("c3", false)] {
        world.store.put_score(&owner, &contact(name), &row(has_phone));
    }
    world.store.put_score(&org("b"), &contact("c2"), &row(true));
    assert_eq!(read("c1"), Some(Some(row(false))));
    let page = |after: Option<&Position>, limit| {
        let lines = wait(world.session().leaderboard(&owner, after, limit)).unwrap();
        lines.into_iter().map(|line| line.contact_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2), ["c2", "c1"]);
    let after = Position { total: PointsE4::whole(10), contact_id: one.clone() };
    assert_eq!(page(Some(&after), 2), ["c3"]);
}

#[test]
fn keys_vitals_and_counts() {
    let world = World::new();
    world.store.put_organization(&org("a"), "A");
    let id = world.store.put_key(Some(&org("a")), &[Scope::Read], [1; 32]);
    let find = |digest: [u8; 32]| wait(world.session().find_key(&digest)).unwrap();
    assert_eq!((find([1; 32]).map(|key| key.id), find([2; 32])), (Some(id), None));
    assert!(world.store.revoke_key(id));
    assert_eq!(find([1; 32]), None);
    world.store.put_beat("relay", 900);
    let vitals = wait(world.session().vitals()).unwrap();
    let at = world.clock.database();
    assert_eq!(vitals.beats, [Beat { duty: "relay".to_owned(), at, interval_secs: 900, by: None }]);
    world.enqueue("c1", JobKey::None);
    world.held("c2");
    world.pass(30);
    let mut asked = request(&[]);
    asked.letters = vec![letter("m", "malformed")];
    wait(world.session().claim(&asked)).unwrap();
    let stats = wait(world.session().queue_stats()).unwrap()["mauntic-scoring-events"];
    assert_eq!((stats.pending, stats.processing, stats.dead_letters), (1, 1, 1));
    assert_eq!(stats.oldest_secs, Some(30));
}

#[test]
fn a_dump_names_rows_by_their_order_and_times_from_now() {
    let world = World::new();
    world.enqueue("c1", JobKey::None);
    world.pass(10);
    let mut asked = request(&[]);
    asked.shorts = vec![short(1, "c2", None)];
    asked.letters = vec![letter("m", "malformed")];
    wait(world.session().claim(&asked)).unwrap();
    let dump = world.store.dump();
    assert_eq!(dump["jobs"][0]["created_at"], json!(-10));
    assert_eq!(dump["jobs"][1]["run_id"], json!("run:0"));
    assert_eq!(dump["jobs"][1]["lease_until"], json!(60));
    assert_eq!(dump["dead_letters"][0]["body"], json!("?"));
}
