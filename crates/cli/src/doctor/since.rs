//! What a time has come to: nothing missed, nothing undecided, hardly anything
//! done twice. Asked for with `--since` it is a gate; otherwise a look at a day.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_store::doctor::{self, Missed};
use mauntic_store::receipts::{self, Sums};
use tokio_postgres::{Client, Error};

use super::check::{Check, Verdict, some};
use crate::clock::shown;

/// The time that is looked at unless somebody says otherwise.
const DAY: TimeDelta = TimeDelta::hours(24);

/// One claim in so many may fail; from there on it is too many: 1%.
const CLAIMS_A_FAILURE: i64 = 100;

/// What became of the time; `open` is the number of undecided dead letters.
pub(super) async fn checks(
    client: &Client,
    since: Option<Duration>,
    open: Option<usize>,
) -> Vec<Check> {
    let span = since.and_then(|since| TimeDelta::from_std(since).ok()).unwrap_or(DAY);
    let most = if since.is_some() { Verdict::Fail } else { Verdict::Warn };
    let (missed, sums) = match look(client, span).await {
        Ok(found) => found,
        Err(error) => return vec![Check::unanswered("occurrences", &error)],
    };
    let mut checks = vec![judge_missed(&missed), judge_retries(&sums)];
    checks.extend(open.map(judge_open));
    checks.into_iter().map(|check| check.at_most(most)).collect()
}

async fn look(client: &Client, span: TimeDelta) -> Result<(Vec<Missed>, Sums), Error> {
    let (now, _) = doctor::clock(client).await?;
    let from = now.checked_sub_signed(span).unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
    let missed = doctor::missed(client, from, None).await?;
    Ok((missed, receipts::sums(client, from, now).await?))
}

fn judge_missed(missed: &[Missed]) -> Check {
    let name = "occurrences";
    if missed.is_empty() {
        return Check::ok(name, "none was missed");
    }
    let told = missed
        .iter()
        .map(|one| format!("{} of {} up to {}", one.missed, one.job_key, shown(one.last_at)));
    let told: Vec<String> = told.collect();
    let advice = "see `mauntic cron occurrences KEY`; what is still wanted: `mauntic cron run KEY`";
    Check::fail(name, format!("missed: {}", some(&told)), advice)
}

fn judge_retries(sums: &Sums) -> Check {
    let name = "retries";
    let Sums { taken, failures, lost, .. } = sums;
    // A claim whose lease ran out is tried again as well.
    let failures = failures.saturating_add(*lost);
    if *taken == 0 {
        return Check::ok(name, "there were no deliveries");
    }
    let found = format!("{failures} of {taken} claims failed or were lost");
    if failures.saturating_mul(CLAIMS_A_FAILURE) < *taken {
        return Check::ok(name, found);
    }
    let advice = "1% or more: `mauntic dlq groups` and `mauntic jobs list QUEUE --state failed`";
    Check::fail(name, found, advice)
}

fn judge_open(open: usize) -> Check {
    let name = "dead letters";
    if open == 0 {
        return Check::ok(name, "none is undecided");
    }
    let advice = "`mauntic dlq groups`, then replay or discard";
    Check::fail(name, format!("{open} are undecided"), advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_one_claim_in_a_hundred_may_fail() {
        for (failures, taken, verdict) in [
            (0, 0, Verdict::Ok),
            (0, 1, Verdict::Ok),
            (1, 1, Verdict::Fail),
            (1, 100, Verdict::Fail),
            (1, 101, Verdict::Ok),
            (i64::MAX, i64::MAX, Verdict::Fail),
        ] {
            let sums = Sums { failures, taken, ..Sums::default() };
            assert_eq!(judge_retries(&sums).verdict, verdict, "{failures} of {taken}");
        }
        assert_eq!(judge_retries(&Sums::default()).found, "there were no deliveries");
    }

    #[test]
    fn what_was_missed_is_named() {
        assert_eq!(judge_missed(&[]).verdict, Verdict::Ok);
        let last_at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let missed = Missed { job_key: "scoring-hourly".to_owned(), missed: 2, last_at };
        let check = judge_missed(&[missed]);
        assert_eq!(check.verdict, Verdict::Fail);
        assert!(check.found.contains("2 of scoring-hourly"), "{}", check.found);
    }

    #[test]
    fn one_undecided_dead_letter_is_one_too_many() {
        assert_eq!(judge_open(0).verdict, Verdict::Ok);
        assert_eq!(judge_open(1).verdict, Verdict::Fail);
    }
}
