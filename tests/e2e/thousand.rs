//! A thousand contacts of twenty organizations: features in by HTTP, jobs
//! through the queue, scores out by HTTP, equal to the rules and to an oracle
//! in another language.

use std::io::Write;
use std::process::{Command, Stdio};

use mauntic_domain::scoring::{Category, Config, Context, Features, score};
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_tests::contacts::{Numbers, config, features};
use mauntic_tests::stack::{Stack, until};
use mauntic_tests::world::organization;
use serde_json::{Value, json};

const ORGANIZATIONS: u64 = 20;
const CONTACTS_EACH: u64 = 50;
const ORACLE_CONTACTS: usize = 200;

/// A contact, whose it is, and what should come out.
struct Case {
    organization: usize,
    contact: String,
    features: Value,
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
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_contacts_by_http_equal_the_rules_and_the_oracle() {
    let stack = Stack::start(Build::Production, &[]).await;
    let mut numbers = Numbers::new(2_026);
    let tenants = tenants(&stack, &mut numbers).await;
    let cases = cases(&mut numbers);
    std::thread::scope(|scope| {
        for part in cases.chunks(cases.len() / 8) {
            scope.spawn(|| part.iter().for_each(|case| put(&stack, &tenants, case)));
        }
    });
    let owner = stack.owner().await;
    let wanted = i64::try_from(cases.len()).unwrap();
    until(
        "a thousand scores are there",
        || stack.story(),
        async || {
            let sql = "select count(*) from scoring.lead_scores";
            let scored: i64 = owner.query_one(sql, &[]).await.unwrap().get(0);
            (scored == wanted).then_some(())
        },
    )
    .await;
    for case in &cases {
        let found = get(&stack, &tenants[case.organization].key, &case.contact);
        assert_eq!(picked(&found), by_the_rules(&tenants, case), "{} {found}", case.contact);
    }
    against_the_oracle(&stack, &tenants, &cases[..ORACLE_CONTACTS]);
    let states = "select count(*) from jobs.job where state <> 'completed'";
    assert_eq!(owner.query_one(states, &[]).await.unwrap().get::<_, i64>(0), 0);
    let letters = owner.query_one("select count(*) from jobs.dead_letter", &[]).await.unwrap();
    assert_eq!(letters.get::<_, i64>(0), 0);
    pages(&stack, &tenants[1].key);
    explained(&stack, &tenants[1].key);
}

fn put(stack: &Stack, tenants: &[Tenant], case: &Case) {
    let path = format!("/api/v1/scoring/contacts/{}/features", case.contact);
    let answer =
        stack.call("PUT", &path, Some(&tenants[case.organization].key), Some(&case.features));
    assert_eq!(answer.status, 202, "{}", answer.body);
}

fn get(stack: &Stack, key: &str, contact: &str) -> Value {
    let path = format!("/api/v1/scoring/contacts/{contact}/score");
    let answer = stack.call("GET", &path, Some(key), None);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// What both the rules and the oracle have a word about.
fn picked(body: &Value) -> Value {
    ["totalScore", "grade", "fitScore", "engagementScore", "intentScore"]
        .into_iter()
        .map(|field| (field.to_owned(), body[field].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn by_the_rules(tenants: &[Tenant], case: &Case) -> Value {
    let config =
        Config::new(serde_json::from_value(tenants[case.organization].config.clone()).unwrap());
    let features: Features = serde_json::from_value(case.features.clone()).unwrap();
    let score = score(&features, &config.unwrap(), &Context::default());
    json!({
        "totalScore": score.total(),
        "grade": score.grade(),
        "fitScore": score.category(Category::Fit),
        "engagementScore": score.category(Category::Engagement),
        "intentScore": score.category(Category::Intent),
    })
}

fn against_the_oracle(stack: &Stack, tenants: &[Tenant], cases: &[Case]) {
    let root = mauntic_local::repository_root();
    let mut oracle = Command::new(root.join("node_modules/node/bin/node"))
        .arg(root.join("tests/oracle/score.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = oracle.stdin.take().unwrap();
    for case in cases {
        let config = &tenants[case.organization].config;
        writeln!(input, "{}", json!({"features": case.features, "config": config})).unwrap();
    }
    drop(input);
    let output = oracle.wait_with_output().unwrap();
    let lines: Vec<&str> = std::str::from_utf8(&output.stdout).unwrap().lines().collect();
    assert_eq!(lines.len(), cases.len());
    for (case, line) in cases.iter().zip(lines) {
        let expected: Value = serde_json::from_str(line).unwrap();
        let found = get(stack, &tenants[case.organization].key, &case.contact);
        for (field, value) in expected.as_object().unwrap() {
            let same = match (value.as_f64(), found[field].as_f64()) {
                (Some(a), Some(b)) => a.total_cmp(&b).is_eq() || value == &found[field],
                _ => *value == found[field],
            };
            assert!(same, "{} {field}: the oracle says {value}, {found}", case.contact);
        }
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
    let hundredths = |points: &Value| format!("{:.2}", points.as_f64().unwrap()).replace('.', "");
    let sum: i64 = body["contributions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| hundredths(&line["points"]).parse::<i64>().unwrap())
        .sum();
    assert_eq!(sum.to_string(), hundredths(&body["totalScore"]).trim_start_matches('0'), "{body}");
}
