//! Replies as values; lists whose order no port promises are sorted.

use mauntic_domain::jobs::Queue;
use mauntic_domain::notifications::Reservation;
use mauntic_domain::points::PointsE4;
use mauntic_flows::ports::{
    AloneClaim, ClaimReply, Died, Enqueued, Held, Judged, Opened, OutgoingEvent, PutOff, RunRow,
    ScheduleRows, ScoreRow, Wakeup,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// What a port answers.
pub(super) trait Reply {
    /// As a value.
    fn value(self) -> Value;
}

fn held(held: &Held) -> Value {
    json!({
        "id": held.id, "claim": held.claim, "type": held.type_name, "version": held.version,
        "data": held.data, "organization": held.organization_id, "run": held.run_id,
        "scheduled_for": held.scheduled_for, "request": held.request_id,
        "created_at": held.created_at, "failures": held.failures,
        "failures_max": held.failures_max, "snoozes": held.snoozes, "reason": held.snooze_reason,
    })
}

impl Reply for ClaimReply {
    fn value(mut self) -> Value {
        self.held.sort_by_key(|held| held.id);
        self.seen.sort_by_key(|seen| seen.id);
        for list in [&mut self.missing, &mut self.joined, &mut self.conflicts] {
            list.sort_unstable();
        }
        let seen = self.seen.iter().map(|seen| {
            let next = format!("{:?}", seen.next);
            json!([seen.id, seen.type_name, seen.state.as_str(), seen.was_alone, next])
        });
        json!({
            "now": self.now, "held": self.held.iter().map(held).collect::<Value>(),
            "seen": seen.collect::<Value>(), "missing": self.missing, "joined": self.joined,
            "conflicts": self.conflicts, "letters": self.letters.is_ok(),
        })
    }
}

impl Reply for AloneClaim {
    fn value(self) -> Value {
        match self {
            Self::Held(job, now) => json!([held(&job), now]),
            Self::DeadLettered => json!("dead"),
            Self::NotDue => json!("not due"),
        }
    }
}

impl Reply for Vec<Died> {
    fn value(self) -> Value {
        let died = self.iter().map(|died| {
            json!([
                died.id,
                died.type_name,
                died.queue,
                died.run_id,
                died.request_id,
                died.claim,
                died.reason
            ])
        });
        died.collect()
    }
}

impl Reply for Vec<(Uuid, PutOff)> {
    fn value(self) -> Value {
        self.iter().map(|(id, what)| json!([id, format!("{what:?}")])).collect()
    }
}

impl Reply for Vec<(Queue, Wakeup)> {
    fn value(mut self) -> Value {
        // In turn within a queue; the queues are independent of each other.
        self.sort_by_key(|(queue, _)| *queue);
        let due =
            |(queue, due): &(Queue, Wakeup)| json!([queue.name(), due.message, due.delay_secs]);
        self.iter().map(due).collect()
    }
}

impl Reply for Vec<Wakeup> {
    fn value(self) -> Value {
        self.iter().map(|due| json!([due.message, due.delay_secs])).collect()
    }
}

impl Reply for Vec<OutgoingEvent> {
    fn value(self) -> Value {
        let event = |event: &OutgoingEvent| {
            json!([
                event.id,
                event.event_type,
                event.organization_id,
                event.data,
                event.request_id,
                event.occurred_at
            ])
        };
        self.iter().map(event).collect()
    }
}

impl Reply for Opened {
    fn value(self) -> Value {
        match self {
            Self::Started { run_id } => json!({ "started": run_id }),
            Self::Held { holder, since, expires_at } => json!([holder, since, expires_at]),
        }
    }
}

impl Reply for Option<RunRow> {
    fn value(self) -> Value {
        let row = |run: RunRow| {
            json!([
                run.id,
                run.job_key,
                run.trigger,
                run.status.as_str(),
                run.revision,
                run.counts.total,
                run.counts.done,
                run.counts.dead,
                run.counts.cancelled,
                run.started_at,
                run.progressed_at,
                run.stalled_at,
                run.finished_at
            ])
        };
        self.map_or(Value::Null, row)
    }
}

impl Reply for ScheduleRows {
    fn value(self) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!([row.job_key, row.cron, row.judged_until, row.ordinal_next, row.paused])
        });
        json!([self.now, rows.collect::<Value>()])
    }
}

impl Reply for Judged {
    fn value(self) -> Value {
        match self {
            Self::Written { started } => json!(started),
            Self::Meanwhile => json!("meanwhile"),
        }
    }
}

impl Reply for Reservation {
    fn value(self) -> Value {
        match self {
            Self::Reserved { id } => json!({ "reserved": id }),
            Self::Held { until } => json!({ "held": until }),
            Self::Sent => json!("sent"),
        }
    }
}

impl Reply for Vec<Enqueued> {
    fn value(self) -> Value {
        let job = |job: &Enqueued| {
            json!([
                job.id,
                job.type_name,
                job.queue.name(),
                job.created,
                job.state.as_str(),
                job.send_now,
                job.enqueued_at
            ])
        };
        self.iter().map(job).collect()
    }
}

impl Reply for Option<Option<ScoreRow>> {
    fn value(self) -> Value {
        let row = |row: ScoreRow| {
            json!([
                row.score.total().e4(),
                row.previous_total.map(PointsE4::e4),
                row.input_version,
                row.input_version_now,
                row.config_version,
                row.calculated_at
            ])
        };
        self.map_or(json!("unknown"), |scored| scored.map_or(Value::Null, row))
    }
}
