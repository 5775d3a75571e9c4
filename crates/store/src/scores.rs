//! What scoring reads and writes.

use std::collections::BTreeMap;

use mauntic_domain::ids::{ContactId, FactorName, OrganizationId};
use mauntic_domain::scoring::{Category, Config, ConfigEntry, Weight};
use mauntic_flows::ports::{
    Committed, ContactInput, ContactKey, PortError, ScoreEffect, ScoreInputs, ScoreStore,
    ScoreWrite,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Session;
use crate::error::{FENCE_LOST, commit_error, no_answer, no_commit_answer, statement_error};
use crate::flight::{ONE_SNAPSHOT, Param, READ_WRITE, Statement, transaction};
use crate::rows::{column, json, unreadable};

impl ScoreStore for Session {
    async fn score_inputs(&self, contacts: &[ContactKey]) -> Result<ScoreInputs, PortError> {
        let owners: Vec<&str> = contacts.iter().map(|(owner, _)| owner.as_str()).collect();
        let names: Vec<&str> = contacts.iter().map(|(_, contact)| contact.as_str()).collect();
        let mut distinct = owners.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let by_contact: &[Param<'_>] = &[(&owners, Type::TEXT_ARRAY), (&names, Type::TEXT_ARRAY)];
        let by_owner: &[Param<'_>] = &[(&distinct, Type::TEXT_ARRAY)];
        let features =
            Statement { sql: include_str!("../sql/read_features.sql"), params: by_contact };
        let configs = Statement { sql: include_str!("../sql/read_configs.sql"), params: by_owner };
        let read = transaction(&self.client, ONE_SNAPSHOT, &features, Some(&configs));
        let read = self.within(read).await.map_err(no_answer)?;
        let (features, configs) = read.map_err(|e| statement_error("reading contacts", &e))?;
        Ok(ScoreInputs {
            contacts: features.iter().map(contact).collect::<Result<_, _>>()?,
            configs: group_configs(&configs)?,
        })
    }

    async fn commit_scores(&self, effect: &ScoreEffect) -> Result<Committed, PortError> {
        let ids: Vec<Uuid> = effect.jobs.iter().map(|job| job.id).collect();
        let claims: Vec<i32> = effect.jobs.iter().map(|job| job.claim).collect();
        let receipts: Vec<String> = effect.jobs.iter().map(|job| job.summary.to_string()).collect();
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let fence: &[Param<'_>] = &[
            (&ids, Type::UUID_ARRAY),
            (&claims, Type::INT4_ARRAY),
            (&receipts, Type::TEXT_ARRAY),
            (&count, Type::INT8),
        ];
        let columns = Columns::of(&effect.scores);
        let mut upsert = columns.params();
        upsert.push((&effect.now, Type::TIMESTAMPTZ));
        let fence = Statement { sql: include_str!("../sql/complete_jobs.sql"), params: fence };
        let upsert = Statement { sql: include_str!("../sql/upsert_scores.sql"), params: &upsert };
        let upsert = (!effect.scores.is_empty()).then_some(upsert);
        let what = "the scores' transaction";
        let written = transaction(&self.client, READ_WRITE, &fence, upsert.as_ref());
        match self.within(written).await.map_err(no_commit_answer(what))? {
            Ok((_, written)) => {
                let superseded = effect.scores.len().saturating_sub(written.len());
                Ok(Committed::Done { superseded })
            }
            Err(error) if error.code().is_some_and(|code| code.code() == FENCE_LOST) => {
                Ok(Committed::FenceLost)
            }
            Err(error) => Err(commit_error(what, &error)),
        }
    }
}

/// The scores to be written, column by column for `unnest`.
struct Columns<'a> {
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
}

impl<'a> Columns<'a> {
    fn of(scores: &'a [ScoreWrite]) -> Self {
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
        }
    }

    fn params(&self) -> Vec<Param<'_>> {
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
        ]
    }
}

fn contributions(write: &ScoreWrite) -> String {
    // A list of texts and numbers always serializes.
    serde_json::to_string(write.score.contributions()).unwrap_or_default()
}

fn key(row: &Row) -> Result<ContactKey, PortError> {
    let name = |column_name: &str| column::<String>(row, column_name);
    let owner = OrganizationId::parse(name("organization_id")?);
    let contact = ContactId::parse(name("contact_id")?);
    match (owner, contact) {
        (Ok(owner), Ok(contact)) => Ok((owner, contact)),
        (Err(error), _) | (_, Err(error)) => Err(unreadable(&error.to_string())),
    }
}

type Contact = (ContactKey, Result<ContactInput, PortError>);

/// Features that cannot be read are their contact's matter, and no other's.
fn contact(row: &Row) -> Result<Contact, PortError> {
    let input_version = column(row, "input_version")?;
    let input = json(row, "features").map(|features| ContactInput { features, input_version });
    Ok((key(row)?, input))
}

type Configs = BTreeMap<OrganizationId, Result<(Config, i64), PortError>>;

/// A configuration that cannot be read is its organization's matter alone.
fn group_configs(rows: &[Row]) -> Result<Configs, PortError> {
    let mut entries: BTreeMap<OrganizationId, (Vec<Result<ConfigEntry, PortError>>, i64)> =
        BTreeMap::new();
    for row in rows {
        let owner = OrganizationId::parse(column::<String>(row, "organization_id")?)
            .map_err(|error| unreadable(&error.to_string()))?;
        let version = column(row, "version")?;
        let (of_owner, _) = entries.entry(owner).or_insert_with(|| (Vec::new(), version));
        if let Some(factor) = column::<Option<String>>(row, "factor")? {
            of_owner.push(entry(row, factor));
        }
    }
    let checked = |entries: Vec<_>, version| {
        let entries = entries.into_iter().collect::<Result<_, _>>()?;
        let config = Config::new(entries).map_err(|error| unreadable(&error.to_string()))?;
        Ok((config, version))
    };
    let of_owner = |(owner, (entries, version))| (owner, checked(entries, version));
    Ok(entries.into_iter().map(of_owner).collect())
}

fn entry(row: &Row, factor: String) -> Result<ConfigEntry, PortError> {
    let category: String = column(row, "category")?;
    let known = Category::ALL.into_iter().find(|known| known.as_str() == category);
    Ok(ConfigEntry {
        category: known.ok_or_else(|| unreadable("column category"))?,
        factor: FactorName::parse(factor).map_err(|error| unreadable(&error.to_string()))?,
        weight: Weight::from_e4(column(row, "weight")?),
        enabled: column(row, "enabled")?,
    })
}
