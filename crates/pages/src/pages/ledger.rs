//! `GET /admin/scoreboards/{id}/ledger`: for operators, whether a tournament's board is what
//! its ledger makes of it, how it came about, and the rebuild of it.

use futures::future::try_join3;
use http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::scoreboards::{HERE, Settlements, Verifications, settlement_rows, verification_rows};
use crate::answer::{Outcome, Page};
use crate::client::{Act, Api};
use crate::form::{ONCE, Typed, hidden, reason, refusal};
use crate::paths::{segment, with_query};
use crate::request::Pairs;
use crate::show::{badge, count, exactly, facts, more, nothing, table};
use crate::stop::{Kind, Problem, Stop};
use crate::visit::Visit;

/// What a look at the ledger found.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Verified {
    complete: bool,
    compared: i64,
    found: i64,
    entries: i64,
    matches: i64,
    pending: i64,
    unproven: i64,
    head: String,
    differences: Vec<Difference>,
    closed: Option<Closed>,
    next: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Difference {
    kind: String,
    message: String,
    stored: String,
    expected: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Closed {
    closed_at: String,
    digest: String,
}

/// The page.
pub(super) async fn show<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    let organization = visit.asked.query.get("organizationId").unwrap_or_default();
    Ok(page(visit, id, organization, None).await?.into())
}

/// `POST /admin/scoreboards/{id}/rebuild`.
pub(super) async fn rebuild<A: Api>(visit: &Visit<'_, A>, id: &str) -> Result<Outcome, Stop> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Ordered {
        execution_id: String,
    }
    let form = &visit.asked.form;
    let organization = form.get("organizationId").unwrap_or_default();
    let body = json!({"organizationId": organization, "reason": form.get("reason")});
    let path = format!("/api/v2/admin/scoreboards/{}/rebuild", segment(id));
    let act = Act {
        method: Method::POST,
        path: &path,
        body: Some(&body),
        once: form.get(ONCE),
        seen: None,
    };
    match visit.operator()?.act::<Ordered>(act).await {
        Ok(ordered) => Ok(Outcome::Done(format!("/admin/runs/{}", segment(&ordered.execution_id)))),
        Err(Stop::Refused(problem)) => {
            Ok(page(visit, id, organization, Some(&problem)).await?.faulty(&problem).into())
        }
        Err(stop) => Err(stop),
    }
}

async fn page<A: Api>(
    visit: &Visit<'_, A>,
    id: &str,
    organization: &str,
    problem: Option<&Problem>,
) -> Result<Page, Stop> {
    let (api, query, now) = (visit.operator()?, &visit.asked.query, visit.moment.now);
    let owner = ("organizationId", Some(organization).filter(|id| !id.is_empty()));
    let limit = ("limit", Some("50"));
    let verify = format!("/api/v2/admin/scoreboards/{}/verify", segment(id));
    let verify = with_query(&verify, [owner, ("cursor", query.get("cursor"))]);
    let settlements = [owner, ("tournamentId", Some(id)), limit];
    let settlements = with_query("/api/v2/admin/settlements", settlements);
    let verifications = with_query("/api/v2/admin/verifications", [owner, limit]);
    let (verified, settlements, verifications): (Verified, Settlements, Verifications) =
        try_join3(api.get(&verify), api.get(&settlements), api.get(&verifications)).await?;
    // A form that was refused has no query.
    let of = Pairs::of(&[("organizationId", organization)]);
    let typed = Typed { values: problem.map(|_| &visit.asked.form), problem };
    let here = format!("{HERE}/{}", segment(id));
    let body = html! {
        (known(&verified))
        @if !verified.differences.is_empty() { (differences(&verified)) }
        (more(&format!("{here}/ledger"), &of, verified.next.as_deref()))
        @match visit.signs(Kind::Operator) {
            Some(signed) => form.panel method="post" action={ (here) "/rebuild" } {
                h2 { "Rebuild the board" }
                p.hint { "Makes the board of members and entries of points, in one transaction. Settlements wait for it." }
                (hidden(signed))
                input type="hidden" name="organizationId" value=(organization);
                (refusal(&typed)) (reason("rebuild-reason", false, &typed))
                button.danger { "Rebuild" }
            },
            None => (visit.only_looks(Kind::Operator)),
        }
        section { h2 { "Settlements" } (settlement_rows(&settlements, now)) }
        section { h2 { "What providers said to the organization" } (verification_rows(&verifications, now)) }
    };
    Ok(Page::new(HERE, format!("Ledger of {organization}"), body))
}

fn known(of: &Verified) -> Markup {
    let state = match (of.found, of.complete) {
        (0, true) => badge("verified"),
        (0, false) => badge("not complete"),
        _ => badge("differs"),
    };
    facts(&[
        ("State", state),
        ("Compared", html! { (count(of.compared)) }),
        ("Differences", html! { (count(of.found)) }),
        ("Entries of the ledger", html! { (count(of.entries)) }),
        ("Matches", html! { (count(of.matches)) }),
        ("Not settled yet", html! { (count(of.pending)) }),
        ("Without proof", html! { (count(of.unproven)) }),
        ("Last hash", html! { code { (of.head) } }),
        (
            "Closed",
            of.closed.as_ref().map_or_else(
                nothing,
                |closed| html! { (exactly(&closed.closed_at)) " digest " code { (closed.digest) } },
            ),
        ),
    ])
}

fn differences(of: &Verified) -> Markup {
    let rows: Vec<Markup> = of
        .differences
        .iter()
        .map(|of| html! { th scope="row" { (of.kind.replace('_', " ")) } td { (of.message) } td { code { (of.stored) } } td { code { (of.expected) } } })
        .collect();
    table("What differs", &["Kind", "What", "Stored", "Expected"], &rows)
}
