//! Retention of nights: what is old goes, but of a user's newest scores all stays that they
//! are made of.

use chrono::{DateTime, Utc};
use mauntic_flows::ports::UserKey;
use uuid::Uuid;

use super::State;
use super::retire::count;

/// Rows of a user and night at most: the user's and four events.
const ROWS_OF_USER_MAX: usize = 5;

impl State {
    /// Nights that began before a time, the oldest first.
    fn old_nights(&self, before: DateTime<Utc>) -> Vec<Uuid> {
        let old = self.portfolios.nights.values().filter(|night| night.started_at < before);
        let mut old: Vec<_> = old.map(|night| (night.started_at, night.run_id)).collect();
        old.sort_unstable();
        old.into_iter().map(|(_, run)| run).collect()
    }

    pub(super) fn retire_night_users(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let most = (most / ROWS_OF_USER_MAX).max(1);
        let nights = self.old_nights(before);
        let of_night = |run: Uuid| self.night_users(run).map(move |(user, _)| (run, user.clone()));
        let old = nights.into_iter().flat_map(of_night).filter(|(run, user)| {
            let row = self.portfolios.users.get(user);
            row.and_then(|row| row.scored).is_none_or(|scored| scored.run_id != *run)
        });
        let old: Vec<_> = old.take(most).collect();
        for key in &old {
            self.portfolios.night_users.remove(key);
            let (of_run, of_user) = key;
            let others = |run: &Uuid, user: &UserKey| (run, user) != (of_run, of_user);
            self.portfolios.calculations.retain(|(run, user, _), _| others(run, user));
        }
        count(old.len())
    }

    pub(super) fn retire_prices(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let nights = self.old_nights(before);
        let prices = &self.portfolios.prices;
        let of_night = |run| prices.keys().filter(move |(of, _)| *of == run).cloned();
        let old: Vec<_> = nights.into_iter().flat_map(of_night).take(most).collect();
        old.iter().for_each(|key| drop(self.portfolios.prices.remove(key)));
        count(old.len())
    }

    pub(super) fn retire_nights(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let is_empty = |run: &Uuid| {
            let has_price = self.portfolios.prices.keys().any(|(of, _)| of == run);
            !has_price && self.night_users(*run).next().is_none()
        };
        let old = self.old_nights(before).into_iter().filter(is_empty).take(most);
        let old: Vec<Uuid> = old.collect();
        for run in &old {
            self.portfolios.nights.remove(run);
            self.portfolios.rates.remove(run);
        }
        count(old.len())
    }

    pub(super) fn retire_score_history(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let old = self.portfolios.history.keys().filter(|(_, _, night_at, _)| *night_at < before);
        let mut old: Vec<_> = old.cloned().collect();
        old.sort_by_key(|(_, _, night_at, _)| *night_at);
        old.truncate(most);
        old.iter().for_each(|key| drop(self.portfolios.history.remove(key)));
        count(old.len())
    }

    pub(super) fn retire_criteria(&mut self, before: DateTime<Utc>, most: usize) -> u64 {
        let of = &self.portfolios;
        let all = of.criteria.iter().flat_map(|(user, versions)| {
            versions.iter().map(move |(version, row)| (row.superseded_at, user, *version))
        });
        let is_newest = |user: &UserKey, version| {
            let mut scores = of.scores.iter().filter(|((of, _), _)| of == user);
            scores.any(|(_, row)| row.criteria_version == version)
        };
        let old = all.filter(|(at, user, version)| {
            at.is_some_and(|at| at < before) && !is_newest(user, *version)
        });
        let mut old: Vec<_> = old.map(|(at, user, version)| (at, user.clone(), version)).collect();
        old.sort();
        old.truncate(most);
        for (_, user, version) in &old {
            let versions = self.portfolios.criteria.get_mut(user);
            drop(versions.and_then(|versions| versions.remove(version)));
        }
        count(old.len())
    }
}
