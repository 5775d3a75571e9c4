//! An organization's configuration as the HTTP worker reads it, and a sample of
//! contacts to preview it by; how it is changed is `config_acts`.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::scoring::{
    Config, ConfigDocument, ConfigEntry, SignalConfig, SignalConfigEntry,
};
use mauntic_flows::ports::{
    Act, ConfigPart, ConfigSample, ConfigState, ConfigStore, ConfigToken, Pick, PortError,
    Publication, Unchanged, Written,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::flight::{Param, Statement, tenant_snapshot};
use crate::inputs::{self, contacts_of};
use crate::rows::{column, json, unreadable};
use crate::signals::look;
use crate::{Session, config_acts};

/// What refusals of reads are about.
const READING: &str = "reading a configuration";

impl ConfigStore for Session {
    async fn config(&self, organization: &OrganizationId) -> Result<ConfigState, PortError> {
        let owner = organization.as_str();
        let params: &[Param<'_>] = &[(&owner, Type::TEXT)];
        state(&look(READING, self, organization, reading(params)).await?)
    }

    async fn save_draft(
        &self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
        part: &ConfigPart,
    ) -> Result<Result<ConfigToken, Unchanged>, PortError> {
        config_acts::save_draft(self, organization, act, seen, part).await
    }

    async fn discard_draft(
        &self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
    ) -> Result<Result<ConfigToken, Unchanged>, PortError> {
        config_acts::discard_draft(self, organization, act, seen).await
    }

    async fn publish_config(
        &self,
        organization: &OrganizationId,
        act: &Act,
        seen: ConfigToken,
    ) -> Result<Result<Publication, Unchanged>, PortError> {
        config_acts::publish(self, organization, act, seen).await
    }

    async fn config_sample(
        &self,
        organization: &OrganizationId,
        pick: Pick<'_>,
    ) -> Result<ConfigSample, PortError> {
        let (contacts_total, names) = picked(self, organization, pick).await?;
        let owner = organization.as_str();
        let owners = vec![owner; names.len()];
        let params: &[Param<'_>] = &[(&owner, Type::TEXT)];
        let by_contact: &[Param<'_>] = &[(&owners, Type::TEXT_ARRAY), (&names, Type::TEXT_ARRAY)];
        let of_signals = inputs::up_to_one_too_many(by_contact);
        let statements = [
            reading(params),
            Statement { sql: sql!("read_features.sql"), params: by_contact },
            Statement { sql: sql!("read_signals.sql"), params: &of_signals },
        ];
        let answers = tenant_snapshot(READING, self, organization, &statements).await?;
        let [config, features, signals] = answers.as_slice() else {
            return Err(unreadable("a sample of contacts"));
        };
        let now = column(config.first().ok_or_else(nothing)?, "now")?;
        let contacts = inputs::as_far_as_read(contacts_of(features, signals)?, signals)?;
        let contacts = contacts.into_iter().map(|((_, contact), input)| (contact, input)).collect();
        Ok(ConfigSample { now, contacts_total, state: state(config)?, contacts })
    }
}

/// The number of all contacts, and the names of those to look at.
async fn picked(
    session: &Session,
    organization: &OrganizationId,
    pick: Pick<'_>,
) -> Result<(u64, Vec<String>), PortError> {
    let owner = organization.as_str();
    let most = match pick {
        Pick::Spread(most) => i64::from(most.max(1)),
        Pick::One(_) => 1,
    };
    let params: &[Param<'_>] = &[(&owner, Type::TEXT), (&most, Type::INT8)];
    let statement = match pick {
        Pick::Spread(_) => Statement { sql: sql!("pick_contacts.sql"), params },
        Pick::One(_) => {
            let params = params.get(..1).unwrap_or_default();
            Statement { sql: sql!("count_contacts.sql"), params }
        }
    };
    let rows = look(READING, session, organization, statement).await?;
    let total: i64 = column(rows.first().ok_or_else(nothing)?, "total")?;
    let names = match pick {
        Pick::One(contact) => vec![ContactId::to_string(contact)],
        Pick::Spread(_) => {
            let names = rows.iter().map(|row| column::<Option<String>>(row, "contact_id"));
            names.filter_map(Result::transpose).collect::<Result<_, _>>()?
        }
    };
    Ok((total.unsigned_abs(), names))
}

/// Reads a configuration. The organization is its one parameter.
pub(crate) const fn reading<'a>(params: &'a [Param<'a>]) -> Statement<'a> {
    Statement { sql: sql!("read_config.sql"), params }
}

/// What [`reading`] found.
pub(crate) fn state(rows: &[Row]) -> Result<ConfigState, PortError> {
    let row = rows.first().ok_or_else(nothing)?;
    let publication = written(row, "published_by", "published_at")?;
    let published = match &publication {
        Some(_) => document(row, "factors", "signals")?,
        None => ConfigDocument::default(),
    };
    let has_draft = column::<Option<serde_json::Value>>(row, "draft_factors")?.is_some();
    let draft = match written(row, "updated_by", "updated_at")?.filter(|_| has_draft) {
        Some(by) => Some((document(row, "draft_factors", "draft_signals")?, by)),
        None => None,
    };
    let token =
        ConfigToken { version: column(row, "version")?, revision: column(row, "revision")? };
    Ok(ConfigState { token, published, publication, draft })
}

fn written(row: &Row, by: &str, at: &str) -> Result<Option<Written>, PortError> {
    let by = column::<Option<String>>(row, by)?.zip(column::<Option<DateTime<Utc>>>(row, at)?);
    Ok(by.map(|(by, at)| Written { by, at }))
}

fn document(row: &Row, factors: &str, signals: &str) -> Result<ConfigDocument, PortError> {
    let entries: Vec<ConfigEntry> = json(row, factors)?;
    let types: Vec<SignalConfigEntry> = json(row, signals)?;
    let factors =
        Config::new(entries).map_err(|error| unreadable(&format!("column {factors}: {error}")))?;
    let signals = SignalConfig::new(types)
        .map_err(|error| unreadable(&format!("column {signals}: {error}")))?;
    Ok(ConfigDocument { factors, signals })
}

fn nothing() -> PortError {
    unreadable("a configuration")
}
