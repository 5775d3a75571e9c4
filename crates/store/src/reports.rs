//! Reports of an organization's roll-ups. The transaction names the organization to
//! row-level security; the statements name it as well.

use chrono::NaiveDate;
use mauntic_domain::analytics::reports::Report;
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::{PortError, ReportLine, ReportQuery, ReportStore};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Session;
use crate::flight::{Param, Statement};
use crate::rows::{column, unreadable};
use crate::signals::look;

/// The statement of a report, and how many of the parameters it has.
const fn statement(report: Report) -> (&'static str, usize) {
    match report {
        Report::EventAggregates => (sql!("report_events.sql"), 7),
        // Of whole months: without a period.
        Report::MonthlyUsage => (sql!("report_months.sql"), 6),
        Report::CampaignStats => (sql!("report_campaigns.sql"), 7),
        Report::ScoreDistribution => (sql!("report_scores.sql"), 7),
        Report::EnrichmentMetrics => (sql!("report_enrichments.sql"), 7),
    }
}

impl ReportStore for Session {
    async fn report(
        &self,
        organization: &OrganizationId,
        query: &ReportQuery,
    ) -> Result<Vec<ReportLine>, PortError> {
        let (owner, period) = (organization.as_str(), query.period.name());
        let after = query.after.as_ref();
        let (seen, texts) = (after.map(|place| place.from), after.map(|place| &place.texts));
        let params: &[Param<'_>] = &[
            (&owner, Type::TEXT),
            (&query.range.from(), Type::DATE),
            (&query.range.to(), Type::DATE),
            (&query.limit, Type::INT8),
            (&seen, Type::DATE),
            (&texts, Type::TEXT_ARRAY),
            (&period, Type::TEXT),
        ];
        let (sql, count) = statement(query.report);
        let statement = Statement { sql, params: params.get(..count).unwrap_or_default() };
        let rows = look("reading a report", self, organization, statement).await?;
        rows.iter().map(|row| line(query.report, row)).collect()
    }
}

fn line(report: Report, row: &Row) -> Result<ReportLine, PortError> {
    let from: NaiveDate = column(row, "from_day")?;
    let texts: Vec<String> = column(row, "texts")?;
    let numbers: Vec<Option<i64>> = column(row, "numbers")?;
    if texts.len() != report.texts().len() || numbers.len() != report.width() {
        return Err(unreadable("a line of a report"));
    }
    Ok(ReportLine { from, to: column(row, "to_day")?, texts, numbers })
}
