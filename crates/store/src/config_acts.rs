//! Changes of an organization's configuration. Each locks the draft, then reads
//! what there is: it is made of the state that its caller saw, or not at all.
//! Locks in this order: the draft, the configuration's head, its epoch, the run,
//! the audit.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Job;
use mauntic_domain::jobs::data::BatchRecompute;
use mauntic_domain::scoring::ConfigDocument;
use mauntic_domain::scoring::document::PUBLISH_JOB_KEY;
use mauntic_flows::ports::{
    Act, ConfigPart, ConfigState, ConfigToken, PortError, Publication, Unchanged, config_actions,
};
use serde::Serialize;
use serde_json::Value;
use tokio_postgres::types::Type;

use crate::Session;
use crate::acts::{Made, Move, Open, perform_of};
use crate::audit::Noted;
use crate::config::{reading, state};
use crate::flight::{Param, Statement};
use crate::rows::{column, unreadable, version};
use crate::runs::OPEN_REPEATS_MAX;
use crate::session::kept_act;

pub(crate) async fn save_draft(
    session: &Session,
    organization: &OrganizationId,
    act: &Act,
    seen: ConfigToken,
    part: &ConfigPart,
) -> Result<Result<ConfigToken, Unchanged>, PortError> {
    let act = kept_act(act.clone());
    let change = Drafting { of: Of { organization, by: &act.actor, seen }, part: Some(part) };
    perform_of(session, organization, &act, &change).await
}

pub(crate) async fn discard_draft(
    session: &Session,
    organization: &OrganizationId,
    act: &Act,
    seen: ConfigToken,
) -> Result<Result<ConfigToken, Unchanged>, PortError> {
    let act = kept_act(act.clone());
    let change = Drafting { of: Of { organization, by: &act.actor, seen }, part: None };
    perform_of(session, organization, &act, &change).await
}

pub(crate) async fn publish(
    session: &Session,
    organization: &OrganizationId,
    act: &Act,
    seen: ConfigToken,
) -> Result<Result<Publication, Unchanged>, PortError> {
    let act = kept_act(act.clone());
    let of = Of { organization, by: &act.actor, seen };
    perform_of(session, organization, &act, &Publishing { of, request_id: &act.request_id }).await
}

/// Whose configuration is changed, by whom, and which state of it they saw.
struct Of<'a> {
    organization: &'a OrganizationId,
    by: &'a str,
    seen: ConfigToken,
}

/// A part of the draft is replaced, or all of it discarded.
struct Drafting<'a> {
    of: Of<'a>,
    part: Option<&'a ConfigPart>,
}

struct Publishing<'a> {
    of: Of<'a>,
    request_id: &'a str,
}

impl Move for Drafting<'_> {
    const WHAT: &'static str = "changing a draft";
    type Done = ConfigToken;
    type Refused = Unchanged;

    async fn make(&self, open: &Open<'_>) -> Result<Made<ConfigToken, Unchanged>, PortError> {
        let found = match self.of.lock(open).await? {
            Ok(found) => found,
            Err(unchanged) => return Ok(Made::Nothing(unchanged)),
        };
        if self.part.is_none() && found.draft.is_none() {
            return Ok(Made::Nothing(Unchanged::NoDraft));
        }
        let document = self.part.map(|part| found.with(part.clone()));
        self.of.write_draft(open, document.as_ref()).await?;
        let token = found.token.changed();
        let action =
            if document.is_some() { config_actions::DRAFT } else { config_actions::DISCARD };
        Ok(Made::Done(token, vec![self.of.noted(action, token.noted())]))
    }
}

impl Move for Publishing<'_> {
    const WHAT: &'static str = "publishing a configuration";
    type Done = Publication;
    type Refused = Unchanged;

    async fn make(&self, open: &Open<'_>) -> Result<Made<Publication, Unchanged>, PortError> {
        let found = match self.of.lock(open).await? {
            Ok(found) => found,
            Err(unchanged) => return Ok(Made::Nothing(unchanged)),
        };
        let Some((document, _)) = &found.draft else {
            return Ok(Made::Nothing(Unchanged::NoDraft));
        };
        let token = found.token.published();
        self.write(open, document, token).await?;
        self.of.write_draft(open, None).await?;
        let publication = self.open_run(open, token).await?;
        let after = publication.noted(document.changes_from(&found.published));
        let noted = self.of.noted(config_actions::PUBLISH, after);
        Ok(Made::Done(publication, vec![noted]))
    }
}

impl Of<'_> {
    /// The configuration, which stays as it is until the end of the transaction,
    /// if it is what was seen. An organization without a row to lock has no
    /// draft; of two that write the first one, [`Self::write_draft`] lets one.
    async fn lock(&self, open: &Open<'_>) -> Result<Result<ConfigState, Unchanged>, PortError> {
        let owner = self.organization.as_str();
        let params: &[Param<'_>] = &[(&owner, Type::TEXT)];
        let lock = Statement { sql: sql!("lock_draft.sql"), params };
        let answers = open.flight(&[lock, reading(params)]).await?;
        let found = state(answers.last().map_or(&[], Vec::as_slice))?;
        Ok(found.check(self.seen).map(|()| found))
    }

    async fn write_draft(
        &self,
        open: &Open<'_>,
        document: Option<&ConfigDocument>,
    ) -> Result<(), PortError> {
        let owner = self.organization.as_str();
        let (factors, signals) = match document {
            Some(document) => (Some(factors_json(document)?), Some(signals_json(document)?)),
            None => (None, None),
        };
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&self.seen.revision, Type::INT8),
            (&factors, Type::TEXT),
            (&signals, Type::TEXT),
            (&self.by, Type::TEXT),
        ];
        let sql = sql!("write_draft.sql");
        match open.rows(Statement { sql, params }).await?.is_empty() {
            false => Ok(()),
            true => Err(meanwhile("the first draft was written meanwhile")),
        }
    }

    fn noted(&self, action: &'static str, after: Value) -> Noted {
        let target = self.organization.to_string();
        Noted { action, target, before: self.seen.noted(), after }
    }
}

impl Publishing<'_> {
    /// Writes a document as the next version, and its entries one by one.
    async fn write(
        &self,
        open: &Open<'_>,
        document: &ConfigDocument,
        token: ConfigToken,
    ) -> Result<(), PortError> {
        let owner = self.of.organization.as_str();
        let entries = || document.factors.entries();
        let factors: Vec<&str> = entries().map(|entry| entry.factor.as_str()).collect();
        let categories: Vec<&str> = entries().map(|entry| entry.category.as_str()).collect();
        let weights: Vec<i64> = entries().map(|entry| entry.weight.points().e4()).collect();
        let enabled: Vec<bool> = entries().map(|entry| entry.enabled).collect();
        let signals = signals_json(document)?;
        let head: &[Param<'_>] = &[(&owner, Type::TEXT)];
        let replace: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&factors, Type::TEXT_ARRAY),
            (&categories, Type::TEXT_ARRAY),
            (&weights, Type::INT8_ARRAY),
            (&enabled, Type::BOOL_ARRAY),
        ];
        let types: &[Param<'_>] = &[(&owner, Type::TEXT), (&signals, Type::TEXT)];
        let keep: &[Param<'_>] =
            &[(&owner, Type::TEXT), (&self.of.by, Type::TEXT), (&signals, Type::TEXT)];
        let statements = [
            Statement { sql: sql!("bump_config.sql"), params: head },
            Statement { sql: sql!("replace_config.sql"), params: replace },
            Statement { sql: sql!("replace_signals.sql"), params: types },
            Statement { sql: sql!("write_document.sql"), params: keep },
        ];
        let answers = open.flight(&statements).await?;
        let bumped = answers.first().and_then(|rows| rows.first());
        let bumped: i64 = column(bumped.ok_or_else(|| unreadable("a version"))?, "version")?;
        if bumped == token.version {
            return Ok(());
        }
        Err(meanwhile("the owner of the tables has changed the configuration meanwhile"))
    }

    /// Opens the run, or holds the one that is open. One that ended between the
    /// two is asked for again.
    async fn open_run(
        &self,
        open: &Open<'_>,
        token: ConfigToken,
    ) -> Result<Publication, PortError> {
        let owner = self.of.organization.as_str();
        let job = Job::BatchRecompute(BatchRecompute {
            organization_id: Some(self.of.organization.clone()),
        });
        let spec = job.job_type().spec();
        let (queue, data, version) =
            (spec.queue.name(), job.data().to_string(), version(job.job_type()));
        let of: &[Param<'_>] = &[
            (&PUBLISH_JOB_KEY, Type::TEXT),
            (&owner, Type::TEXT),
            (&self.request_id, Type::TEXT),
            (&queue, Type::TEXT),
            (&spec.name, Type::TEXT),
            (&version, Type::INT2),
            (&data, Type::TEXT),
            (&spec.failures_max, Type::INT2),
        ];
        let holding = of.get(..2).unwrap_or_default();
        for _ in 0..=OPEN_REPEATS_MAX {
            let sql = sql!("open_publication.sql");
            if let Some(row) = open.rows(Statement { sql, params: of }).await?.first() {
                let planner = Some((column(row, "id")?, column(row, "created_at")?));
                return Ok(Publication { token, run_id: column(row, "run_id")?, planner });
            }
            let sql = sql!("hold_publication.sql");
            if let Some(row) = open.rows(Statement { sql, params: holding }).await?.first() {
                return Ok(Publication { token, run_id: column(row, "id")?, planner: None });
            }
        }
        Err(meanwhile("another run was opened and ended whenever it was asked for"))
    }
}

fn factors_json(document: &ConfigDocument) -> Result<String, PortError> {
    text(&document.factors.entries().collect::<Vec<_>>())
}

fn signals_json(document: &ConfigDocument) -> Result<String, PortError> {
    text(&document.signals.entries().collect::<Vec<_>>())
}

fn text<T: Serialize>(entries: &T) -> Result<String, PortError> {
    let refused = |error: serde_json::Error| PortError::Refused {
        what: "writing a configuration",
        cause: error.to_string(),
    };
    serde_json::to_string(entries).map_err(refused)
}

/// What a repeat finds otherwise.
fn meanwhile(cause: &str) -> PortError {
    PortError::Contention { what: "changing a configuration", cause: cause.to_owned() }
}
