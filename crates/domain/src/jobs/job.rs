//! A job: its type and its checked data.

use serde::Deserialize;
use serde_json::Value;

use super::data::{
    AlertExpiry, BatchRecompute, CalculateScore, Nominal, NotifyAlert, Probe, RecomputeChunk,
    SignalDecay, WarmupDailyReset,
};
use super::queue::Queue;
use super::refusal::Refusal;
use super::types::JobType;
use super::upcast::upcast;
use crate::analytics::RollUp;
use crate::ids::OrganizationId;
use crate::overnight::messages::{Chunk, Finalize, Start};
use crate::scoreboard::messages::{
    CheckDrift, CheckKnockout, Rebuild, ScheduleVerification, SettleMatchScore, VerifyMatch,
};

/// A job: its type and checked data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// See [`CalculateScore`].
    CalculateScore(CalculateScore),
    /// See [`BatchRecompute`].
    BatchRecompute(BatchRecompute),
    /// See [`RecomputeChunk`].
    RecomputeChunk(RecomputeChunk),
    /// See [`SignalDecay`].
    SignalDecay(SignalDecay),
    /// See [`AlertExpiry`].
    AlertExpiry(AlertExpiry),
    /// See [`NotifyAlert`].
    NotifyAlert(NotifyAlert),
    /// See [`WarmupDailyReset`].
    WarmupDailyReset(WarmupDailyReset),
    /// Counts; see [`Nominal`].
    RollUp(RollUp, Nominal),
    /// See [`ScheduleVerification`].
    ScheduleVerification(ScheduleVerification),
    /// See [`VerifyMatch`].
    VerifyMatch(VerifyMatch),
    /// See [`SettleMatchScore`].
    SettleMatchScore(SettleMatchScore),
    /// See [`Rebuild`].
    Rebuild(Rebuild),
    /// See [`CheckDrift`].
    CheckDrift(CheckDrift),
    /// See [`CheckKnockout`].
    CheckKnockout(CheckKnockout),
    /// See [`Start`].
    OvernightStart(Start),
    /// Scores a [`Chunk`].
    OvernightScoreUsers(Chunk),
    /// See [`Finalize`].
    OvernightFinalize(Finalize),
    /// Stores the snapshots of a [`Chunk`].
    OvernightWarmCache(Chunk),
    /// Does nothing, on this queue; has no data.
    Probe(Queue),
}

impl Job {
    /// Checks the data of a message or row that was written as `version`.
    ///
    /// # Errors
    /// `unknown_type`; `unknown_version` for one newer than this build's;
    /// `invalid_data` with the path of the first fault.
    pub fn parse(type_name: &str, version: u16, data: &Value) -> Result<Self, Refusal> {
        let job_type = JobType::from_name(type_name)
            .ok_or_else(|| Refusal::UnknownType { name: type_name.chars().take(100).collect() })?;
        if version == 0 || version > job_type.spec().version {
            return Err(Refusal::UnknownVersion { found: version });
        }
        let data = upcast(job_type, version, data);
        match job_type {
            JobType::CalculateScore => read(&data).map(Self::CalculateScore),
            JobType::BatchRecompute => read(&data).map(Self::BatchRecompute),
            JobType::RecomputeChunk => {
                let chunk: RecomputeChunk = read(&data)?;
                let refusal = |(path, message): (&str, &str)| invalid(path, message);
                chunk.check().map_err(refusal)?;
                Ok(Self::RecomputeChunk(chunk))
            }
            JobType::SignalDecay => read(&data).map(Self::SignalDecay),
            JobType::AlertExpiry => read(&data).map(Self::AlertExpiry),
            JobType::NotifyAlert => read(&data).map(Self::NotifyAlert),
            JobType::WarmupDailyReset => read(&data).map(Self::WarmupDailyReset),
            JobType::ScheduleVerification => read(&data).map(Self::ScheduleVerification),
            JobType::VerifyMatch => read(&data).map(Self::VerifyMatch),
            JobType::SettleMatchScore => read(&data).map(Self::SettleMatchScore),
            JobType::Rebuild => read(&data).map(Self::Rebuild),
            JobType::CheckDrift => {
                let check: CheckDrift = read(&data)?;
                check.check().map_err(|(path, message)| invalid(path, message))?;
                Ok(Self::CheckDrift(check))
            }
            JobType::CheckKnockout => {
                let check: CheckKnockout = read(&data)?;
                check.check().map_err(|(path, message)| invalid(path, message))?;
                Ok(Self::CheckKnockout(check))
            }
            JobType::OvernightStart => {
                let start: Start = read(&data)?;
                start.check().map_err(|(path, message)| invalid(path, message))?;
                Ok(Self::OvernightStart(start))
            }
            JobType::OvernightScoreUsers => read(&data).map(Self::OvernightScoreUsers),
            JobType::OvernightFinalize => read(&data).map(Self::OvernightFinalize),
            JobType::OvernightWarmCache => read(&data).map(Self::OvernightWarmCache),
            JobType::ScoringProbe
            | JobType::AnalyticsProbe
            | JobType::ScoreboardProbe
            | JobType::OvernightProbe => read(&data).map(|Probe {}| Self::Probe(job_type.queue())),
            JobType::AggregateHourly => roll_up(RollUp::AggregateHourly, &data),
            JobType::GenerateDailyReports => roll_up(RollUp::GenerateDailyReports, &data),
            JobType::MonthlyUsageSummary => roll_up(RollUp::MonthlyUsageSummary, &data),
            JobType::ScoreDistribution => roll_up(RollUp::ScoreDistribution, &data),
            JobType::EnrichmentMetrics => roll_up(RollUp::EnrichmentMetrics, &data),
        }
    }

    /// Its type.
    #[must_use]
    pub const fn job_type(&self) -> JobType {
        match self {
            Self::CalculateScore(_) => JobType::CalculateScore,
            Self::BatchRecompute(_) => JobType::BatchRecompute,
            Self::RecomputeChunk(_) => JobType::RecomputeChunk,
            Self::SignalDecay(_) => JobType::SignalDecay,
            Self::AlertExpiry(_) => JobType::AlertExpiry,
            Self::NotifyAlert(_) => JobType::NotifyAlert,
            Self::WarmupDailyReset(_) => JobType::WarmupDailyReset,
            Self::RollUp(roll_up, _) => roll_up.job_type(),
            Self::ScheduleVerification(_) => JobType::ScheduleVerification,
            Self::VerifyMatch(_) => JobType::VerifyMatch,
            Self::SettleMatchScore(_) => JobType::SettleMatchScore,
            Self::Rebuild(_) => JobType::Rebuild,
            Self::CheckDrift(_) => JobType::CheckDrift,
            Self::CheckKnockout(_) => JobType::CheckKnockout,
            Self::OvernightStart(_) => JobType::OvernightStart,
            Self::OvernightScoreUsers(_) => JobType::OvernightScoreUsers,
            Self::OvernightFinalize(_) => JobType::OvernightFinalize,
            Self::OvernightWarmCache(_) => JobType::OvernightWarmCache,
            Self::Probe(queue) => JobType::probe_of(*queue),
        }
    }

    /// The organization it belongs to; none for work across organizations.
    #[must_use]
    pub const fn organization_id(&self) -> Option<&OrganizationId> {
        match self {
            Self::CalculateScore(data) => Some(&data.organization_id),
            Self::BatchRecompute(data) => data.organization_id.as_ref(),
            Self::RecomputeChunk(data) => data.organization_id.as_ref(),
            Self::NotifyAlert(data) => Some(&data.organization_id),
            Self::VerifyMatch(data) => Some(&data.organization_id),
            Self::SettleMatchScore(data) => Some(&data.organization_id),
            Self::Rebuild(data) => Some(&data.organization_id),
            Self::CheckDrift(data) => data.organization_id.as_ref(),
            Self::CheckKnockout(data) => data.organization_id.as_ref(),
            Self::SignalDecay(_)
            | Self::AlertExpiry(_)
            | Self::RollUp(..)
            | Self::ScheduleVerification(_)
            | Self::WarmupDailyReset(_)
            | Self::OvernightStart(_)
            | Self::OvernightScoreUsers(_)
            | Self::OvernightFinalize(_)
            | Self::OvernightWarmCache(_)
            | Self::Probe(_) => None,
        }
    }

    /// Its data as the message's `data`, in the newest version.
    #[must_use]
    pub fn data(&self) -> Value {
        let value = match self {
            Self::CalculateScore(data) => serde_json::to_value(data),
            Self::BatchRecompute(data) => serde_json::to_value(data),
            Self::RecomputeChunk(data) => serde_json::to_value(data),
            Self::SignalDecay(data) => serde_json::to_value(data),
            Self::AlertExpiry(data) => serde_json::to_value(data),
            Self::NotifyAlert(data) => serde_json::to_value(data),
            Self::WarmupDailyReset(data) => serde_json::to_value(data),
            Self::RollUp(_, data) => serde_json::to_value(data),
            Self::ScheduleVerification(data) => serde_json::to_value(data),
            Self::VerifyMatch(data) => serde_json::to_value(data),
            Self::SettleMatchScore(data) => serde_json::to_value(data),
            Self::Rebuild(data) => serde_json::to_value(data),
            Self::CheckDrift(data) => serde_json::to_value(data),
            Self::CheckKnockout(data) => serde_json::to_value(data),
            Self::OvernightStart(data) => serde_json::to_value(data),
            Self::OvernightScoreUsers(data) | Self::OvernightWarmCache(data) => {
                serde_json::to_value(data)
            }
            Self::OvernightFinalize(data) => serde_json::to_value(data),
            Self::Probe(_) => serde_json::to_value(Probe {}),
        };
        // These structs have text keys and no fallible serializer.
        value.unwrap_or(Value::Null)
    }
}

fn roll_up(of: RollUp, data: &Value) -> Result<Job, Refusal> {
    read(data).map(|nominal| Job::RollUp(of, nominal))
}

fn read<'de, T: Deserialize<'de>>(data: &'de Value) -> Result<T, Refusal> {
    // Derived structs would take a list of their fields' values as well.
    if !data.is_object() {
        return Err(invalid(".", "must be an object"));
    }
    serde_path_to_error::deserialize(data)
        .map_err(|error| invalid(&error.path().to_string(), &error.inner().to_string()))
}

fn invalid(path: &str, message: &str) -> Refusal {
    Refusal::InvalidData { path: path.to_owned(), message: message.to_owned() }
}
