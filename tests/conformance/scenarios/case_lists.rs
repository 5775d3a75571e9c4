//! Cases as they are found: listed, grouped, and one with all that is known.

use chrono::TimeDelta;
use mauntic_domain::cases::fingerprint;
use mauntic_domain::replays::Terms;
use mauntic_flows::ports::{
    CaseFilter, ClaimRequest, DeadLetter, Discarded, JobKey, JobStore, OperatorStore, Page,
    RelayStore, ReplayOrder, Setback, TenantStore,
};
use mauntic_sim::rng::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

use super::asked::NEWEST;
use super::given::{dead, letter, scoring};
use crate::subject::{QUEUE, Subject, World, claim_request, counted, organization};

on_both! {
    cases_are_found_by_what_they_are
    decided_cases_are_another_list
    pages_go_on_while_cases_come_and_go
    the_first_cases_are_those_that_a_replay_takes
    cases_are_grouped_by_what_they_have_in_common
    a_case_shows_its_body_and_its_job
    fingerprints_are_the_domains
}

async fn found<S: Subject>(world: &World<S>, filter: &CaseFilter) -> Vec<Uuid> {
    let page = world.op.cases(filter, true, NEWEST).await.unwrap();
    page.items.iter().map(|case| case.id).collect()
}

async fn cases_are_found_by_what_they_are<S: Subject>(mut world: World<S>) {
    let (run, jobs) = world.fan_out(1).await;
    let held = world.hold(jobs[0]).await;
    world.set_back(&held, dead(true)).await;
    let of_run = world.case_of(jobs[0]).await;
    let job = world.dead_letter_of("org_2", "bob").await;
    let of_other = world.case_of(job).await;
    let unreadable = world.unreadable("m-1").await;
    let all = [unreadable, of_other, of_run];
    let text = |text: &str| Some(text.to_owned());
    let none = CaseFilter::default();
    let payload = |value| CaseFilter { payload: Some(value), ..CaseFilter::default() };
    let print = fingerprint(Some("scoring.CalculateScore"), "permanent", "it cannot be");
    for (filter, expected) in [
        (none.clone(), all.to_vec()),
        (CaseFilter { queue: text(QUEUE.name()), ..none.clone() }, all.to_vec()),
        (CaseFilter { queue: text("mauntic-overnight-jobs"), ..none.clone() }, vec![]),
        (
            CaseFilter { type_name: text("scoring.CalculateScore"), ..none.clone() },
            vec![of_other, of_run],
        ),
        (CaseFilter { organization_id: text("org_2"), ..none.clone() }, vec![of_other]),
        (CaseFilter { reason: text("malformed"), ..none.clone() }, vec![unreadable]),
        (CaseFilter { fingerprint: Some(print), ..none.clone() }, vec![of_other, of_run]),
        (CaseFilter { run_id: Some(run), ..none.clone() }, vec![of_run]),
        (CaseFilter { run_id: Some(Uuid::max()), ..none.clone() }, vec![]),
        (payload(json!({"contactId": "bob"})), vec![of_other]),
        (payload(json!({"type": 1})), vec![unreadable]),
        (payload(json!({"contactId": "bob", "more": 1})), vec![]),
        (payload(json!({})), all.to_vec()),
        (CaseFilter { organization_id: text("org_2"), reason: text("malformed"), ..none }, vec![]),
    ] {
        assert_eq!(found(&world, &filter).await, expected, "{filter:?}");
        let mut oldest = world.op.first_cases(&filter, 9).await.unwrap();
        oldest.reverse();
        assert_eq!(oldest, expected, "{filter:?}");
    }
}

async fn decided_cases_are_another_list<S: Subject>(mut world: World<S>) {
    let (first, second) = (world.unreadable("m-1").await, world.unreadable("m-2").await);
    assert_eq!(world.op.discard(first).await.unwrap(), Discarded::Done);
    for (open, expected) in [(true, second), (false, first)] {
        let page = world.op.cases(&CaseFilter::default(), open, NEWEST).await.unwrap();
        assert_eq!(page.items.iter().map(|case| case.id).collect::<Vec<_>>(), [expected]);
    }
}

/// A case that is there all along is on one page, and none is on two.
async fn pages_go_on_while_cases_come_and_go<S: Subject>(mut world: World<S>) {
    let mut stay = Vec::new();
    for n in 0..12 {
        stay.push(world.unreadable(&format!("m-{n}")).await);
    }
    let filter = CaseFilter::default();
    let mut listed: Vec<Uuid> = Vec::new();
    let (mut page, mut pages) = (Page { before: None, limit: 3 }, 0);
    loop {
        let part = world.op.cases(&filter, true, page).await.unwrap();
        assert!(part.items.len() <= 3);
        listed.extend(part.items.iter().map(|case| case.id));
        world.unreadable(&format!("new-{pages}")).await;
        // One that was listed, and one that was not.
        for gone in [listed[0], *stay.first().unwrap()] {
            world.op.discard(gone).await.unwrap();
        }
        stay.remove(0);
        pages += 1;
        let Some(next) = part.next else { break };
        page.before = Some(next);
    }
    assert!(pages > 3, "{pages} pages");
    let mut distinct = listed.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), listed.len(), "no case twice");
    assert!(stay.iter().all(|case| listed.contains(case)), "{stay:?} of {listed:?}");
    assert!(listed.is_sorted_by(|a, b| a > b), "newest first");
}

async fn the_first_cases_are_those_that_a_replay_takes<S: Subject>(mut world: World<S>) {
    let mut cases = Vec::new();
    for _ in 0..4 {
        let job = world.dead_letter(JobKey::None).await;
        cases.push(world.case_of(job).await);
        world.advance(1).await;
    }
    world.op.discard(cases.remove(1)).await.unwrap();
    let filter = CaseFilter::default();
    let first = world.op.first_cases(&filter, 2).await.unwrap();
    assert_eq!(first, cases[..2], "the oldest that are open");
    let id = world.id();
    let terms = Terms { limit: 2, canary: 0, per_second: 1_000 };
    let order = ReplayOrder { id, filter: filter.clone(), terms };
    world.op.order_replay(&order).await.unwrap();
    world.op.advance_replays(TimeDelta::seconds(60), Some(id)).await.unwrap();
    let open: Vec<Uuid> = world.open_cases().await.iter().map(|case| case.id).collect();
    assert_eq!(open, cases[2..], "the replay took the same");
    assert_eq!(world.op.first_cases(&filter, 9).await.unwrap(), open);
}

async fn cases_are_grouped_by_what_they_have_in_common<S: Subject>(mut world: World<S>) {
    let began = world.subject.now();
    let details = ["contact_1 took 3 s", "contact_22 took 4 s", "it is away"];
    for (owner, detail) in [("org_1", 0), ("org_1", 2), ("org_2", 1), ("org_1", 1), ("org_1", 2)] {
        let new = scoring(owner, "ada", JobKey::None);
        let enqueued = world.http.enqueue(&organization(owner), &[new], None).await;
        let held = world.hold(enqueued.unwrap()[0].id).await;
        let detail = details[detail].to_owned();
        world.set_back(&held, Setback::Dead { reason: "permanent", detail, failed: true }).await;
        world.advance(10).await;
    }
    let decided = world.open_cases().await[0].id;
    world.op.discard(decided).await.unwrap();
    let groups = world.op.case_groups(&CaseFilter::default(), 10).await.unwrap();
    let [first, second] = groups.as_slice() else { panic!("{groups:?}") };
    assert_eq!(first.fingerprint, "scoring.CalculateScore/permanent/# took # s");
    assert_eq!((first.open, first.organizations), (3, 2));
    assert_eq!((first.reason.as_str(), first.detail.as_str()), ("permanent", details[1]));
    let seconds = |count| began + TimeDelta::seconds(count);
    assert_eq!((first.first_seen, first.last_seen), (seconds(0), seconds(30)));
    assert_eq!((second.open, second.first_seen, second.last_seen), (1, seconds(10), seconds(10)));
    let open = world.open_cases().await;
    assert_eq!(first.newest, open[0].id);
    let of_other =
        CaseFilter { organization_id: Some("org_2".to_owned()), ..CaseFilter::default() };
    assert_eq!(world.op.case_groups(&of_other, 10).await.unwrap()[0].open, 1);
    let largest = world.op.case_groups(&CaseFilter::default(), 1).await.unwrap();
    assert_eq!(largest, groups[..1]);
}

async fn a_case_shows_its_body_and_its_job<S: Subject>(mut world: World<S>) {
    let job = world.dead_letter(JobKey::None).await;
    let (case, unreadable) = (world.case_of(job).await, world.unreadable("m-1").await);
    let detail = world.op.case(case).await.unwrap().unwrap();
    let body: Value = serde_json::from_slice(&detail.body).unwrap();
    assert_eq!(body, json!({"organizationId": "org_1", "contactId": "ada"}));
    let of_job = detail.job.unwrap();
    assert_eq!((of_job.job.id, of_job.data, of_job.receipt), (job, body, None));
    assert_eq!(detail.lineage, [detail.case]);
    let detail = world.op.case(unreadable).await.unwrap().unwrap();
    assert_eq!((detail.body, detail.job), (letter("m-1", "malformed").body, None));
    assert_eq!(detail.case.message_id.as_deref(), Some("m-1"));
    assert_eq!(world.op.case(Uuid::max()).await.unwrap(), None);
}

/// Pieces of details: digits, words, and what no regular expression likes.
const PIECES: [&str; 16] = [
    " ", "7", "contact_", "é", "ü9", "名前", ".", ":", "-", "٣", "\n", "İ", "ß", "a", "/",
    "\u{2028}",
];

/// The property that the double stands on: what the domain computes is what the
/// database generates.
async fn fingerprints_are_the_domains<S: Subject>(mut world: World<S>) {
    let mut rng = Rng::new(17);
    let mut letters = Vec::new();
    for n in 0..200 {
        let pieces = 1 + rng.below(if n % 20 == 0 { 400 } else { 12 });
        let detail = (0..pieces).map(|_| PIECES[rng.below(PIECES.len())]).collect();
        letters.push(DeadLetter { detail, ..letter(&format!("m-{n}"), "malformed") });
    }
    for letters in letters.chunks(50) {
        let request = claim_request(world.id(), &[]);
        let request = counted(ClaimRequest { letters: letters.to_vec(), ..request });
        world.queue.claim(&request).await.unwrap();
    }
    let page = Page { before: None, limit: 1_000 };
    let page = world.op.cases(&CaseFilter::default(), true, page).await.unwrap();
    assert_eq!(page.items.len(), letters.len());
    for case in page.items {
        let expected = fingerprint(case.type_name.as_deref(), &case.reason, &case.detail);
        assert_eq!(case.fingerprint, expected, "{:?}", case.detail);
    }
}
