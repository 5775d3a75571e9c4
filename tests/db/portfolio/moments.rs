//! What only shows with two at once: a user whom two nights score, a chunk that two commit.

use mauntic_flows::ports::{Committed, Effect, EffectStore, NightWrite};
use mauntic_testkit::database::Role;
use mauntic_tests::world::World;

use super::given::{held, night, scoring, session};

#[tokio::test]
async fn a_chunk_that_two_commit_at_once_counts_once() {
    let world = World::new().await;
    night(&world, 100).await;
    for chunk in 0..2 {
        let url = world.database.url(Role::Queue);
        let (one, other) = (session(&url).await, session(&url).await);
        let write = scoring(&one, chunk).await;
        let again = scoring(&other, chunk).await;
        let effect = async |session, write| Effect {
            nights: vec![NightWrite::Chunk(write)],
            ..held(&world, session).await
        };
        let (first, second) = (effect(&one, write).await, effect(&other, again).await);
        let (first, second) = tokio::join!(one.commit(&first), other.commit(&second));
        for committed in [first.unwrap(), second.unwrap()] {
            assert!(matches!(committed, Committed::Done { .. }));
        }
        let done = "select chunks_done::int8 from portfolio.overnight_job_runs";
        assert_eq!(world.count(done).await, i64::from(chunk) + 1);
    }
    let events = "select count(*) from portfolio.calculation_events";
    assert_eq!(world.count(events).await, 400);
}

/// The one that waits for the other sees what it has written: no asset of the night that
/// lost stays among the newest scores.
#[tokio::test]
async fn of_two_nights_at_once_a_user_has_the_scores_of_one() {
    const LATER: &str = "019c7a00-4444-7000-8000-000000000002";
    let world = World::new().await;
    night(&world, 50).await;
    let copy = format!(
        "insert into portfolio.overnight_job_runs (id, job_type, started_at, correlation_id,
             inputs_of, chunks_total)
           select '{LATER}', job_type, started_at + interval '1 h', 'd', '{LATER}', chunks_total
           from portfolio.overnight_job_runs;
         insert into portfolio.overnight_users (run_id, organization_id, user_id, chunk)
           select '{LATER}', organization_id, user_id, chunk from portfolio.overnight_users;"
    );
    world.owner.batch_execute(&copy).await.unwrap();
    let url = world.database.url(Role::Queue);
    let (one, other) = (session(&url).await, session(&url).await);
    let older = scoring(&one, 0).await;
    let mut later = older.clone();
    later.run_id = LATER.parse().unwrap();
    // The later night knows of fewer assets.
    later.users.iter_mut().for_each(|user| user.scores.truncate(7));
    let older = Effect { nights: vec![NightWrite::Chunk(older)], ..held(&world, &one).await };
    let later = Effect { nights: vec![NightWrite::Chunk(later)], ..held(&world, &other).await };
    let (first, second) = tokio::join!(one.commit(&older), other.commit(&later));
    for committed in [first.unwrap(), second.unwrap()] {
        assert!(matches!(committed, Committed::Done { .. }));
    }
    let scores = "select count(*) from portfolio.asset_scores";
    assert_eq!(world.count(scores).await, 50 * 7);
    let sql = format!("select count(*) from portfolio.users where scored_run = '{LATER}'");
    assert_eq!(world.count(&sql).await, 50);
    assert_eq!(world.count("select count(*) from portfolio.score_history").await, 50 * 27);
}
