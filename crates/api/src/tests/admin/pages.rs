//! Pages meet without gap or overlap, whatever is added or decided meanwhile.

use chrono::TimeDelta;
use mauntic_domain::schedules::Settings;
use mauntic_flows::cron;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tests::call::Answer;
use crate::tests::things::{BREAKER, QUEUE, RUN, SCHEDULE, get, post};
use crate::tests::world::World;

/// Ids of a time, later ones behind; before or after those of the things.
fn id(n: u128) -> Uuid {
    Uuid::from_u128((0x0190_0000_0000_7000_8000 << 48) + n)
}

fn names(answer: &Answer, of: &str) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let items = answer.body["items"].as_array().unwrap();
    items.iter().map(|item| item[of].to_string()).collect()
}

/// Every page of a list from `path` on; `meanwhile` happens after each.
async fn walk(
    world: &World,
    path: &str,
    of: &str,
    mut meanwhile: impl AsyncFnMut(u128),
) -> Vec<String> {
    let mut seen = Vec::new();
    let mut next = path.to_owned();
    for page in 0.. {
        let answer = get(&next).send(world).await;
        seen.extend(names(&answer, of));
        let Some(cursor) = answer.body["next"].as_str() else {
            assert!(!answer.headers.contains_key("link"));
            break;
        };
        let link = answer.header("link");
        assert!(link.ends_with(">; rel=\"next\""), "{link}");
        assert!(link.contains(&format!("cursor={cursor}")), "{link}");
        let place = link.trim_start_matches("</api/v2/admin/").split_once('>').unwrap().0;
        next = place.to_owned();
        meanwhile(page).await;
    }
    seen
}

#[tokio::test]
async fn jobs_that_were_there_are_each_seen_once() {
    let world = World::new();
    world.put_jobs(id(0).as_u128(), 23);
    let there: Vec<String> = (0..23).rev().map(|n| json!(id(n).to_string()).to_string()).collect();
    for limit in [1, 5, 22, 23, 100] {
        let path =
            format!("queues/{QUEUE}/jobs?state=queued&limit={limit}&type=scoring.CalculateScore");
        let seen = walk(&world, &path, "jobId", async |_| {}).await;
        assert_eq!(seen, there, "limit {limit}");
    }
    // New ones come in front, and one that was passed moves on.
    let path = format!("queues/{QUEUE}/jobs?limit=4");
    let seen = walk(&world, &path, "jobId", async |page| {
        world.put_jobs(id(100 + page).as_u128(), 1);
        world.set_state(id(22).as_u128(), mauntic_domain::jobs::JobState::Cancelled);
    });
    assert_eq!(seen.await, there);
}

#[tokio::test]
async fn cases_that_stay_open_are_each_seen_once() {
    let world = World::with_things().await;
    for n in 0..20 {
        world.put_dead(id(n), id(100 + n), "contact_3");
    }
    let path = "dlq?limit=3&payload=%7B%22contactId%22%3A%22contact_3%22%7D";
    let seen = walk(&world, path, "caseId", async |page| {
        // The one at the end of the page that was just shown.
        let shown = id(119 - 3 * page - 2);
        let call = post(&format!("dlq/{shown}/replay"), &json!({}));
        assert_eq!(call.send(&world).await.status, 202);
        world.put_dead(id(300 + page), id(400 + page), "contact_3");
    });
    let there: Vec<String> =
        (0..20).rev().map(|n| json!(id(100 + n).to_string()).to_string()).collect();
    assert_eq!(seen.await, there);
}

#[tokio::test]
async fn nominal_times_entries_and_runs_are_paged() {
    let world = World::with_things().await;
    let schedules = cron::schedules(&Settings::default()).unwrap();
    world.ports.clock.advance(TimeDelta::hours(7));
    cron::judge_all(&world.ports, &schedules, None).await.unwrap();
    let path = format!("cron/{SCHEDULE}/occurrences?limit=2");
    let seen = walk(&world, &path, "nominalAt", async |_| {
        world.ports.clock.advance(TimeDelta::hours(1));
        cron::judge_all(&world.ports, &schedules, None).await.unwrap();
    });
    let there: Vec<String> =
        (9..=15).rev().map(|hour| format!("\"2027-01-15T{hour:02}:00:00.000Z\"")).collect();
    assert_eq!(seen.await, there);
    let runs =
        walk(&world, &format!("cron/{SCHEDULE}/runs?limit=1"), "executionId", async |_| {}).await;
    assert_eq!(runs.last(), Some(&json!(RUN.to_string()).to_string()));
    let reset = || post(&format!("breakers/{BREAKER}/reset"), &json!({}));
    for _ in 0..9 {
        assert_eq!(reset().send(&world).await.status, 200);
    }
    let all = names(&get("audit?limit=100").send(&world).await, "seq");
    let seen = walk(&world, "audit?limit=4", "seq", async |_| {
        reset().send(&world).await;
    });
    assert_eq!(seen.await, all);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let world = World::with_things().await;
    world.put_jobs(id(0).as_u128(), 5);
    let path = format!("queues/{QUEUE}/jobs?limit=1&state=queued");
    let first = get(&path).send(&world).await;
    let cursor = first.body["next"].as_str().unwrap();
    let cut = &cursor[1..];
    // Another size of page is no other list.
    let ok = format!("queues/{QUEUE}/jobs?cursor={cursor}&limit=3&state=queued");
    assert_eq!(get(&ok).send(&world).await.status, 200);
    for path in [
        format!("queues/{QUEUE}/jobs?cursor={cursor}"),
        format!("queues/{QUEUE}/jobs?state=failed&cursor={cursor}"),
        format!("queues/{QUEUE}/jobs?state=queued&cursor={cut}"),
        format!("queues/{QUEUE}/jobs?state=queued&cursor="),
        format!("queues/mauntic-overnight-jobs/jobs?state=queued&cursor={cursor}"),
        format!("dlq?cursor={cursor}"),
        format!("audit?cursor={cursor}"),
        format!("cron/{SCHEDULE}/runs?cursor={cursor}"),
        format!("cron/{SCHEDULE}/occurrences?cursor={cursor}"),
        format!("runs/{RUN}/jobs?cursor={cursor}"),
    ] {
        let answer = get(&path).send(&world).await;
        assert_eq!((answer.status, answer.code()), (422, "validation_failed"), "{path}");
        assert_eq!(answer.pointers(), ["/cursor"]);
    }
    assert_ne!(first.body["next"], Value::Null);
}
