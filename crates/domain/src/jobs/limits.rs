//! The bounds of the protocol that more than one room must agree on.

use chrono::TimeDelta;

use super::types::JobType;

/// How long a row that a producer or relay is about to send is left alone by
/// the others: a send takes seconds, and a sender that died costs one wait.
pub const WAKE: TimeDelta = TimeDelta::seconds(60);

/// When a message that was sent is sent again if its job is still not done:
/// doubled each time, up to [`RESEND_MAX`].
pub const RESEND_BASE: TimeDelta = TimeDelta::minutes(15);

/// Longest wait between two sends of one job's message.
pub const RESEND_MAX: TimeDelta = TimeDelta::hours(6);

/// How much before its time a job may be claimed: a message that came a moment
/// early is not sent again for that.
pub const DUE_SLACK: TimeDelta = TimeDelta::seconds(2);

/// After this a job is not tried any more. Longer than the platform keeps a
/// message (4 days), shorter than retention.
pub const EXPIRY: TimeDelta = TimeDelta::days(7);

/// Times a message may come out of a dead-letter queue before its job is one.
pub const PLATFORM_DEATHS_MAX: i16 = 3;

/// Unfinished jobs of one organization on one queue: about 20 minutes of work
/// at 16 jobs a second, and few enough to be counted at every enqueue.
pub const UNFINISHED_MAX: i64 = 20_000;

/// Types that nobody asks for: they follow from what came in, and count in no
/// backlog. A webhook that is away for days would else stop the intake of events.
pub const UNASKED: [JobType; 1] = [JobType::NotifyAlert];

/// Messages of one organization that are out on one queue: 20 batches, so that
/// another organization's message is at most that far behind.
pub const DISPATCHED_MAX: i64 = 2_000;

/// So many of them left, and a batch that ends sends what was held back. Half: ten
/// batches are on their way meanwhile, and the look at an organization's backlog is
/// paid once a thousand jobs.
pub const REFILL_AT: i64 = DISPATCHED_MAX / 2;

/// A producer or relay sends what it took within this, or died: what was not sent by
/// then may be sent by who ends a batch. Sent twice is absorbed by the claim.
pub const SENDING: TimeDelta = TimeDelta::seconds(5);

/// A row whose wake-up is further away than this may be about to be sent: of its
/// [`WAKE`] less than [`SENDING`] is over.
pub const UNSENT_WITHIN: TimeDelta = TimeDelta::seconds(WAKE.num_seconds() - SENDING.num_seconds());

/// Most jobs that one effect enqueues: ids, types and data of ranges are about
/// 3 MB, and the transaction a second.
pub const SPAWNED_MAX: u32 = 10_000;

/// A run without progress for this long is recounted.
pub const RUN_IDLE: TimeDelta = TimeDelta::minutes(25);

/// Most runs that one tick recounts.
pub const RECOUNT_RUNS_MAX: i64 = 100;

/// Shortest retention: longer than any message or job can live.
pub const KEEP_MIN: TimeDelta = TimeDelta::days(30);

/// Most rows of one table that one tick deletes: some seconds, and more than the
/// 1,000 jobs a second that one minute may leave.
pub const RETIRED_MAX: i64 = 100_000;

const _: () = assert!(REFILL_AT < DISPATCHED_MAX && DISPATCHED_MAX < UNFINISHED_MAX);
const _: () = assert!(SENDING.num_seconds() < WAKE.num_seconds());
const _: () = assert!(EXPIRY.num_days() < KEEP_MIN.num_days());
