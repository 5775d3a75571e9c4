//! Scores the demo contacts through the real HTTP worker, queue and queue
//! worker, and checks every stored score against the rules.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::{Context as ScoringContext, Contribution, Grade, Score, score};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{Instant, interval};

use super::stack::Stack;

/// Longest wait for 200 contacts: two batches take about three seconds; a lost
/// message comes back with the second tick after it, within two minutes.
const SCORED_WITHIN: Duration = Duration::from_secs(150);

/// How often the leaderboard is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Lines of the table of the best.
const BEST: usize = 10;

/// Contacts of one page.
const PAGE: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Line>,
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    contact_id: String,
    total_score: PointsE4,
    calculated_at: DateTime<Utc>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Full {
    total_score: PointsE4,
    grade: Grade,
    components: BTreeMap<String, PointsE4>,
    top_contributors: Vec<Contribution>,
}

/// Enqueues the scoring of every demo contact, waits until all have landed,
/// prints the best and checks all. Returns how many there are.
pub(super) async fn score_and_check(stack: &Stack) -> anyhow::Result<usize> {
    let contacts: Vec<&str> = stack.demo.contacts.iter().map(|(id, _)| id.as_str()).collect();
    let started = Instant::now();
    let agent = agent();
    let asked = stack.now().await?;
    let body = json!({"contactIds": contacts});
    post(&agent, stack, "/api/v1/scoring/recalculate", &body)?;
    eprintln!("asked for the scores of {} contacts", contacts.len());
    let scored = wait_until_scored(&agent, stack, (contacts.len(), asked), started).await?;
    eprintln!("all {} scored after {:.1?}", scored.len(), started.elapsed());
    let expected = expected(stack)?;
    for (contact, score) in &expected {
        let stored = scored.get(contact).with_context(|| format!("{contact} has no score"))?;
        let rules = score.total();
        ensure!(*stored == rules, "{contact}: stored {stored}, the rules say {rules}");
    }
    print_best(&agent, stack, &expected)?;
    Ok(expected.len())
}

fn expected(stack: &Stack) -> anyhow::Result<BTreeMap<String, Score>> {
    let config = stack.demo.config()?;
    let context = ScoringContext::default();
    // The demo's contacts have shown no signals.
    let of = |features| score(features, &config, &context, PointsE4::ZERO);
    Ok(stack.demo.contacts.iter().map(|(id, features)| (id.to_string(), of(features))).collect())
}

/// Waits until so many contacts on the leaderboard were scored since then, by
/// the database's clock.
async fn wait_until_scored(
    agent: &ureq::Agent,
    stack: &Stack,
    (wanted, since): (usize, DateTime<Utc>),
    started: Instant,
) -> anyhow::Result<BTreeMap<String, PointsE4>> {
    let mut looks = interval(LOOK_EVERY);
    let mut landed = 0;
    loop {
        looks.tick().await;
        let rows = leaderboard(agent, stack, since)?;
        if rows.len() > landed {
            landed = rows.len();
            eprintln!("  {landed} of {wanted} scored");
        }
        if landed >= wanted {
            return Ok(rows);
        }
        if started.elapsed() > SCORED_WITHIN {
            let log = stack.workers.runner_log();
            bail!("only {landed} of {wanted} contacts were scored in {SCORED_WITHIN:?}\n{log}");
        }
    }
}

fn leaderboard(
    agent: &ureq::Agent,
    stack: &Stack,
    since: DateTime<Utc>,
) -> anyhow::Result<BTreeMap<String, PointsE4>> {
    let mut rows = BTreeMap::new();
    let first = format!("/api/v1/scoring/leaderboard?limit={PAGE}");
    let mut path = first.clone();
    loop {
        let page: Page = get(agent, stack, &path)?;
        let fresh = page.items.into_iter().filter(|line| line.calculated_at >= since);
        rows.extend(fresh.map(|line| (line.contact_id, line.total_score)));
        let Some(next) = page.next else {
            return Ok(rows);
        };
        path = format!("{first}&cursor={next}");
    }
}

fn print_best(
    agent: &ureq::Agent,
    stack: &Stack,
    expected: &BTreeMap<String, Score>,
) -> anyhow::Result<()> {
    let page: Page = get(agent, stack, &format!("/api/v1/scoring/leaderboard?limit={BEST}"))?;
    println!("\n  {:<14} {:>6}  grade  top contributors", "contact", "score");
    for Line { contact_id, .. } in page.items {
        let full: Full =
            get(agent, stack, &format!("/api/v1/scoring/contacts/{contact_id}/score"))?;
        if let Some(score) = expected.get(&contact_id) {
            let components = score.components();
            let stored = full.components.iter().map(|(factor, points)| (factor.as_str(), *points));
            ensure!(stored.eq(components), "{contact_id}: its components are not the rules'");
        }
        let top = full.top_contributors.iter().take(3);
        let top: Vec<String> = top.map(|c| format!("{} {}", c.factor, c.points)).collect();
        let (total, grade) = (full.total_score.to_string(), full.grade.as_str());
        println!("  {contact_id:<14} {total:>6}  {grade:<5}  {}", top.join(", "));
    }
    println!();
    Ok(())
}

fn agent() -> ureq::Agent {
    let timeout = Some(Duration::from_secs(30));
    ureq::Agent::config_builder().timeout_global(timeout).http_status_as_error(false).build().into()
}

fn get<T: DeserializeOwned>(agent: &ureq::Agent, stack: &Stack, path: &str) -> anyhow::Result<T> {
    let request = agent.get(format!("{}{path}", stack.url()));
    let mut answer = request.header("Authorization", bearer(stack)).call()?;
    let status = answer.status();
    let body = answer.body_mut().read_to_string()?;
    ensure!(status.is_success(), "GET {path} answered {status}: {body}");
    serde_json::from_str(&body).with_context(|| format!("GET {path} answered {body}"))
}

fn post(agent: &ureq::Agent, stack: &Stack, path: &str, body: &Value) -> anyhow::Result<()> {
    let request = agent.post(format!("{}{path}", stack.url()));
    let mut answer = request.header("Authorization", bearer(stack)).send_json(body)?;
    let status = answer.status();
    let body = answer.body_mut().read_to_string()?;
    ensure!(status.is_success(), "POST {path} answered {status}: {body}");
    Ok(())
}

fn bearer(stack: &Stack) -> String {
    format!("Bearer {}", stack.secrets.api_key)
}
