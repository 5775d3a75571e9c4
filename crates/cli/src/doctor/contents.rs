//! Whether this build can read every job that is not final and every dead letter
//! that nobody has decided.

use mauntic_domain::jobs::{Job, Queue, Refusal, decode};
use mauntic_store::doctor::{self, Content, OpenCase, PAGE};
use serde_json::Value;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

use super::check::{Check, some};

/// What reading many of them came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    /// How many were read.
    all: usize,
    /// Those that cannot be read, each with why.
    unreadable: Vec<String>,
    /// Cases of bodies that were no message when they came, and are none now.
    no_messages: usize,
}

/// Jobs that are not final: a build that cannot read one puts it off, and after a
/// day it is a dead letter.
pub(super) async fn jobs(client: &Client) -> Check {
    let name = "jobs readable";
    let read = match read_jobs(client).await {
        Ok(read) => read,
        Err(error) => return Check::unanswered(name, &error),
    };
    let Read { all, unreadable, .. } = read;
    if unreadable.is_empty() {
        return Check::ok(name, format!("{all} jobs are not final, this build reads them all"));
    }
    let found = format!("{} of {all} are not: {}", unreadable.len(), some(&unreadable));
    Check::fail(
        name,
        found,
        "deploy the build that wrote them, or cancel them: `mauntic jobs cancel`",
    )
}

/// Undecided dead letters, and how many there are; none where nobody answered.
pub(super) async fn cases(client: &Client) -> (Check, Option<usize>) {
    let name = "dlq readable";
    let read = match read_cases(client).await {
        Ok(read) => read,
        Err(error) => return (Check::unanswered(name, &error), None),
    };
    let Read { all, unreadable, no_messages } = read;
    let check = if !unreadable.is_empty() {
        let found = format!("{} of {all} are not: {}", unreadable.len(), some(&unreadable));
        Check::fail(name, found, "replay them by the build that wrote them, or discard them")
    } else if no_messages > 0 {
        let found = format!("{no_messages} of {all} undecided are no messages, as when they came");
        let advice = "`mauntic dlq replay ID --edit JSON`, or `mauntic dlq discard ID --reason …`";
        Check::warn(name, found, advice)
    } else {
        Check::ok(name, format!("{all} are undecided, this build reads them all"))
    };
    (check, Some(all))
}

async fn read_jobs(client: &Client) -> Result<Read, Error> {
    let mut read = Read::default();
    let mut after: Option<Uuid> = None;
    loop {
        let page = doctor::undecided_jobs(client, after).await?;
        for job in &page {
            read.all += 1;
            read.unreadable.extend(parse(job).err().map(|why| format!("{} ({why})", job.job_id)));
        }
        after = page.last().map(|job| job.job_id);
        if !is_full(page.len()) {
            return Ok(read);
        }
    }
}

async fn read_cases(client: &Client) -> Result<Read, Error> {
    let mut read = Read::default();
    let mut after: Option<Uuid> = None;
    loop {
        let page = doctor::undecided_cases(client, after).await?;
        for case in &page {
            read.add(case);
        }
        after = page.last().map(|case| case.id);
        if !is_full(page.len()) {
            return Ok(read);
        }
    }
}

fn is_full(page: usize) -> bool {
    i64::try_from(page).is_ok_and(|found| found >= PAGE)
}

impl Read {
    fn add(&mut self, case: &OpenCase) {
        self.all += 1;
        let refusal = match &case.job {
            Some(job) => parse(job).err(),
            None => refused(case),
        };
        match refusal {
            // What it is a case for; it is for people to decide, not for a build.
            Some(refusal) if refusal.code() == case.reason => self.no_messages += 1,
            Some(refusal) => self.unreadable.push(format!("{} ({refusal})", case.id)),
            None => {}
        }
    }
}

fn parse(job: &Content) -> Result<Job, Refusal> {
    let data: Value =
        serde_json::from_str(&job.data).map_err(|error| malformed(error.to_string()))?;
    // No version is below 0, and 0 is none either.
    let version = u16::try_from(job.version).unwrap_or(0);
    Job::parse(&job.type_name, version, &data)
}

const fn malformed(message: String) -> Refusal {
    Refusal::Malformed { pointer: String::new(), message }
}

fn refused(case: &OpenCase) -> Option<Refusal> {
    let Some(queue) = Queue::from_name(&case.queue) else {
        return Some(malformed(format!("queue {} is not known to this build", case.queue)));
    };
    match std::str::from_utf8(&case.body) {
        Ok(body) => decode(queue, body).err(),
        Err(_) => Some(Refusal::NotText),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(type_name: &str, version: i16, data: &str) -> Content {
        let (type_name, data) = (type_name.to_owned(), data.to_owned());
        Content { job_id: Uuid::nil(), type_name, version, data }
    }

    fn case(reason: &str, body: &[u8], job: Option<Content>) -> OpenCase {
        let queue = Queue::ScoringEvents.name().to_owned();
        OpenCase { id: Uuid::nil(), queue, reason: reason.to_owned(), body: body.to_vec(), job }
    }

    #[test]
    fn a_job_is_read_as_the_worker_reads_it() {
        assert!(parse(&content("scoring.Probe", 1, "{}")).is_ok());
        for (unread, code) in [
            (content("scoring.Probe", 2, "{}"), "unknown_version"),
            (content("scoring.Probe", -1, "{}"), "unknown_version"),
            (content("scoring.Nothing", 1, "{}"), "unknown_type"),
            (content("overnight.score-users", 1, "{}"), "invalid_data"),
            (content("scoring.CalculateScore", 1, "{}"), "invalid_data"),
        ] {
            assert_eq!(parse(&unread).unwrap_err().code(), code, "{unread:?}");
        }
    }

    #[test]
    fn a_case_may_be_unreadable_for_its_own_reason_only() {
        let mut read = Read::default();
        let probe = content("scoring.Probe", 1, "{}");
        read.add(&case("effect_failed", b"{}", Some(probe)));
        read.add(&case("malformed", b"{", None));
        read.add(&case("not_text", b"\xff", None));
        // An older build could not read what this one can.
        read.add(&case("unknown_type", br#"{"type":"scoring.Probe"}"#, None));
        assert_eq!(read, Read { all: 4, unreadable: Vec::new(), no_messages: 2 });
        read.add(&case("effect_failed", b"{}", Some(content("scoring.Gone", 1, "{}"))));
        assert_eq!((read.all, read.unreadable.len()), (5, 1));
    }
}
