//! `GET /api/v1/analytics/…`: what the roll-ups counted for an organization. Each
//! report is read, paged and written in one way; here is which there are.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use mauntic_domain::analytics::range::{DateRange, RangeError};
use mauntic_domain::analytics::reports::{Period, Report};
use mauntic_flows::ports::{Ports, ReportPlace, ReportQuery, ReportStore};
use utoipa::IntoParams;

use super::report_lines::{
    CampaignStatsLine, EnrichmentMetricsLine, EventAggregatesLine, Line, MonthlyUsageLine,
    ScoreDistributionLine, table,
};
use super::time::{DAY_FORM, day};
use crate::accept::is_table;
use crate::auth::{Read, Tenant};
use crate::csv::CSV_HEADED;
use crate::page::{Asked, Limits, Listed};
use crate::problem::Problem;
use crate::problems::ReadProblems;
use crate::query::Query;
use crate::source::Source;

/// Of a report that programs take home: 1,000 × about 600 B = 600 KB.
const LINES: Limits = Limits { usual: 100, most: 1_000 };

/// The parameters of every report.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "for the document only: the query is read by hand")]
struct ReportParams {
    /// The first day, of UTC.
    #[param(format = Date)]
    from: String,
    /// The last day; 400 days on at most, the first one among them.
    #[param(format = Date)]
    to: String,
    /// What is one line: `day`, `week` (from Monday) or `month`, each as far as it is
    /// in the range. By default `day`; of monthly usage only `month`.
    #[param(pattern = "^(day|week|month)$")]
    group_by: Option<String>,
    /// Lines of a page; 100 by default.
    #[param(minimum = 1, maximum = 1_000)]
    limit: Option<u16>,
    /// The `next` of the page before, which stands in its header Link too.
    cursor: Option<String>,
}

/// A handler of a report, and its description.
macro_rules! reports {
    ($($(#[$doc:meta])* $path:literal $handler:ident: $report:ident of $line:ident;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(
            get,
            path = $path,
            tag = "analytics",
            params(ReportParams),
            responses(
                (status = 200, description = "A page; of CSV the lines alone", body = Listed<$line>,
                    headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
                ReadProblems
            ),
            security(("bearer" = []))
        )]
        pub(super) async fn $handler<P: Ports>(
            tenant: Tenant<P, Read>,
            uri: Uri,
            headers: HeaderMap,
        ) -> Result<Response, Problem> {
            report(Report::$report, tenant, &uri, &headers).await
        }
    )+};
}

reports! {
    /// Events by type and channel, oldest first. Today's are counted every hour.
    "/api/v1/analytics/event-aggregates" event_aggregates: EventAggregates of EventAggregatesLine;
    /// Events of months by type, oldest first: the months that begin in the range, each
    /// whole. A month is counted on the first of the next.
    "/api/v1/analytics/monthly-usage" monthly_usage: MonthlyUsage of MonthlyUsageLine;
    /// What became of campaigns' messages, oldest first. A day is counted in the night
    /// after it.
    "/api/v1/analytics/campaign-stats" campaign_stats: CampaignStats of CampaignStatsLine;
    /// How contacts' scores were spread, oldest first: as they stood at the end of a
    /// day, and of several days on the newest.
    "/api/v1/analytics/score-distribution" score_distribution:
        ScoreDistribution of ScoreDistributionLine;
    /// Enrichment jobs, oldest first. Of several days an average is weighted by the
    /// jobs of those that have one.
    "/api/v1/analytics/enrichment-metrics" enrichment_metrics:
        EnrichmentMetrics of EnrichmentMetricsLine;
}

async fn report<P: Ports>(
    report: Report,
    tenant: Tenant<P, Read>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let mut query = Query::of(uri, &["from", "to", "groupBy", "limit", "cursor"], &[]);
    let (asked, after) =
        Asked::of_tenant_by::<ReportPlace>(LINES, &tenant.organization, uri, &mut query);
    let period = period(report, &mut query);
    let query =
        ReportQuery { report, range: range(query)?, period, after, limit: asked.one_more() };
    let lines = tenant.session.report(&tenant.organization, &query).await?;
    let lines: Vec<Line> = lines.into_iter().map(|line| Line { report, line }).collect();
    let (mut answered, Json(page)) = asked.cut::<Line, Line, _>(lines, Line::place);
    answered.insert(VARY, HeaderValue::from_static("Accept"));
    if !is_table(headers) {
        return Ok((answered, Json(page)).into_response());
    }
    answered.insert(CONTENT_TYPE, HeaderValue::from_static(CSV_HEADED));
    Ok((answered, table(report, page.items())).into_response())
}

fn period(report: Report, query: &mut Query) -> Period {
    let periods = report.periods();
    let names: Vec<&str> = periods.iter().map(|period| period.name()).collect();
    let expected = format!("one of {}", names.join(", "));
    let asked = query.parsed("groupBy", &expected, |text| {
        periods.iter().find(|period| period.name() == text).copied()
    });
    asked.or(periods.first().copied()).unwrap_or(Period::Day)
}

/// The days; with all that is wrong with the query.
fn range(mut query: Query) -> Result<DateRange, Problem> {
    for name in ["from", "to"].into_iter().filter(|name| !query.has(name)).collect::<Vec<_>>() {
        query.fault(name, format!("must be given: {DAY_FORM}"));
    }
    let (from, to) = (query.parsed("from", DAY_FORM, day), query.parsed("to", DAY_FORM, day));
    let (Some(from), Some(to)) = (from, to) else { return Err(query.problem()) };
    match DateRange::new(from, to) {
        Ok(range) => query.done().map(|()| range),
        Err(error @ RangeError::Reversed) => Err(query.refuse("from", error.to_string())),
        Err(error @ RangeError::Long { .. }) => Err(query.refuse("to", error.to_string())),
    }
}
