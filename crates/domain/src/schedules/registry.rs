//! The list of schedules, and what a deployment's settings make of it.
//!
//! `wrangler/queue.toml` mirrors the expressions, and a test holds them equal.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::TICK_CRON;
use super::cron::{Cron, CronError};
use super::markets::{self, MARKET_CRONS_VARIABLE, MarketCronError, market_key};
use crate::jobs::JobType;
use crate::portfolio::Market;

pub use super::table::REGISTRY;

/// Job key of the night, whose expression a deployment may replace.
pub const OVERNIGHT_JOB_KEY: &str = "overnight-scoring";

/// Variable that replaces the expression of [`OVERNIGHT_JOB_KEY`].
pub const OVERNIGHT_CRON_VARIABLE: &str = "OVERNIGHT_JOB_CRON";

/// Variable that names the contexts that this deployment judges.
pub const CONTEXTS_VARIABLE: &str = "CONTEXTS";

/// One schedule of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Its name for ever: rows and operators use it.
    pub job_key: &'static str,
    /// Its expression, in Cloudflare's dialect.
    pub cron: &'static str,
    /// Name of the type of the job that a run starts with.
    pub message: &'static str,
    /// What pauses it, and the context it belongs to.
    pub flag: Flag,
    /// Whether a run may start while another is open.
    pub overlap: Overlap,
    /// What becomes of times that nobody fired.
    pub missed: Missed,
    /// Occurrence k does group k mod this; 1 for all at once, never 0.
    pub groups: u16,
    /// Who answers for it.
    pub owner: &'static str,
    /// What it does, in one line.
    pub description: &'static str,
}

/// When a schedule starts jobs of this type, by the registry's own expression; none
/// where no schedule does.
#[must_use]
pub fn cron_of(job: JobType) -> Option<Cron> {
    let schedule = REGISTRY.iter().find(|schedule| schedule.message == job.name())?;
    Cron::parse(schedule.cron).ok()
}

/// A context of the product: its pause flag and its name in [`CONTEXTS_VARIABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// Scoring of contacts.
    Scoring,
    /// Analytics and warm-up.
    Analytics,
    /// Matches and scoreboards.
    Scoreboard,
    /// Portfolios at night.
    Overnight,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Scoring, Self::Analytics, Self::Scoreboard, Self::Overnight];

    /// The secret that pauses its schedules.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Scoring => "ENABLE_SCORING_CRON",
            Self::Analytics => "ENABLE_ANALYTICS_CRON",
            Self::Scoreboard => "ENABLE_SCOREBOARD_CRON",
            Self::Overnight => "ENABLE_OVERNIGHT_CRON",
        }
    }

    /// Its word in [`CONTEXTS_VARIABLE`].
    #[must_use]
    pub const fn context(self) -> &'static str {
        match self {
            Self::Scoring => "scoring",
            Self::Analytics => "analytics",
            Self::Scoreboard => "scoreboard",
            Self::Overnight => "overnight",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn from_context(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.context() == word)
    }
}

/// What happens when a run is due while another of the schedule is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// The occurrence is skipped; the open run is the lock.
    Skip,
    /// Both run.
    Allow,
}

/// What becomes of nominal times that nobody fired in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// They stay missed.
    Skip,
    /// The newest one is run, unless a newer one runs anyway.
    Latest,
    /// The newest so many are run, oldest first.
    All(u32),
}

impl Missed {
    /// How many of the newest nominal times the policy runs afterwards.
    #[must_use]
    pub const fn newest(self) -> u32 {
        match self {
            Self::Skip => 0,
            Self::Latest => 1,
            Self::All(limit) => limit,
        }
    }
}

/// Why an occurrence starts no run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// The pause flag of its context is not `true`.
    Disabled,
    /// An operator paused the schedule; its row says so, and with what note.
    Paused,
    /// A run of the schedule is open.
    Overlap,
    /// The logic of its job was not in the build that judged it; rows say so.
    NotAvailable,
}

impl SkipReason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Disabled, Self::Paused, Self::Overlap, Self::NotAvailable];

    /// Its name in rows and answers; never changes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Paused => "paused",
            Self::Overlap => "overlap",
            Self::NotAvailable => "not_available",
        }
    }
}

/// What a deployment says about the schedules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Flags that pause.
    pub disabled: BTreeSet<Flag>,
    /// Contexts that this deployment judges; absent for all.
    pub contexts: Option<BTreeSet<Flag>>,
    /// Expression in place of the night's own.
    pub overnight_cron: Option<String>,
    /// Markets with a night of their own, as [`MARKET_CRONS_VARIABLE`] lists them.
    pub market_crons: Option<String>,
}

/// Why settings cannot be used. Names the variable, never repeats its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A word that is no context, or none at all.
    #[error(
        "{CONTEXTS_VARIABLE}: must list scoring, analytics, scoreboard or overnight, by commas"
    )]
    Contexts,
    /// The night's expression is none.
    #[error("{OVERNIGHT_CRON_VARIABLE}: {0}")]
    OvernightCron(#[source] CronError),
    /// An entry of the markets' nights is none.
    #[error("{MARKET_CRONS_VARIABLE}, entry {entry}: {source}")]
    MarketCrons {
        /// Which, from 1.
        entry: usize,
        /// What is wrong with it.
        source: MarketCronError,
    },
    /// An expression of the list is none.
    #[error("schedule {job_key}: {source}")]
    Schedule {
        /// Its schedule.
        job_key: &'static str,
        /// What is wrong with it.
        source: CronError,
    },
}

impl Settings {
    /// Reads the variables that `variable` looks up by name. White space around
    /// a value is dropped: `echo true | wrangler secret put` ends in a newline.
    ///
    /// # Errors
    /// [`SettingsError::Contexts`]; the nights' expressions are read by [`effective`].
    pub fn from_vars(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let trimmed = |name| variable(name).map(|value| value.trim().to_owned());
        let paused = |flag: &Flag| trimmed(flag.variable()).is_some_and(|value| value != "true");
        let contexts = trimmed(CONTEXTS_VARIABLE).map(|list| {
            let flags = list.split(',').map(|word| Flag::from_context(word.trim()));
            flags.collect::<Option<BTreeSet<_>>>().ok_or(SettingsError::Contexts)
        });
        Ok(Self {
            disabled: Flag::ALL.into_iter().filter(paused).collect(),
            contexts: contexts.transpose()?,
            overnight_cron: trimmed(OVERNIGHT_CRON_VARIABLE),
            market_crons: trimmed(MARKET_CRONS_VARIABLE),
        })
    }
}

/// A schedule as this deployment keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Its entry in the registry; of a market's night that of the night.
    pub schedule: Schedule,
    /// The market whose night it is, if it is one's.
    pub market: Option<Market>,
    /// The expression that decides, which may not be the entry's.
    pub cron: Cron,
    /// Why its occurrences start no run, if so.
    pub skip: Option<SkipReason>,
}

impl Effective {
    /// What rows and operators know it by.
    #[must_use]
    pub fn job_key(&self) -> Cow<'static, str> {
        match &self.market {
            Some(market) => Cow::Owned(market_key(market)),
            None => Cow::Borrowed(self.schedule.job_key),
        }
    }
}

/// The schedules that this deployment judges, the markets' nights behind the night. Those of
/// other contexts are left out: another deployment judges them.
///
/// # Errors
/// An expression that is none, with the variable or the schedule it is of.
pub fn effective(
    registry: &[Schedule],
    settings: &Settings,
) -> Result<Vec<Effective>, SettingsError> {
    let is_judged =
        |flag| settings.contexts.as_ref().is_none_or(|contexts| contexts.contains(&flag));
    let mut all = Vec::with_capacity(registry.len());
    for schedule in registry.iter().filter(|schedule| is_judged(schedule.flag)) {
        let is_paused = settings.disabled.contains(&schedule.flag);
        let skip = is_paused.then_some(SkipReason::Disabled);
        let kept = |market, cron| Effective { schedule: *schedule, market, cron, skip };
        let is_night = schedule.job_key == OVERNIGHT_JOB_KEY;
        let cron = match settings.overnight_cron.as_ref().filter(|_| is_night) {
            Some(text) => Cron::parse(text).map_err(SettingsError::OvernightCron)?,
            None => Cron::parse(schedule.cron)
                .map_err(|source| SettingsError::Schedule { job_key: schedule.job_key, source })?,
        };
        all.push(kept(None, cron));
        let of_markets = settings.market_crons.as_deref().filter(|_| is_night).map(markets::parse);
        let of_markets = of_markets
            .transpose()
            .map_err(|(entry, source)| SettingsError::MarketCrons { entry, source })?;
        let of_markets = of_markets.into_iter().flatten();
        all.extend(of_markets.map(|(market, cron)| kept(Some(market), cron)));
    }
    Ok(all)
}

/// The expressions to deploy as triggers: the tick's and the registry's own,
/// each once, sorted. One that only a deployment's settings name is fired by
/// the tick.
#[must_use]
pub fn triggers(registry: &[Schedule]) -> Vec<&'static str> {
    let own = registry.iter().map(|schedule| schedule.cron);
    own.chain([TICK_CRON]).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
#[path = "tests_registry.rs"]
mod tests;
