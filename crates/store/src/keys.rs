//! Keys and what needs no organization.

use std::collections::BTreeMap;

use futures::future::join3;
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::{
    ApiKey, Beat, Instance, KeyStore, PortError, QueueStats, Scope, Vitals, Warning, WarningKind,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Session;
use crate::error::{no_answer, statement_error};
use crate::flight::Param;
use crate::rows::{column, unreadable};

impl KeyStore for Session {
    async fn find_key(&self, sha256: &[u8; 32]) -> Result<Option<ApiKey>, PortError> {
        let digest = sha256.as_slice();
        let params: &[Param<'_>] = &[(&digest, Type::BYTEA)];
        let rows = self.statement("finding a key", sql!("find_key.sql"), params);
        rows.await?.first().map(api_key).transpose()
    }

    async fn vitals(&self) -> Result<Vitals, PortError> {
        let told: &[Param<'_>] = &[(&WarningKind::TOLD_MAX, Type::INT4)];
        let flight = join3(
            self.client.query_typed(sql!("clock.sql"), &[]),
            self.client.query_typed(sql!("beats.sql"), &[]),
            self.client.query_typed(sql!("warnings.sql"), told),
        );
        let (clock, beats, warnings) = self.within(flight).await.map_err(no_answer)?;
        let failed = |error| statement_error("reading vitals", &error);
        let (clock, beats) = (clock.map_err(failed)?, beats.map_err(failed)?);
        let clock = clock.first().ok_or_else(|| unreadable("clock"))?;
        Ok(Vitals {
            now: column(clock, "now")?,
            schema_version: column::<Option<i32>>(clock, "version")?.unwrap_or(0),
            beats: beats.iter().map(beat).collect::<Result<_, _>>()?,
            // Such as those of a schema that is not migrated yet, whose version is to be told.
            warnings: warnings.ok().and_then(|rows| rows.iter().map(warning).collect()),
        })
    }

    async fn queue_stats(&self) -> Result<BTreeMap<String, QueueStats>, PortError> {
        let rows = self.statement("counting jobs", sql!("queue_stats.sql"), &[]).await?;
        let mut all = BTreeMap::new();
        for row in &rows {
            let (name, stats) = stats(row)?;
            all.insert(name, stats);
        }
        Ok(all)
    }
}

fn api_key(row: &Row) -> Result<ApiKey, PortError> {
    let organization = column::<Option<String>>(row, "organization_id")?;
    let scopes: Vec<String> = column(row, "scopes")?;
    let sha256: Vec<u8> = column(row, "sha256")?;
    Ok(ApiKey {
        id: column(row, "id")?,
        organization_id: organization
            .map(OrganizationId::parse)
            .transpose()
            .map_err(|error| unreadable(&error.to_string()))?,
        // A scope of a newer build opens nothing here.
        scopes: scopes.iter().filter_map(|scope| Scope::from_name(scope)).collect(),
        sha256: sha256.try_into().map_err(|_| unreadable("sha256"))?,
    })
}

fn beat(row: &Row) -> Result<Beat, PortError> {
    let interval: i64 = column(row, "interval_secs")?;
    let instance: Option<_> = column(row, "instance_id")?;
    let schema_max: Option<i32> = column(row, "schema_max")?;
    Ok(Beat {
        duty: column(row, "duty")?,
        at: column(row, "beat_at")?,
        interval_secs: u32::try_from(interval).map_err(|_| unreadable("column interval_secs"))?,
        by: instance.zip(schema_max).map(|(id, schema_max)| Instance { id, schema_max }),
    })
}

fn warning(row: &Row) -> Option<Warning> {
    Some(Warning {
        kind: WarningKind::from_name(column(row, "kind").ok()?)?,
        id: column(row, "id").ok()?,
        name: column(row, "name").ok()?,
        count: column(row, "count").ok()?,
    })
}

fn stats(row: &Row) -> Result<(String, QueueStats), PortError> {
    Ok((
        column(row, "queue")?,
        QueueStats {
            pending: column(row, "pending")?,
            processing: column(row, "processing")?,
            failed: column(row, "failed")?,
            dead_letters: column(row, "dead_letters")?,
            oldest_secs: column(row, "oldest_secs")?,
        },
    ))
}
