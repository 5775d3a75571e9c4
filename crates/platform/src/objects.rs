//! Objects of R2 buckets: what is stored is seen by every later read, and a write may
//! depend on the tag of what is there.

use mauntic_flows::ports::{Object, Objects, PortError};
use worker::send::IntoSendFuture;
use worker::{Bucket, Conditional, Env};

/// What R2 answers to more than about one write a second of one key; nothing was
/// stored (TooManyRequests, 429).
const TOO_MANY_REQUESTS: &str = "(10058)";

/// A bucket, looked up when it is used.
#[derive(Debug)]
pub struct WorkerObjects {
    env: Env,
    binding: &'static str,
    /// The component in errors.
    what: &'static str,
}

impl WorkerObjects {
    /// Warm-up counters.
    #[must_use]
    pub const fn counters(env: Env) -> Self {
        Self { env, binding: "WARMUP_R2", what: "the counters" }
    }

    /// Snapshots.
    #[must_use]
    pub const fn projections(env: Env) -> Self {
        Self { env, binding: "PROJECTIONS", what: "the projections" }
    }

    fn bucket(&self) -> Result<Bucket, PortError> {
        self.env.bucket(self.binding).map_err(|error| self.unavailable(&error))
    }

    fn unavailable(&self, error: &worker::Error) -> PortError {
        PortError::Unavailable { what: self.what, cause: error.to_string() }
    }

    /// A write that failed may have been done all the same, but for one that was
    /// refused for coming too soon.
    fn unknown(&self, error: &worker::Error) -> PortError {
        let (what, cause) = (self.what, error.to_string());
        if cause.contains(TOO_MANY_REQUESTS) {
            return PortError::Contention { what, cause };
        }
        PortError::Unknown { what, cause }
    }
}

impl Objects for WorkerObjects {
    async fn get(&self, place: &str) -> Result<Option<Object>, PortError> {
        let bucket = self.bucket()?;
        let get = async {
            let Some(object) = bucket.get(place).execute().await? else { return Ok(None) };
            let tag = object.etag();
            let Some(body) = object.body() else { return Ok(None) };
            let body = body.text().await?;
            Ok(Some(Object { body, tag }))
        };
        get.into_send().await.map_err(|error| self.unavailable(&error))
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
        let lost = crate::faults::lost_write(&self.env, self.binding);
        #[cfg(feature = "fault-hooks")]
        if lost == Some(false) {
            return Err(PortError::Unknown { what: self.what, cause: "lost".to_owned() });
        }
        let bucket = self.bucket()?;
        let put = bucket.put(place, body.to_owned()).only_if(condition).execute();
        let stored = put.into_send().await.map(|stored| stored.is_some());
        let stored = stored.map_err(|error| self.unknown(&error));
        #[cfg(feature = "fault-hooks")]
        if lost.is_some() {
            return Err(PortError::Unknown { what: self.what, cause: "lost".to_owned() });
        }
        stored
    }
}
