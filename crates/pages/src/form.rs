//! Forms: fields that keep what was typed, with what is wrong beside each.

use maud::{Markup, html};

use crate::csrf;
use crate::moment::Moment;
use crate::request::Pairs;
use crate::session::{Holder, Secrets, Session};
use crate::stop::Problem;

/// The hidden field that makes a form sent twice one act.
pub(crate) const ONCE: &str = "once";

/// The hidden field that says whose a form is: it is sent by nobody else after another sign-in.
pub(crate) const WHOSE: &str = "whose";

/// What a form shows again: what was typed, and why it was refused.
#[derive(Default)]
pub(crate) struct Typed<'t> {
    /// As it came.
    pub(crate) values: Option<&'t Pairs>,
    /// Why it was refused.
    pub(crate) problem: Option<&'t Problem>,
}

impl Typed<'_> {
    /// What was typed into a field, or what stands there at first.
    pub(crate) fn value<'v>(&'v self, name: &str, first: &'v str) -> &'v str {
        match self.values {
            Some(values) => values.get(name).unwrap_or_default(),
            None => first,
        }
    }

    /// What is wrong with it.
    pub(crate) fn fault(&self, name: &str) -> Option<&str> {
        let errors = self.problem.map(|problem| problem.errors.as_slice()).unwrap_or_default();
        let is_of = |pointer: &str| pointer.strip_prefix('/').unwrap_or(pointer) == name;
        errors.iter().find(|fault| is_of(&fault.pointer)).map(|fault| fault.message.as_str())
    }
}

/// Whose token and which page's random text a form has.
pub(crate) struct Signed {
    pub(crate) token: String,
    pub(crate) once: String,
    pub(crate) whose: Whose,
}

/// Who held a session: an operator by name, and an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whose {
    operator: String,
    organization: String,
}

impl Whose {
    fn of(session: &Session) -> Self {
        let name = |of: &Holder| of.name.clone();
        let organization = session.tenant.as_ref().and_then(|of| of.organization.clone());
        Self {
            operator: session.operator.as_ref().map(name).unwrap_or_default(),
            organization: organization.unwrap_or_default(),
        }
    }

    /// As the field has it. No organization's id has a line break.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", self.organization, self.operator)
    }

    /// Whether a form of `before` is another's by now: a key that was added since, or is
    /// gone, is none in its place.
    pub(crate) fn is_other(&self, before: &str) -> bool {
        // A browser sends line breaks as two characters.
        let (organization, operator) = before.split_once('\n').unwrap_or_default();
        let is_replaced = |was: &str, now: &str| !was.is_empty() && !now.is_empty() && was != now;
        is_replaced(organization.trim_end_matches('\r'), &self.organization)
            || is_replaced(operator, &self.operator)
    }
}

impl Signed {
    /// What signs a session's forms of this moment.
    pub(crate) fn of(session: &Session, secrets: &Secrets, moment: &Moment) -> Self {
        let whose = Whose::of(session);
        Self { token: csrf::token(secrets, session), once: moment.token("once"), whose }
    }
}

/// The hidden fields of every form.
pub(crate) fn hidden(signed: &Signed) -> Markup {
    html! {
        input type="hidden" name=(csrf::FIELD) value=(signed.token);
        input type="hidden" name=(ONCE) value=(signed.once);
        input type="hidden" name=(WHOSE) value=(signed.whose.text());
    }
}

/// A field of one line.
pub(crate) struct Field<'f> {
    /// Its name in the form, and of its fault.
    pub(crate) name: &'f str,
    /// What tells it apart from one of the same name of another form of the page.
    pub(crate) id: &'f str,
    pub(crate) label: &'f str,
    /// What it is for, below it.
    pub(crate) hint: &'f str,
    pub(crate) first: &'f str,
    pub(crate) is_required: bool,
}

/// Shows it with what was typed and what is wrong with it.
pub(crate) fn field(field: &Field<'_>, typed: &Typed<'_>) -> Markup {
    let fault = typed.fault(field.name);
    html! {
        div.field {
            label for=(field.id) { (field.label) @if !field.is_required { span.optional { " (optional)" } } }
            input #(field.id) name=(field.name) value=(typed.value(field.name, field.first))
                maxlength="500" autocomplete="off" required[field.is_required]
                aria-invalid=[fault.map(|_| "true")] aria-describedby=(described(field, fault));
            (notes(field, fault))
        }
    }
}

/// The ids of what stands below a field.
fn described(field: &Field<'_>, fault: Option<&str>) -> String {
    let hint = format!("{}-hint", field.id);
    if fault.is_some() { format!("{hint} {}-fault", field.id) } else { hint }
}

/// What stands below a field: what it is for, and what is wrong with it.
fn notes(field: &Field<'_>, fault: Option<&str>) -> Markup {
    html! {
        p.hint #{ (field.id) "-hint" } { (field.hint) }
        @if let Some(fault) = fault {
            p.fault #{ (field.id) "-fault" } { (field.label) " " (fault) "." }
        }
    }
}

/// Everything that is wrong, by its place.
pub(crate) fn faults(problem: &Problem) -> Markup {
    html! {
        @if !problem.errors.is_empty() {
            ul { @for fault in &problem.errors { li { code { (fault.pointer) } " " (fault.message) } } }
        }
    }
}

/// What was wrong with the whole, above the fields.
pub(crate) fn refusal(typed: &Typed<'_>) -> Markup {
    html! {
        @if let Some(problem) = typed.problem {
            div.refusal role="alert" {
                p { strong { (problem.title) "." } " " (problem.detail) }
                (faults(problem))
                @if let Some(holder) = &problem.holder {
                    p { a href={ "/admin/runs/" (crate::paths::segment(holder)) } { "The run that holds it" } }
                }
            }
        }
    }
}

/// A field of many lines.
pub(crate) fn area(field: &Field<'_>, typed: &Typed<'_>, most: usize) -> Markup {
    let fault = typed.fault(field.name);
    html! {
        div.field {
            label for=(field.id) { (field.label) @if !field.is_required { span.optional { " (optional)" } } }
            textarea #(field.id) name=(field.name) maxlength=(most) spellcheck="false" rows="6"
                aria-invalid=[fault.map(|_| "true")] aria-describedby=(described(field, fault)) {
                // A browser drops the first line break of it.
                "\n" (typed.value(field.name, field.first))
            }
            (notes(field, fault))
        }
    }
}

/// One of a few.
pub(crate) fn choice(name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    let id = format!("choice-{name}");
    html! {
        div.field {
            label for=(id) { (label) }
            select #(id) name=(name) {
                @for (value, text) in options {
                    option value=(value) selected[*value == chosen] { (text) }
                }
            }
        }
    }
}

/// A field of a search, which needs no explanation.
pub(crate) fn search(name: &str, label: &str, typed: &Typed<'_>) -> Markup {
    let id = format!("search-{name}");
    let fault = typed.fault(name);
    let wrong = format!("{id}-fault");
    html! {
        div.field {
            label for=(id) { (label) }
            input #(id) name=(name) value=(typed.value(name, "")) maxlength="4096" autocomplete="off"
                aria-invalid=[fault.map(|_| "true")] aria-describedby=[fault.map(|_| &wrong)];
            @if let Some(fault) = fault { p.fault #(wrong) { (label) " " (fault) "." } }
        }
    }
}

/// The form by which something that goes on is ended.
pub(crate) fn cancel(signed: &Signed, action: &str, button: &str, typed: &Typed<'_>) -> Markup {
    html! {
        form.panel method="post" action=(action) {
            h2 { "Cancel" }
            (hidden(signed)) (refusal(typed)) (reason("cancel-reason", false, typed))
            button.danger { (button) }
        }
    }
}

/// The field for why something is done.
pub(crate) fn reason(id: &str, is_required: bool, typed: &Typed<'_>) -> Markup {
    why("reason", id, is_required, typed)
}

/// That field under another name, in a form that has a reason of another kind.
pub(crate) fn why(name: &str, id: &str, is_required: bool, typed: &Typed<'_>) -> Markup {
    let hint = "Why, in your words; the audit keeps it.";
    field(&Field { name, id, label: "Reason", hint, first: "", is_required }, typed)
}
