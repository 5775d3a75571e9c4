//! Many contacts with signals, and what the rules give for each of them in plain
//! SQL: the oracle of a recompute, and its rival in the benchmark.

use chrono::{DateTime, Utc};
use tokio_postgres::Client;

/// Three signals a contact; see the file.
const FILL: &str = include_str!("recompute/fill.sql");

/// The rules in SQL; see the file for what stands in braces.
const SCORES: &str = include_str!("recompute/scores.sql");

/// Stores contacts with their signals, of which the newest came at `until`.
///
/// # Panics
/// Where the database refuses them.
pub async fn fill(owner: &Client, organization: &str, contacts: i64, until: DateTime<Utc>) {
    owner.execute(FILL, &[&organization, &contacts, &until]).await.expect("contacts");
}

/// A select of every contact's score at the instant `$1`.
#[must_use]
pub fn scores_at_parameter() -> String {
    SCORES.replace("{at}", "$1::timestamptz").replace("{from}", "").replace("{of}", "")
}

/// A select of every contact's score at the instant at which the stored one was
/// calculated.
#[must_use]
pub fn scores_as_stored() -> String {
    let join = |of: &str| {
        format!(
            "join scoring.lead_scores l on l.organization_id = {of}.organization_id
               and l.contact_id = {of}.contact_id"
        )
    };
    SCORES.replace("{at}", "l.calculated_at").replace("{from}", "").replace("{of}", &join("s"))
}

/// How stored rows differ from a recount; none where a recompute of contacts that
/// had no scores before it did its work, once.
///
/// # Panics
/// Where the database does not answer.
pub async fn differences(owner: &Client) -> Vec<String> {
    let recount = scores_as_stored();
    let checks = [
        ("contacts without a score", "select count(*) from scoring.contact_features f
           where not exists (select from scoring.lead_scores s
             where s.organization_id = f.organization_id and s.contact_id = f.contact_id)".to_owned()),
        ("scores that are not the rules'", format!("select count(*) from ({recount}) r
           join scoring.lead_scores s using (organization_id, contact_id)
           where (s.total_score, s.fit_score, s.engagement_score, s.intent_score,
                  s.contributions, s.input_version)
             is distinct from (r.total, r.fit, r.engagement, r.intent, r.contributions, r.input_version)")),
        ("scores without exactly their history", "select count(*) from scoring.lead_scores s
           left join scoring.score_history h using (organization_id, contact_id)
           where (h.total_score, h.grade, h.fit_score, h.engagement_score, h.intent_score,
                  h.updated_at, h.day) is distinct from
             (s.total_score, s.grade, s.fit_score, s.engagement_score, s.intent_score,
              s.calculated_at, (s.calculated_at at time zone 'UTC')::date)".to_owned()),
        ("contacts without exactly the event of their grade", told("scoring.LeadScoreUpdated",
           "select jsonb_build_object('contactId', s.contact_id, 'grade', s.grade,
              'previousGrade', null, 'totalScore', trim_scale(s.total_score)) as data")),
        ("contacts without exactly their crossings", told("scoring.ThresholdCrossed",
           "select jsonb_build_object('contactId', s.contact_id, 'threshold', c.threshold,
              'direction', 'up', 'totalScore', trim_scale(s.total_score), 'previousTotal', null) as data
            from (values (20), (40), (60), (80)) as c(threshold)
            where s.total_score >= c.threshold")),
    ];
    let mut found = Vec::new();
    for (what, sql) in checks {
        let count: i64 = owner.query_one(&sql, &[]).await.expect("an answer").get(0);
        if count > 0 {
            found.push(format!("{count} {what}"));
        }
    }
    found
}

/// Contacts whose events of a type are others than `expected` of their first score.
fn told(event: &str, expected: &str) -> String {
    format!(
        "select count(*) from scoring.lead_scores s
         left join (select e.organization_id, e.data->>'contactId' as contact_id,
                           array_agg(e.data order by e.data) as told
                    from jobs.event_outbox e where e.type = '{event}' group by 1, 2) e
           on e.organization_id = s.organization_id and e.contact_id = s.contact_id
         where e.told is distinct from (select array_agg(x.data order by x.data) from ({expected}) x)"
    )
}
