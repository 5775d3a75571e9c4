//! Scores: written unless there is a newer one, with the day's history and an
//! event where the grade is new.

use mauntic_domain::scoring::Category;
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
            write.input_version < old.input_version || write.config_version < old.config_version
        };
        if old.is_some_and(is_newer) {
            return false;
        }
        let (total, grade) = (write.score.total(), write.score.grade());
        let previous_total = old
            .and_then(|old| if old.total == total { old.previous_total } else { Some(old.total) });
        let previous_grade = old.map(|old| old.grade);
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
        let history = HistoryRow {
            total,
            grade,
            categories: Category::ALL.map(|category| write.score.category(category)),
            updated_at: effect.now,
        };
        self.history.insert((write.contact.clone(), effect.now.date_naive()), history);
        self.scores.insert(write.contact.clone(), row);
        self.log.scores_written += 1;
        if previous_grade != Some(grade) {
            let data = json!({
                "contactId": write.contact.1,
                "grade": grade,
                "previousGrade": previous_grade,
                "totalScore": total,
            });
            self.put_grade_event(write, data);
        }
        true
    }

    fn put_grade_event(&mut self, write: &ScoreWrite, data: serde_json::Value) {
        let row = EventRow {
            id: self.new_id(),
            organization_id: Some(write.contact.0.as_str().to_owned()),
            event_type: "scoring.LeadScoreUpdated".to_owned(),
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
