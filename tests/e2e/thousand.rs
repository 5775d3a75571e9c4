//! A thousand contacts of twenty organizations: features in by HTTP, jobs
//! through the queue, scores out by HTTP, equal to the rules and to an oracle
//! in another language.

use mauntic_domain::points::PointsE4;
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_tests::contacts::{Numbers, config, context, features};
use mauntic_tests::scored::{by_the_rules, computed};
use mauntic_tests::stack::{Stack, until};
use mauntic_tests::{oracle, world::organization};
use serde_json::{Value, json};
use tokio_postgres::Client;

const ORGANIZATIONS: u64 = 20;
const CONTACTS_EACH: u64 = 50;
const ORACLE_CONTACTS: usize = 200;
/// Of those, the ones that are scored again with a context.
const CONTEXT_CONTACTS: usize = 40;

/// A contact, whose it is, and what is known about it.
struct Case {
    organization: usize,
    contact: String,
    features: Value,
    context: Value,
}

struct Tenant {
    key: String,
    config: Value,
}

async fn tenants(stack: &Stack, numbers: &mut Numbers) -> Vec<Tenant> {
    let owner = stack.owner().await;
    let mut tenants = Vec::new();
    for n in 0..ORGANIZATIONS {
        let id = organization(&format!("org_{n}"));
        let key = stack.organization(&id, &[Scope::Read, Scope::Write]).await;
        let config = config(numbers, n);
        let entries: Vec<_> = serde_json::from_value(config.clone()).unwrap();
        if !entries.is_empty() {
            mauntic_store::admin::replace_config(&owner, &id, &entries).await.unwrap();
        }
        tenants.push(Tenant { key, config });
    }
    tenants
}

fn cases(numbers: &mut Numbers) -> Vec<Case> {
    let all = (0..CONTACTS_EACH).flat_map(|n| (0..ORGANIZATIONS).map(move |o| (n, o)));
    all.map(|(n, o)| Case {
        organization: usize::try_from(o).unwrap(),
        contact: format!("contact_{n}"),
        features: features(numbers),
        context: Value::Null,
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_contacts_by_http_equal_the_rules_and_the_oracle() {
    let stack = Stack::start(Build::Production, &[]).await;
    let mut numbers = Numbers::new(2_026);
    let tenants = tenants(&stack, &mut numbers).await;
    let mut cases = cases(&mut numbers);
    std::thread::scope(|scope| {
        for part in cases.chunks(cases.len() / 8) {
            scope.spawn(|| part.iter().for_each(|case| put(&stack, &tenants, case)));
        }
    });
    let owner = stack.owner().await;
    all_done(&stack, &owner, cases.len()).await;
    let scored = "select count(*) from scoring.lead_scores";
    let scored: i64 = owner.query_one(scored, &[]).await.unwrap().get(0);
    assert_eq!(usize::try_from(scored).unwrap(), cases.len());
    compare(&stack, &tenants, &cases, ORACLE_CONTACTS);

    let with_context = &mut cases[..CONTEXT_CONTACTS];
    for case in with_context.iter_mut() {
        case.context = context(&mut numbers);
        recalculate(&stack, &tenants, case);
    }
    all_done(&stack, &owner, cases.len() + CONTEXT_CONTACTS).await;
    compare(&stack, &tenants, &cases[..CONTEXT_CONTACTS], CONTEXT_CONTACTS);
    let letters = owner.query_one("select count(*) from jobs.dead_letter", &[]).await.unwrap();
    assert_eq!(letters.get::<_, i64>(0), 0);
    pages(&stack, &tenants[1].key);
    explained(&stack, &tenants[1].key);
}

/// Waits until there are so many jobs, all of them final; all were completed.
async fn all_done(stack: &Stack, owner: &Client, wanted: usize) {
    let sql = "select count(*), count(*) filter (where state = 'completed') from jobs.job
      having bool_and(finished_at is not null)";
    let found = until(
        "every job is final",
        || stack.story(),
        async || owner.query_opt(sql, &[]).await.unwrap(),
    )
    .await;
    let wanted = i64::try_from(wanted).unwrap();
    assert_eq!((found.get::<_, i64>(0), found.get::<_, i64>(1)), (wanted, wanted));
}

fn put(stack: &Stack, tenants: &[Tenant], case: &Case) {
    let path = format!("/api/v1/scoring/contacts/{}/features", case.contact);
    let answer =
        stack.call("PUT", &path, Some(&tenants[case.organization].key), Some(&case.features));
    assert_eq!(answer.status, 202, "{}", answer.body);
}

fn recalculate(stack: &Stack, tenants: &[Tenant], case: &Case) {
    let body = json!({"contactIds": [case.contact], "context": case.context});
    let key = Some(tenants[case.organization].key.as_str());
    let answer = stack.call("POST", "/api/v1/scoring/recalculate", key, Some(&body));
    let created = &answer.body["created"];
    assert_eq!((answer.status, created), (202, &json!(1)), "{body} {}", answer.body);
}

/// Every score by HTTP, whole, against the rules; the first `asked` of them
/// against the oracle too.
fn compare(stack: &Stack, tenants: &[Tenant], cases: &[Case], asked: usize) {
    let question = |case: &Case| {
        let config = &tenants[case.organization].config;
        json!({"features": case.features, "config": config, "context": case.context})
    };
    let questions: Vec<Value> = cases.iter().map(question).collect();
    let found = |case: &Case| {
        let path = format!("/api/v1/scoring/contacts/{}/score", case.contact);
        let answer = stack.call("GET", &path, Some(&tenants[case.organization].key), None);
        assert_eq!(answer.status, 200, "{}", answer.body);
        computed(answer.body)
    };
    let found: Vec<Value> = cases.iter().map(found).collect();
    for (found, question) in found.iter().zip(&questions) {
        assert_eq!(*found, by_the_rules(question), "the rules, of {question}");
    }
    let answers = oracle::ask(&questions[..asked]);
    for ((found, question), answer) in found.iter().zip(&questions).zip(answers) {
        assert_eq!(*found, answer, "the oracle, of {question}");
    }
}

/// Every contact stands once on the pages of its leaderboard, highest first.
fn pages(stack: &Stack, key: &str) {
    let mut path = "/api/v1/scoring/leaderboard?limit=7".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = stack.call("GET", &path, Some(key), None);
        assert_eq!(page.status, 200, "{}", page.body);
        for line in page.body["items"].as_array().unwrap() {
            seen.push((
                line["totalScore"].as_f64().unwrap(),
                line["contactId"].as_str().unwrap().to_owned(),
            ));
        }
        let Some(next) = page.body["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/scoring/leaderboard?limit=7&cursor={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    sorted.dedup();
    assert_eq!(seen, sorted);
    assert_eq!(seen.len() as u64, CONTACTS_EACH);
}

fn explained(stack: &Stack, key: &str) {
    let path = "/api/v1/scoring/contacts/contact_3/score/explain";
    let body = stack.call("GET", path, Some(key), None).body;
    let points = |value: &Value| serde_json::from_value::<PointsE4>(value.clone()).unwrap();
    let lines = body["contributions"].as_array().unwrap();
    let sum: PointsE4 = lines.iter().map(|line| points(&line["points"])).sum();
    assert!(!lines.is_empty() && sum == points(&body["totalScore"]), "{body}");
}
