//! What left the database: alerts under one id a window, events for every
//! change of a score.

use std::collections::{BTreeMap, BTreeSet};

use mauntic_domain::jobs::{Job, JobState};
use mauntic_domain::notifications::Window;
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoring::score::THRESHOLDS;
use mauntic_flows::ports::Dependency;
use serde_json::Value;
use uuid::Uuid;

use super::jobs::described;
use crate::engine::failure::{Failed, fail};
use crate::engine::world::World;

/// A job that says it told somebody did, under the id that it says; and an alert
/// has one id a window, however often a lost answer made somebody repeat it.
pub(super) fn told_once(world: &World) -> Failed {
    let elapsed = world.now() - world.started;
    let windows = elapsed.num_hours().div_euclid(Window::DEFAULT.length().num_hours()) + 1;
    let accepted = world.ports.outside.accepted(Dependency::AlertWebhook);
    world.ports.store.look(|state| {
        let mut ids: BTreeMap<String, BTreeSet<Uuid>> = BTreeMap::new();
        let jobs = world.model.archive.all_jobs(state);
        for row in jobs.filter(|row| row.state == JobState::Completed) {
            let Ok(Job::NotifyAlert(data)) = Job::parse(&row.type_name, row.version, &row.data)
            else {
                continue;
            };
            let receipt = row.receipt.as_ref().unwrap_or(&Value::Null);
            if receipt.get("sent") != Some(&Value::Bool(true)) {
                continue;
            }
            let id = receipt.get("notificationId").and_then(Value::as_str);
            let id = id.and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_default();
            if !accepted.contains_key(&id) {
                let detail = format_args!("{id}: {}", described(row));
                return fail("an alert that was told was taken by the webhook", detail);
            }
            let subject = format!("{}:{}", data.organization_id, data.alert_id);
            let ids = ids.entry(subject).or_default();
            ids.insert(id);
            if i64::try_from(ids.len()).is_ok_and(|many| many > windows) {
                let detail = format_args!("{ids:?} in {windows}: {}", described(row));
                return fail("an alert has one id a window", detail);
            }
        }
        Ok(())
    })
}

/// Events of a contact tell one change of grade and one crossing after the other,
/// without a gap, up to the grade and the thresholds it has reached; and each was
/// published before it was too old.
pub(super) fn events(world: &World) -> Failed {
    let published: BTreeSet<Uuid> =
        world.ports.queues.take_events().iter().map(|event| event.id).collect();
    world.ports.store.look(|state| {
        let mut told: BTreeMap<(String, String), Told> = BTreeMap::new();
        for (event, is_gone) in world.model.archive.all_events(state) {
            let contact = event.data.get("contactId").and_then(Value::as_str).unwrap_or_default();
            let owner = event.organization_id.clone().unwrap_or_default();
            let of = told.entry((owner, contact.to_owned())).or_default();
            if !of.follows(&event.event_type, &event.data) {
                return fail("events tell every change of a score", format_args!("{event:?}"));
            }
            // What nobody could be told for so long is not told any more.
            if !published.contains(&event.id) && !is_gone {
                return fail("every event is published", format_args!("{event:?}"));
            }
        }
        for ((owner, contact), row) in state.scores() {
            let is = Told {
                grade: Some(row.grade.as_str().to_owned()),
                reached: THRESHOLDS
                    .into_iter()
                    .filter(|threshold| row.total >= PointsE4::whole(*threshold))
                    .collect(),
            };
            let told = told.get(&(owner.to_string(), contact.to_string()));
            if told != Some(&is) {
                let detail = format_args!("{owner}/{contact} has {is:?}, told {told:?}");
                return fail("events tell every change of a score", detail);
            }
        }
        Ok(())
    })
}

/// What somebody who heard every event knows of a contact's score.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    grade: Option<String>,
    reached: BTreeSet<i64>,
}

impl Told {
    /// Whether this event says what can come next.
    fn follows(&mut self, event_type: &str, data: &Value) -> bool {
        let text = |name: &str| data.get(name).and_then(Value::as_str).map(str::to_owned);
        match event_type {
            "scoring.LeadScoreUpdated" => {
                std::mem::replace(&mut self.grade, text("grade")) == text("previousGrade")
            }
            "scoring.ThresholdCrossed" => {
                let threshold = data.get("threshold").and_then(Value::as_i64).unwrap_or_default();
                match text("direction").as_deref() {
                    Some("up") => self.reached.insert(threshold),
                    Some("down") => self.reached.remove(&threshold),
                    _ => false,
                }
            }
            // Of signals and alerts.
            _ => true,
        }
    }
}
