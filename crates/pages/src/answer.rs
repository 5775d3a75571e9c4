//! What a handler made of a request: a page, or where to go on.

use maud::Markup;

use crate::stop::Problem;

/// What a page has besides the frame around it.
#[derive(Debug)]
pub(crate) struct Page {
    /// Of the window, and the heading.
    pub(crate) title: String,
    /// Which entry of the navigation it stands under.
    pub(crate) under: &'static str,
    /// What is shown.
    pub(crate) body: Markup,
    /// Seconds between two looks of a script; none where nothing moves.
    pub(crate) refresh: Option<u16>,
    /// Seconds after which a browser asks again by itself; none where a person decides.
    pub(crate) again: Option<u16>,
    /// The status: of a form that was refused, the refusal's.
    pub(crate) status: u16,
}

impl Page {
    /// A page that stands still.
    pub(crate) fn new(under: &'static str, title: impl Into<String>, body: Markup) -> Self {
        Self { title: title.into(), under, body, refresh: None, again: None, status: 200 }
    }

    /// One that is refreshed every so many seconds.
    pub(crate) fn every(mut self, seconds: u16) -> Self {
        self.refresh = Some(seconds);
        self
    }

    /// One that shows what is wrong with a form, as the API has it, and stands still: a refresh
    /// would take away what was typed.
    pub(crate) fn faulty(mut self, problem: &Problem) -> Self {
        self.status = problem.refusal();
        self.refresh = None;
        self
    }

    /// The same where something is wrong with it.
    pub(crate) fn faulty_if(self, problem: Option<&Problem>) -> Self {
        match problem {
            Some(problem) => self.faulty(problem),
            None => self,
        }
    }

    /// One in place of what was not let through.
    pub(crate) fn forbidden(mut self) -> Self {
        self.status = 403;
        self
    }
}

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// This is shown.
    Page(Box<Page>),
    /// It is done: see there.
    Done(String),
}

impl From<Page> for Outcome {
    fn from(page: Page) -> Self {
        Self::Page(Box::new(page))
    }
}
