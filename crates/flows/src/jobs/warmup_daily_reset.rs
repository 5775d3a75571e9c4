//! `analytics.warmup-daily-reset`: begins the day in the counters of young sending
//! domains. It only tidies: a counter of an earlier day reads as zero, so that
//! nothing waits for this.
//!
//! The day is that of its nominal time, which has come: a late one leaves a counter that
//! is further on.
//!
//! I/O, a page of domains a job:
//! 1. reads a page of verified domains: a repeat reads what is so by then;
//! 2. reads each one's counter and, where it is of an earlier day, stores it as of that
//!    day, if nobody stored anything meanwhile: a repeat finds it so and stores nothing;
//! 3. the consumer completes the job and, where there may be more, enqueues the next
//!    page in one transaction behind the fence: a repeat without the claim enqueues
//!    nothing.

use chrono::NaiveDate;
use mauntic_domain::jobs::data::{DomainPlace, WarmupDailyReset};
use mauntic_domain::jobs::{Job, JobType};
use mauntic_domain::warmup::{Counter, WARMING, counter_place};
use serde_json::json;

use super::outcome::failed_outside;
use super::scoring::next_sweep;
use super::{Context, Decided, Outcome, nominal};
use crate::objects::{Next, is_over, swap};
use crate::ports::{DomainStore, Held, Host, PortError, Ports};

/// Domains of one job: a read and a write each are 200 of an invocation's 10,000
/// subrequests, and at 200 ms for both 20 s, a third of a lease.
pub const RESET_DOMAINS_MAX: u32 = 100;

pub(super) async fn decide<P: Ports>(
    cx: &Context<'_, P>,
    held: &Held,
    data: WarmupDailyReset,
) -> Result<Decided, PortError> {
    let nominal = match nominal(held, JobType::WarmupDailyReset, data.nominal, cx.now) {
        Ok(nominal) => nominal,
        Err(outcome) => return Ok(Decided::of(outcome)),
    };
    let (since, after) = (nominal - WARMING, data.after);
    let page = cx.session.warming_domains(since, after.as_ref(), RESET_DOMAINS_MAX).await?;
    let (mut reset, mut unreadable, mut failed) = (0, 0, None);
    for place in &page {
        match begin_day(cx, place, nominal.date_naive()).await {
            Ok(is_done) => reset += usize::from(is_done),
            // Nobody sends from it until somebody mends it; the others go on.
            Err(PortError::Unreadable { .. }) => unreadable += 1,
            Err(error) => {
                let is_over = is_over(&error, cx.ports.host().now() - cx.begun);
                failed = Some(error);
                if is_over {
                    break;
                }
            }
        }
    }
    if let Some(error) = failed {
        return Ok(Decided::of(failed_outside(held, error.to_string())));
    }
    let next = Job::WarmupDailyReset(WarmupDailyReset {
        nominal: Some(nominal),
        after: page.last().cloned(),
    });
    let spawned = next_sweep(cx, held, next, page.len(), RESET_DOMAINS_MAX);
    let summary = json!({"domains": page.len(), "reset": reset, "unreadable": unreadable});
    Ok(Decided { spawned, ..Decided::of(Outcome::Done(summary)) })
}

/// Begins a day in a domain's counter; false where that is done.
async fn begin_day<P: Ports>(
    cx: &Context<'_, P>,
    of: &DomainPlace,
    day: NaiveDate,
) -> Result<bool, PortError> {
    let place = counter_place(&of.organization_id, &of.domain);
    let decide = |counter: Option<Counter>| match counter.and_then(|counter| counter.reset(day)) {
        Some(counter) => Next::Store(counter, true),
        None => Next::Say(false),
    };
    swap(cx.ports, cx.ports.counters(), &place, true, decide).await
}
