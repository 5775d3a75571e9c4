//! Alerts as several pages show them, and who takes one on.

use http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answer::Outcome;
use crate::client::{Act, Api};
use crate::form::{ONCE, Typed, hidden, refusal};
use crate::paths::segment;
use crate::show::{badge, nothing, table, when};
use crate::stop::{Kind, Stop};
use crate::visit::Visit;

/// Most characters of a user's id, as the API takes them.
const USER_CHARS_MAX: usize = 100;

/// A page of alerts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Alerts {
    pub(super) items: Vec<Alert>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    alert_id: String,
    contact_id: String,
    signal_type: String,
    priority: String,
    status: String,
    opened_at: String,
    due_at: String,
    acknowledged_by: Option<String>,
}

impl Alert {
    fn is_open(&self) -> bool {
        self.status == "open"
    }
}

/// `POST /admin/scoring/alerts/{id}/acknowledge`.
pub(super) async fn acknowledge<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let form = &visit.asked.form;
    let path = format!("/api/v1/scoring/alerts/{}/acknowledge", segment(id));
    let body = json!({"userId": form.get("userId")});
    let once = form.get(ONCE);
    let act = Act { method: Method::POST, path: &path, body: Some(&body), once, seen: None };
    match visit.tenant()?.act::<Value>(act).await {
        Ok(_) => {
            let contact = form.get("contact").unwrap_or_default();
            Ok(Outcome::Done(format!("/admin/scoring/contacts/{}", segment(contact))))
        }
        Err(Stop::Refused(problem)) => {
            let taken = Typed { values: Some(form), problem: Some(&problem) };
            let page = super::scoring::page(visit, &Typed::default(), &taken).await?;
            Ok(page.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

/// A table of alerts; each that is open can be taken on by whose key may write.
pub(super) fn rows<A: Api>(visit: &Visit<'_, A>, alerts: &[Alert], taken: &Typed<'_>) -> Markup {
    let now = visit.moment.now;
    let rows: Vec<Markup> = alerts
        .iter()
        .map(|alert| {
            html! {
                th scope="row" { a href={ "/admin/scoring/contacts/" (segment(&alert.contact_id)) } { (alert.contact_id) } }
                td { (alert.signal_type) }
                td { (alert.priority) }
                td { (badge(&alert.status)) }
                td { (when(&alert.opened_at, now)) }
                td { (when(&alert.due_at, now)) }
                td { (whose(visit, alert, taken)) }
            }
        })
        .collect();
    let heads = ["Contact", "Signal", "Priority", "State", "Opened", "Due", "Whose"];
    let may_be_taken =
        visit.signs(Kind::Organization).is_some() || alerts.iter().all(|alert| !alert.is_open());
    html! {
        (refusal(taken))
        (table("Alerts", &heads, &rows))
        @if !may_be_taken { (visit.only_looks(Kind::Organization)) }
    }
}

fn whose<A: Api>(visit: &Visit<'_, A>, alert: &Alert, taken: &Typed<'_>) -> Markup {
    let Some(signed) = visit.signs(Kind::Organization).filter(|_| alert.is_open()) else {
        return alert.acknowledged_by.as_deref().map_or_else(nothing, |by| html! { (by) });
    };
    let address = format!("/admin/scoring/alerts/{}/acknowledge", segment(&alert.alert_id));
    // Only the form that was sent has what was typed, and what is wrong with it.
    let empty = Typed::default();
    let typed = if visit.asked.here == address { taken } else { &empty };
    let id = format!("user-{}", alert.alert_id);
    let fault = typed.fault("userId");
    html! {
        form.inline method="post" action=(address) {
            (hidden(signed))
            input type="hidden" name="contact" value=(alert.contact_id);
            input #(id) name="userId" value=(typed.value("userId", "")) maxlength=(USER_CHARS_MAX)
                required placeholder="User id" autocomplete="off" aria-invalid=[fault.map(|_| "true")]
                aria-label={ "User who takes on " (alert.signal_type) " of " (alert.contact_id) };
            button.small { "Take it on" }
            @if let Some(fault) = fault { p.fault { "User id " (fault) "." } }
        }
    }
}
