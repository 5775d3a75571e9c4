//! What the health check warns of, as sentences.

use maud::{Markup, html};
use serde::Deserialize;

use crate::paths::{segment, with_query};
use crate::show::count;

/// A warning of the health check.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(super) struct Warning {
    code: String,
    /// The run, night, match or tournament that it is about.
    id: Option<String>,
    /// The queue, dependency, schedule or key of a run that it is about.
    name: Option<String>,
    count: Option<i64>,
}

impl Warning {
    /// What it says; none where the list of breakers says it, with the breaker's state.
    pub(super) fn sentence(&self) -> Option<Markup> {
        let id = self.id.as_deref().unwrap_or_default();
        Some(match self.code.as_str() {
            "breaker_open" => return None,
            "dead_letters" | "run_stalled" | "occurrences_missed" => self.of_work(id),
            "scoreboard_drift" => html! {
                "The board of tournament " code { (id) } " has " (self.many()) " differences from its ledger. "
                a href="/admin/scoreboards" { "Look at scoreboards" }
            },
            "matches_given_up" => {
                html! { (self.many()) " matches without an end that nobody asks about any more; first " code { (id) } "." }
            }
            "night_partial" => html! { (self.many()) " users were not scored by " (night(id)) "." },
            "night_failed" => {
                html! { "Nobody was scored by " (night(id)) "; users that were to be: " (self.many()) "." }
            }
            "rates_stale" => html! { "Exchange rates were stale in " (night(id)) "." },
            "tokens_equal" => html! {
                code { "ADMIN_TOKEN" } " is the " code { "VIEWER_TOKEN" } " too, and only looks: give each a value of its own."
            },
            "not_checked" => html! { "What there is to look at could not be read." },
            code => html! { "The health check warns of " code { (code) } "." },
        })
    }

    fn of_work(&self, id: &str) -> Markup {
        let name = self.name.as_deref().unwrap_or_default();
        match self.code.as_str() {
            "dead_letters" => {
                let all = with_query("/admin/dead-letters", [("queue", Some(name))]);
                html! { "Dead letters of " a href=(all) { (name) } " that wait for a decision: " (self.many()) "." }
            }
            "run_stalled" => html! {
                a href={ "/admin/runs/" (segment(id)) } { "A run" } " of " code { (name) }
                " makes no progress, and its lock was taken from it."
            },
            _ => html! {
                (super::cron::link(name)) " missed " (self.many()) " of its times in the last 24 hours."
            },
        }
    }

    fn many(&self) -> String {
        self.count.map_or_else(|| "some".to_owned(), count)
    }
}

fn night(id: &str) -> Markup {
    html! { a href={ "/admin/overnight/" (segment(id)) } { "the newest night" } }
}
