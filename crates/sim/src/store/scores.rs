//! Scores: written unless there is a newer one, with the day's history where they
//! moved, and events where the grade is new or a threshold is crossed.

use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::Category;
use mauntic_domain::scoring::score::THRESHOLDS;
use mauntic_flows::ports::{Effect, ScoreWrite};
use serde_json::json;

use super::State;
use super::rows::{EventRow, HistoryRow, LeadScore};

impl State {
    /// Whether the score was written: it never replaces one of newer features
    /// or configuration.
    pub(super) fn write_score(&mut self, effect: &Effect, write: &ScoreWrite) -> bool {
        let old = self.scores.get(&write.contact);
        let is_newer = |old: &LeadScore| {
            let of_newer = write.input_version < old.input_version
                || write.config_version < old.config_version;
            let of_the_same = write.input_version == old.input_version
                && write.config_version == old.config_version;
            of_newer || (of_the_same && effect.now < old.calculated_at)
        };
        if old.is_some_and(is_newer) {
            return false;
        }
        let (total, grade) = (write.score.total(), write.score.grade());
        let previous_total = old
            .and_then(|old| if old.total == total { old.previous_total } else { Some(old.total) });
        let previous_grade = old.map(|old| old.grade);
        let old_total = old.map(|old| old.total);
        let categories = Category::ALL.map(|category| write.score.category(category));
        let moved = old.is_none_or(|old| {
            (old.total, Category::ALL.map(|category| old.score.category(category)))
                != (total, categories)
        });
        assert!(write.input_version > 0 && write.config_version >= 0, "lead_scores_check");
        let row = LeadScore {
            score: write.score.clone(),
            total,
            grade,
            previous_total,
            input_version: write.input_version,
            config_version: write.config_version,
            job_id: write.job_id,
            calculated_at: effect.now,
        };
        let history = HistoryRow { total, grade, categories, updated_at: effect.now };
        if moved {
            // Never before the day of the score that it replaces.
            let at = old.map_or(effect.now, |old| old.calculated_at.max(effect.now));
            self.history.insert((write.contact.clone(), at.date_naive()), history);
        }
        self.scores.insert(write.contact.clone(), row);
        self.log.scores_written += 1;
        if previous_grade != Some(grade) {
            let data = json!({
                "contactId": write.contact.1,
                "grade": grade,
                "previousGrade": previous_grade,
                "totalScore": total,
            });
            self.put_score_event(write, "scoring.LeadScoreUpdated", data);
        }
        self.tell_crossings(write, old_total);
        true
    }

    /// Tells of each threshold that lies between the totals; a first score comes
    /// from nothing.
    fn tell_crossings(&mut self, write: &ScoreWrite, old: Option<PointsE4>) {
        let total = write.score.total();
        for threshold in THRESHOLDS {
            let reached = |total: PointsE4| total >= PointsE4::whole(threshold);
            if reached(total) != reached(old.unwrap_or(PointsE4::ZERO)) {
                let data = json!({
                    "contactId": write.contact.1,
                    "threshold": threshold,
                    "direction": if reached(total) { "up" } else { "down" },
                    "totalScore": total,
                    "previousTotal": old,
                });
                self.put_score_event(write, "scoring.ThresholdCrossed", data);
            }
        }
    }

    fn put_score_event(&mut self, write: &ScoreWrite, event_type: &str, data: serde_json::Value) {
        let row = EventRow {
            id: self.new_id(),
            organization_id: Some(write.contact.0.as_str().to_owned()),
            event_type: event_type.to_owned(),
            data,
            job_id: Some(write.job_id),
            request_id: self.jobs.get(write.job_id).and_then(|row| row.request_id.clone()),
            occurred_at: self.now,
            wake_at: self.now,
            sent_at: None,
        };
        self.outbox.insert(row.id, row);
    }
}
