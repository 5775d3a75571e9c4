//! The rows that roll-ups write, as the schema has them.

use chrono::{DateTime, NaiveDate, Utc};
use mauntic_domain::analytics::BUCKETS;
use mauntic_domain::contact_events::Enrichment;
use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::points::PointsE4;
use uuid::Uuid;

use std::collections::BTreeMap;

/// A row of `lead_intelligence.enrichment_jobs`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct EnrichmentRow {
    pub contact_id: ContactId,
    pub job: Enrichment,
    pub received_at: DateTime<Utc>,
}

/// A row of `analytics.event_aggregates`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct AggregateRow {
    pub event_count: u64,
    pub unique_contacts: u64,
    pub updated_at: DateTime<Utc>,
}

/// A row of `analytics.campaign_daily_stats`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct CampaignRow {
    pub sent: u64,
    pub delivered: u64,
    pub opened: u64,
    pub unique_opened: u64,
    pub clicked: u64,
    pub unique_clicked: u64,
    pub bounced: u64,
    pub complained: u64,
    pub unsubscribed: u64,
}

/// A row of `analytics.daily_score_distribution`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct DistributionRow {
    /// Hundredths of a point.
    pub average_e2: i64,
    pub minimum: PointsE4,
    pub maximum: PointsE4,
    pub p50: PointsE4,
    pub p90: PointsE4,
    pub p95: PointsE4,
    pub total_contacts: u64,
    pub histogram: [u64; BUCKETS],
    /// Of A, B, C, D, F.
    pub grades: [u64; 5],
}

/// A row of `analytics.enrichment_metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the columns")]
pub struct MetricsRow {
    pub total: u64,
    pub succeeded: u64,
    /// Hundredths of a percent.
    pub success_rate_e2: i64,
    pub average_cost: Option<PointsE4>,
    /// Hundredths of an hour.
    pub average_freshness_e2: Option<i64>,
    pub jobs_with_cost: u64,
    pub cost_total: PointsE4,
    pub jobs_with_freshness: u64,
    pub freshness_hours_total: i64,
}

/// The key of an aggregate: organization, date, type and channel.
pub type AggregateKey = (OrganizationId, NaiveDate, String, &'static str);

/// What roll-ups have written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the migrations document the tables")]
pub struct RollUpTables {
    pub event_aggregates: BTreeMap<AggregateKey, AggregateRow>,
    pub campaign_daily_stats: BTreeMap<(OrganizationId, NaiveDate, String), CampaignRow>,
    pub daily_score_distribution: BTreeMap<(OrganizationId, NaiveDate), DistributionRow>,
    pub enrichment_metrics: BTreeMap<(OrganizationId, NaiveDate), MetricsRow>,
    pub rollup_days: BTreeMap<(&'static str, NaiveDate), Uuid>,
}
