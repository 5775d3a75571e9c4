//! Tournaments as organizations keep them, and when what is said of one may change.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::ProviderTournamentId;
use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_domain::scoreboard::rules::check_change;
use mauntic_domain::scoreboard::{Chain, Rules};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::TournamentRefused;

/// What audits call the changes of tournaments that are noted.
pub mod tournament_actions {
    /// Its name, provider, rules or order are others.
    pub const CHANGE: &str = "tournament.change";
    /// A result was entered by hand.
    pub const RESULT: &str = "match.result";
}

/// What an organization says of a tournament.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TournamentSettings {
    /// For people.
    pub name: String,
    /// What the provider of matches calls it; none where nobody is asked.
    pub provider_id: Option<ProviderTournamentId>,
    /// How tied members are ranked where a query does not say.
    pub ranking: Kind,
    /// What a guess earns, and what comes of an answer.
    pub rules: Rules,
    /// The order of members.
    pub chain: Chain,
}

/// A tournament.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tournament {
    /// Ours.
    pub id: Uuid,
    /// What is said of it.
    pub settings: TournamentSettings,
    /// Raised with every change of rules and order.
    pub rules_version: i32,
    /// When a match was first settled; rules and order stay since.
    pub settled_at: Option<DateTime<Utc>>,
    /// When it was closed; nothing of it changes since.
    pub closed_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Tournament {
    /// Names this state of it: whatever is shown of it makes another one.
    #[must_use]
    pub fn tag(&self) -> String {
        // Text keys and no fallible serializer.
        let text = serde_json::to_string(self).unwrap_or_default();
        let hash = Sha256::digest(text);
        hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What is said of it once it is changed, under a lock of its row.
    ///
    /// # Errors
    /// Why it stays as it is.
    pub fn changed(
        &self,
        seen: &str,
        change: &TournamentChange,
    ) -> Result<TournamentSettings, TournamentRefused> {
        is_open(self.closed_at)?;
        if self.tag() != seen {
            return Err(TournamentRefused::Stale);
        }
        let settings = change.of(&self.settings);
        let rules = |of: &TournamentSettings| (of.rules.clone(), of.chain.clone());
        let (stored, new) = (rules(&self.settings), rules(&settings));
        match check_change(&stored, &new, self.settled_at.is_some()) {
            Ok(()) => Ok(settings),
            Err(_) => Err(TournamentRefused::RulesInUse),
        }
    }
}

/// What is to be said otherwise; what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TournamentChange {
    /// Its name.
    pub name: Option<String>,
    /// What the provider calls it; none inside where nobody is asked from now on.
    pub provider_id: Option<Option<ProviderTournamentId>>,
    /// How tied members are ranked.
    pub ranking: Option<Kind>,
    /// The rules, all of them.
    pub rules: Option<Rules>,
    /// The order of members.
    pub chain: Option<Chain>,
}

impl TournamentChange {
    /// What is said of a tournament once it is changed.
    fn of(&self, settings: &TournamentSettings) -> TournamentSettings {
        let TournamentSettings { name, provider_id, ranking, rules, chain } = settings;
        TournamentSettings {
            name: self.name.as_ref().unwrap_or(name).clone(),
            provider_id: self.provider_id.as_ref().unwrap_or(provider_id).clone(),
            ranking: self.ranking.unwrap_or(*ranking),
            rules: self.rules.as_ref().unwrap_or(rules).clone(),
            chain: self.chain.as_ref().unwrap_or(chain).clone(),
        }
    }
}

/// Whether a tournament takes anything.
///
/// # Errors
/// When it is closed.
pub fn is_open(closed_at: Option<DateTime<Utc>>) -> Result<(), TournamentRefused> {
    closed_at.map_or(Ok(()), |at| Err(TournamentRefused::Closed { at }))
}
