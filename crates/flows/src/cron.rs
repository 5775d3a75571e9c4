//! Judging the schedules: the triggers and the tick call one function, which
//! gives every nominal time its row.
//!
//! I/O, a schedule at a time:
//! 1. reads how far each schedule was judged, and the database's clock;
//! 2. writes what was judged, with the runs it starts, in one transaction that
//!    holds only if nobody judged the schedule meanwhile: of two judges one
//!    writes, and a repeat finds nothing left to judge.

use chrono::{DateTime, Utc};
use mauntic_domain::jobs::JobType;
use mauntic_domain::portfolio::Market;
use mauntic_domain::schedules::{
    Cron, Effective, JUDGED_MAX, Judgement, Occurrence, Overlap, REGISTRY, Schedule, Settings,
    SettingsError, SkipReason, effective, judge, schedule_of,
};
use serde_json::{Value, json};

use crate::ports::{
    Database, Host, Judged, JudgedSchedule, NewOccurrence, PortError, Ports, RunStart, ScheduleRow,
    ScheduleStore,
};

/// What a trigger of the platform says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fired {
    /// The expression, as it was deployed.
    pub cron: String,
    /// The time it names.
    pub nominal_at: DateTime<Utc>,
}

/// What came of judging.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Nominal times that got their row.
    pub judged: usize,
    /// Runs started.
    pub started: usize,
    /// The first error met; the schedules after it were judged all the same.
    pub error: Option<PortError>,
}

/// The schedules of this build, as a deployment's settings have them.
///
/// # Errors
/// A variable that cannot be read.
pub fn schedules(settings: &Settings) -> Result<Vec<Effective>, SettingsError> {
    effective(&REGISTRY, settings)
}

/// Judges these schedules up to now, or up to what was fired. Without that they are all of a
/// deployment's, and a market's night that is not among them is one that it dropped: its times
/// are skipped as disabled, for as long as nothing names it again.
///
/// # Errors
/// When the schedules' rows cannot be read; then nothing was judged.
pub async fn judge_all<P: Ports>(
    ports: &P,
    schedules: &[Effective],
    fired: Option<&Fired>,
) -> Result<Report, PortError> {
    let mut session = ports.db().open().await?;
    let keys: Vec<_> = schedules.iter().map(Effective::job_key).collect();
    let asked: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
    let known = session.schedules(&asked).await?;
    let dropped = known.rows.iter().filter(|row| !asked.contains(&row.job_key.as_str()));
    let dropped: Vec<_> = dropped.filter(|_| fired.is_none()).filter_map(disabled).collect();
    let mut report = Report::default();
    for one in schedules.iter().chain(&dropped) {
        let key = one.job_key();
        let row = known.rows.iter().find(|row| row.job_key == key);
        let fired = fired.filter(|fired| fired.cron == one.cron.as_str());
        let fired_at = fired.map(|fired| fired.nominal_at);
        let Some(judged) = plan(ports.host(), one, row, known.now, fired_at) else { continue };
        match session.write_judged(&judged).await {
            Ok(Judged::Written { started }) => {
                report.judged += judged.occurrences.len();
                report.started += started.len();
            }
            Ok(Judged::Meanwhile) => {}
            Err(error) => {
                report.error.get_or_insert(error);
                // A session is not used again after an error.
                session = ports.db().open().await?;
            }
        }
    }
    Ok(report)
}

/// A schedule that has a row, and is kept no more.
fn disabled(row: &ScheduleRow) -> Option<Effective> {
    let (schedule, market) = schedule_of(&row.job_key)?;
    let cron = Cron::parse(&row.cron).ok()?;
    Some(Effective { schedule, market, cron, skip: Some(SkipReason::Disabled) })
}

/// What is to be written about a schedule; none where nothing is new.
///
/// A new expression starts at now. One that takes another's place does so when
/// the times that the other still named are judged, so that none is forgotten.
fn plan<H: Host>(
    host: &H,
    one: &Effective,
    row: Option<&ScheduleRow>,
    now: DateTime<Utc>,
    fired: Option<DateTime<Utc>>,
) -> Option<JudgedSchedule> {
    let mut one = one.clone();
    let newest = one.cron.clone();
    let mut judgement = Judgement {
        occurrences: Vec::new(),
        judged_until: now,
        more: false,
        ordinal_next: row.and_then(|row| row.ordinal_next),
    };
    if let Some(row) = row {
        if row.paused.is_some() {
            one.skip.get_or_insert(SkipReason::Paused);
        }
        // What stands in the row was an expression when it was written.
        one.cron = Cron::parse(&row.cron).unwrap_or(one.cron);
        let fired = fired.filter(|_| one.cron == newest);
        judgement = judge(&one, row.judged_until, row.ordinal_next, now, fired, JUDGED_MAX);
        if judgement.occurrences.is_empty() && row.cron == newest.as_str() {
            return None;
        }
    }
    let cron = if judgement.more { &one.cron } else { &newest };
    let occurrence = |occurrence: &Occurrence| NewOccurrence {
        nominal_at: occurrence.nominal_at,
        outcome: occurrence.outcome,
        ordinal: occurrence.ordinal,
        start: occurrence.outcome.runs().then(|| start(host, &one, occurrence)).flatten(),
    };
    Some(JudgedSchedule {
        job_key: one.job_key(),
        cron: cron.as_str().to_owned(),
        judged_from: row.map(ScheduleRow::judged_from),
        judged_until: judgement.judged_until,
        ordinal_next: judgement.ordinal_next,
        occurrences: judgement.occurrences.iter().map(occurrence).collect(),
    })
}

/// The run of an occurrence. A schedule whose type has no logic in this build
/// is skipped before it comes here.
fn start<H: Host>(host: &H, one: &Effective, occurrence: &Occurrence) -> Option<RunStart> {
    let job_type = JobType::from_name(one.schedule.message)?;
    let nominal = occurrence.nominal_at.format("%Y-%m-%dT%H:%MZ");
    Some(RunStart {
        run_id: host.new_id(),
        job_id: host.new_id(),
        job_type,
        data: first_data(&one.schedule, one.market.as_ref(), occurrence.group),
        exclusive: one.schedule.overlap == Overlap::Skip,
        request_id: format!("cron:{}:{nominal}", one.job_key()),
    })
}

/// The data of a run's first job: the market that it is of, the group whose turn it is, or
/// nothing.
#[must_use]
pub fn first_data(schedule: &Schedule, market: Option<&Market>, group: u16) -> Value {
    match market {
        Some(market) => json!({"markets": [market]}),
        None if schedule.groups > 1 => json!({"group": group, "groups": schedule.groups}),
        None => json!({}),
    }
}
