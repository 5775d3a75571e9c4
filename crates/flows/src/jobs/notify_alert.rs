//! `scoring.NotifyAlert`: tells a webhook of an alert, at least once, under an
//! id that every attempt has.
//!
//! I/O, where there is a webhook:
//! 1. reserves the notification in the ledger: of several jobs about one alert
//!    one may send, and a repeat of the same job takes its own reservation
//!    over;
//! 2. calls the webhook behind its breaker, with the reservation's id: a repeat
//!    can be recognised by it;
//! 3. the consumer completes the job and marks the notification sent in one
//!    transaction: if that is lost, the repeat calls again under the same id.

use mauntic_domain::jobs::data::NotifyAlert;
use mauntic_domain::jobs::derived_id;
use mauntic_domain::notifications::{Reservation, Window};
use serde_json::json;

use super::outcome::failed_outside;
use super::{Context, Decided, Outcome};
use crate::outside::{Called, call};
use crate::ports::{
    Call, Dependency, GuardStore, Held, Outside, PortError, Ports, Request, SentNotification,
};

/// Kind of the notification in the ledger.
const KIND: &str = "alert_webhook";

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: NotifyAlert,
) -> Result<Decided, PortError> {
    if !cx.ports.outside().is_configured(Dependency::AlertWebhook) {
        return Ok(not_sent("not_configured"));
    }
    let subject = format!("{}:{}", data.organization_id, data.alert_id);
    // Of the job alone: it says the same id however long it has to repeat itself,
    // also when its window is over meanwhile.
    let fresh_id = derived_id(&[KIND, &held.id.to_string()]);
    let reservation = cx.session.try_record(&subject, KIND, Window::DEFAULT, held.id, fresh_id);
    let id = match reservation.await? {
        Reservation::Reserved { id } => id,
        Reservation::Sent => return Ok(not_sent("sent_before")),
        Reservation::Held { until } => {
            let reason = "notification_held";
            return Ok(Decided::of(Outcome::Snooze { until: Some(until), reason }));
        }
    };
    let mut body = json!({
        "id": id,
        "organizationId": data.organization_id,
        "alertId": data.alert_id,
        "contactId": data.contact_id,
        "signalType": data.signal_type,
    });
    // Absent where the build before enqueued it.
    if let (Some(priority), Some(fields)) = (data.priority, body.as_object_mut()) {
        fields.insert("priority".to_owned(), json!(priority));
    }
    let request = Request::Alert(body);
    let outcome = match call(cx.ports, cx.session, &Call { id, request }).await? {
        Called::Answered { .. } => {
            let decided = Decided::of(Outcome::Done(json!({"sent": true, "notificationId": id})));
            let notified = vec![SentNotification { subject, kind: KIND, token: held.id }];
            return Ok(Decided { notified, ..decided });
        }
        Called::NotConfigured => return Ok(not_sent("not_configured")),
        Called::Failed { cause } => failed_outside(held, format!("the webhook: {cause}")),
        Called::Refused { status } => Outcome::Reject {
            reason: "refused_outside",
            detail: format!("the webhook refused the call with status {status}"),
        },
        Called::Held { until } => Outcome::Snooze { until: Some(until), reason: "breaker_open" },
    };
    Ok(Decided::of(outcome))
}

fn not_sent(reason: &str) -> Decided {
    Decided::of(Outcome::Done(json!({"sent": false, "reason": reason})))
}
