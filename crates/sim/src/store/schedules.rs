//! Schedules and their occurrences: what was judged is written once, with the
//! runs that it starts.

use chrono::Timelike;
use mauntic_domain::schedules::registry::OVERNIGHT_JOB_KEY;
use mauntic_domain::schedules::{MARKET_KEY_PREFIX, Outcome, SkipReason};
use mauntic_flows::ports::{
    Judged, JudgedSchedule, NewOccurrence, PortError, RunStart, ScheduleRow, ScheduleRows,
    ScheduleStore,
};
use serde_json::json;

use super::acts::Note;
use super::rows::{JobRow, OccurrenceRow, RunRecord, ScheduleRecord};
use super::{MemorySession, State};
use crate::faults::Call;

impl ScheduleStore for MemorySession {
    async fn schedules(&self, job_keys: &[&str]) -> Result<ScheduleRows, PortError> {
        self.call(Call::Schedules, |state| {
            let has_night = job_keys.contains(&OVERNIGHT_JOB_KEY);
            let is_asked = |key: &str| {
                job_keys.contains(&key) || (has_night && key.starts_with(MARKET_KEY_PREFIX))
            };
            let asked = state.schedules.iter().filter(|(key, _)| is_asked(key));
            let rows = asked.map(|(key, row)| shown(key, row)).collect();
            Ok(ScheduleRows { now: state.now, rows })
        })
        .await
    }

    async fn write_judged(&self, judged: &JudgedSchedule) -> Result<Judged, PortError> {
        self.call(Call::WriteJudged, |state| Ok(state.write_judged(judged))).await
    }

    async fn pause(&self, job_key: &str, note: Option<&str>) -> Result<bool, PortError> {
        self.act(Call::Pause, |state, _| {
            let now = state.now;
            let Some(row) = state.schedules.get_mut(job_key) else {
                return Ok((false, Vec::new()));
            };
            let paused =
                |row: &ScheduleRecord| json!({"paused": row.paused_at.is_some(), "note": row.note});
            let before = paused(row);
            let length = note.map_or(0, |note| note.chars().count());
            assert!(length <= 500, "schedule_note_check: {length} characters");
            row.note = note.map(str::to_owned);
            row.paused_at = note.map(|_| row.paused_at.unwrap_or(now));
            let action = if note.is_some() { "cron.pause" } else { "cron.resume" };
            let note = Note::new(action, &job_key).before(before).after(paused(row));
            Ok((true, vec![note]))
        })
        .await
    }
}

impl State {
    fn write_judged(&mut self, judged: &JudgedSchedule) -> Judged {
        let row = self.schedules.get(judged.job_key.as_ref());
        let found = row.map(|row| (row.judged_until, &row.cron));
        if found != judged.judged_from.as_ref().map(|from| (from.judged_until, &from.cron)) {
            return Judged::Meanwhile;
        }
        let mut started = Vec::new();
        for occurrence in &judged.occurrences {
            let run = occurrence.start.as_ref();
            // A time that has its row already ran already, whatever the mark says.
            let place = (judged.job_key.clone().into_owned(), occurrence.nominal_at);
            let is_new = !self.occurrences.contains_key(&place);
            let has_run = is_new && run.is_some_and(|start| self.start(judged, occurrence, start));
            let run_id = run.filter(|_| has_run).map(|start| start.run_id);
            started.extend(run_id);
            let outcome = if run.is_some() && !has_run {
                Outcome::Skipped(SkipReason::Overlap)
            } else {
                occurrence.outcome
            };
            let row = OccurrenceRow {
                outcome: outcome.name(),
                reason: match outcome {
                    Outcome::Skipped(reason) => Some(reason.name()),
                    _ => None,
                },
                ordinal: occurrence.ordinal,
                run_id,
                judged_at: self.now,
            };
            assert!(outcome.runs() == run_id.is_some(), "occurrence_run: {}", judged.job_key);
            let nominal_at = occurrence.nominal_at;
            let is_minute = nominal_at.second() == 0 && nominal_at.nanosecond() == 0;
            assert!(is_minute, "occurrence_nominal_at_check: {nominal_at}");
            self.occurrences.entry(place).or_insert(row);
        }
        self.put_schedule(judged);
        Judged::Written { started }
    }

    fn put_schedule(&mut self, judged: &JudgedSchedule) {
        let until = judged.judged_until;
        let fresh = ScheduleRecord {
            cron: judged.cron.clone(),
            judged_until: until,
            ordinal_next: judged.ordinal_next,
            note: None,
            paused_at: None,
        };
        assert!(judged.cron.len() <= 100, "schedule_cron_check: {}", judged.cron);
        let row = self.schedules.entry(judged.job_key.clone().into_owned()).or_insert(fresh);
        row.cron.clone_from(&judged.cron);
        row.judged_until = row.judged_until.max(until);
        row.ordinal_next = judged.ordinal_next;
    }

    /// Whether the run was started; not where its lock is taken.
    fn start(
        &mut self,
        judged: &JudgedSchedule,
        occurrence: &NewOccurrence,
        start: &RunStart,
    ) -> bool {
        let run = RunRecord {
            scheduled_for: Some(occurrence.nominal_at),
            request_id: Some(start.request_id.clone()),
            exclusive: start.exclusive,
            ..RunRecord::new(
                start.run_id,
                judged.job_key.clone().into_owned(),
                "schedule",
                self.now,
            )
        };
        let is_started = self.runs.insert(run);
        if is_started {
            let job = self.first_job(start);
            self.jobs.insert(JobRow { scheduled_for: Some(occurrence.nominal_at), ..job });
        }
        is_started
    }
}

fn shown(job_key: &str, row: &ScheduleRecord) -> ScheduleRow {
    ScheduleRow {
        job_key: job_key.to_owned(),
        cron: row.cron.clone(),
        judged_until: row.judged_until,
        ordinal_next: row.ordinal_next,
        paused: row.paused_at.map(|_| row.note.clone().unwrap_or_default()),
    }
}
