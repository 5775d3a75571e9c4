//! Counters as objects of the bucket `WARMUP_R2`: what is stored is seen by every
//! later read, and a write may depend on the tag of what is there.

use mauntic_flows::ports::{Counters, Object, PortError};
use worker::send::IntoSendFuture;
use worker::{Bucket, Conditional, Env};

/// The binding.
const BUCKET: &str = "WARMUP_R2";

/// The component in errors.
const COUNTERS: &str = "the counters";

/// What R2 answers to more than about one write a second of one key; nothing was
/// stored (TooManyRequests, 429).
const TOO_MANY_REQUESTS: &str = "(10058)";

/// The bucket, looked up when it is used.
#[derive(Debug)]
pub struct WorkerCounters {
    env: Env,
}

impl WorkerCounters {
    /// Nothing is read before it is needed.
    #[must_use]
    pub fn new(env: Env) -> Self {
        Self { env }
    }

    fn bucket(&self) -> Result<Bucket, PortError> {
        self.env.bucket(BUCKET).map_err(unavailable)
    }
}

impl Counters for WorkerCounters {
    async fn get(&self, place: &str) -> Result<Option<Object>, PortError> {
        let bucket = self.bucket()?;
        let get = async {
            let Some(object) = bucket.get(place).execute().await? else { return Ok(None) };
            let tag = object.etag();
            let Some(body) = object.body() else { return Ok(None) };
            let body = body.text().await?;
            Ok(Some(Object { body, tag }))
        };
        get.into_send().await.map_err(unavailable)
    }

    async fn put(&self, place: &str, body: &str, tag: Option<&str>) -> Result<bool, PortError> {
        let condition = match tag {
            Some(tag) => {
                Conditional { etag_matches: Some(tag.to_owned()), ..Conditional::default() }
            }
            // Of whatever tag: only where nothing is.
            None => {
                Conditional { etag_does_not_match: Some("*".to_owned()), ..Conditional::default() }
            }
        };
        #[cfg(feature = "fault-hooks")]
        let lost = crate::faults::lost_counter(&self.env);
        #[cfg(feature = "fault-hooks")]
        if lost == Some(false) {
            return Err(PortError::Unknown { what: COUNTERS, cause: "lost".to_owned() });
        }
        let bucket = self.bucket()?;
        let put = bucket.put(place, body.to_owned()).only_if(condition).execute();
        let stored = put.into_send().await.map(|stored| stored.is_some()).map_err(unknown);
        #[cfg(feature = "fault-hooks")]
        if lost.is_some() {
            return Err(PortError::Unknown { what: COUNTERS, cause: "lost".to_owned() });
        }
        stored
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unavailable(error: worker::Error) -> PortError {
    PortError::Unavailable { what: COUNTERS, cause: error.to_string() }
}

/// A write that failed may have been done all the same, but for one that was
/// refused for coming too soon.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn unknown(error: worker::Error) -> PortError {
    let cause = error.to_string();
    if cause.contains(TOO_MANY_REQUESTS) {
        return PortError::Contention { what: COUNTERS, cause };
    }
    PortError::Unknown { what: COUNTERS, cause }
}
