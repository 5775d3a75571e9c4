//! Scores as columns of a statement.

use mauntic_domain::scoring::Category;
use mauntic_flows::ports::ScoreWrite;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::flight::Param;

/// The scores to be written, column by column for `unnest`.
pub(crate) struct Columns<'a> {
    owners: Vec<&'a str>,
    contacts: Vec<&'a str>,
    totals: Vec<i64>,
    fit: Vec<i64>,
    engagement: Vec<i64>,
    intent: Vec<i64>,
    grades: Vec<&'static str>,
    contributions: Vec<String>,
    input_versions: Vec<i64>,
    config_versions: Vec<i64>,
    jobs: Vec<Uuid>,
    digests: Vec<i64>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(scores: &'a [ScoreWrite]) -> Self {
        let category = |category| -> Vec<i64> {
            scores.iter().map(|write| write.score.category(category).e4()).collect()
        };
        Self {
            owners: scores.iter().map(|write| write.contact.0.as_str()).collect(),
            contacts: scores.iter().map(|write| write.contact.1.as_str()).collect(),
            totals: scores.iter().map(|write| write.score.total().e4()).collect(),
            fit: category(Category::Fit),
            engagement: category(Category::Engagement),
            intent: category(Category::Intent),
            grades: scores.iter().map(|write| write.score.grade().as_str()).collect(),
            contributions: scores.iter().map(contributions).collect(),
            input_versions: scores.iter().map(|write| write.input_version).collect(),
            config_versions: scores.iter().map(|write| write.config_version).collect(),
            jobs: scores.iter().map(|write| write.job_id).collect(),
            digests: scores.iter().map(|write| write.score.digest()).collect(),
        }
    }

    pub(crate) fn params(&self) -> Vec<Param<'_>> {
        vec![
            (&self.owners, Type::TEXT_ARRAY),
            (&self.contacts, Type::TEXT_ARRAY),
            (&self.totals, Type::INT8_ARRAY),
            (&self.fit, Type::INT8_ARRAY),
            (&self.engagement, Type::INT8_ARRAY),
            (&self.intent, Type::INT8_ARRAY),
            (&self.grades, Type::TEXT_ARRAY),
            (&self.contributions, Type::TEXT_ARRAY),
            (&self.input_versions, Type::INT8_ARRAY),
            (&self.config_versions, Type::INT8_ARRAY),
            (&self.jobs, Type::UUID_ARRAY),
            (&self.digests, Type::INT8_ARRAY),
        ]
    }
}

fn contributions(write: &ScoreWrite) -> String {
    // A list of texts and numbers always serializes.
    serde_json::to_string(write.score.contributions()).unwrap_or_default()
}
