//! What the HTTP worker shows of one organization's roll-ups, under row-level
//! security.

use chrono::NaiveDate;
use mauntic_domain::analytics::range::DateRange;
use mauntic_domain::analytics::reports::{Period, Report};
use mauntic_domain::ids::OrganizationId;

use super::PortError;

/// A page of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportQuery {
    /// Of what.
    pub report: Report,
    /// Of which days.
    pub range: DateRange,
    /// Which of them are taken together; one of [`Report::periods`].
    pub period: Period,
    /// Behind this line.
    pub after: Option<ReportPlace>,
    /// Most lines.
    pub limit: i64,
}

/// A place in a report: what a page continues after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPlace {
    /// First day of the last line seen.
    pub from: NaiveDate,
    /// Texts of that line.
    pub texts: Vec<String>,
}

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    /// First day of what it is about: of its period and of the range.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// As many as [`Report::texts`].
    pub texts: Vec<String>,
    /// The numbers of [`Report::figures`], one behind the other; none for one that is
    /// not known.
    pub numbers: Vec<Option<i64>>,
}

/// Reports of one organization.
#[trait_variant::make(Send)]
pub trait ReportStore: Sync {
    /// A report's lines by their first day and then by their texts. What there is
    /// nothing of has no line.
    ///
    /// A line of several days has the sums of what is counted; of scores the newest
    /// day that there is; of enrichment jobs the averages weighted by the jobs of the
    /// days that have one. A month of [`Report::MonthlyUsage`] is whole, and in the
    /// range where its first day is.
    async fn report(
        &self,
        organization: &OrganizationId,
        query: &ReportQuery,
    ) -> Result<Vec<ReportLine>, PortError>;
}
