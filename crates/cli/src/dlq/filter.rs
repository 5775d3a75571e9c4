//! Which cases: the same words for a list and for a replay.

use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::CaseFilter;
use serde_json::Value;
use uuid::Uuid;

use crate::arguments;
use crate::http::Request;

/// All that is named must hold.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Filter {
    /// From this queue, by its name in any environment.
    #[arg(long, value_parser = arguments::queue)]
    queue: Option<Queue>,
    /// Of this type.
    #[arg(long = "type")]
    type_name: Option<String>,
    /// Of this organization.
    #[arg(long)]
    organization: Option<String>,
    /// For this reason, as a case's `reason` names it.
    #[arg(long)]
    cause: Option<String>,
    /// Of this group, as `dlq groups` names it.
    #[arg(long)]
    fingerprint: Option<String>,
    /// Of this run's jobs.
    #[arg(long)]
    run: Option<Uuid>,
    /// Whose body contains this JSON object.
    #[arg(long, value_parser = arguments::object)]
    payload: Option<Value>,
}

impl Filter {
    /// Whether every case is meant.
    pub(super) fn is_empty(&self) -> bool {
        self.cases() == CaseFilter::default()
    }

    /// As a replay keeps it.
    pub(super) fn cases(&self) -> CaseFilter {
        let filter = self.clone();
        CaseFilter {
            queue: filter.queue.map(|queue| queue.name().to_owned()),
            type_name: filter.type_name,
            organization_id: filter.organization,
            reason: filter.cause,
            fingerprint: filter.fingerprint,
            run_id: filter.run,
            payload: filter.payload,
        }
    }

    /// As a list's query.
    pub(super) fn ask(self, request: Request) -> Request {
        let cases = self.cases();
        request
            .with("queue", cases.queue)
            .with("type", cases.type_name)
            .with("organizationId", cases.organization_id)
            .with("reason", cases.reason)
            .with("fingerprint", cases.fingerprint)
            .with("runId", cases.run_id)
            .with("payload", cases.payload)
    }
}
