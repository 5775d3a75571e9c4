//! The job protocol's port; what its operations do stands in [`crate::claim`],
//! [`crate::settle`] and [`crate::bury`].

use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::{
    AloneClaim, AloneRequest, ClaimReply, ClaimRequest, Died, Held, JobStore, PortError, PutOff,
    Replayed, SetBackJob,
};
use uuid::Uuid;

use crate::{Session, bury, claim, settle};

impl JobStore for Session {
    async fn claim(&self, request: &ClaimRequest) -> Result<ClaimReply, PortError> {
        claim::claim(self, request).await
    }

    async fn claim_alone(&self, request: AloneRequest) -> Result<AloneClaim, PortError> {
        claim::claim_alone(self, request).await
    }

    async fn set_back(&self, jobs: &[SetBackJob]) -> Result<Vec<Uuid>, PortError> {
        settle::set_back(self, jobs).await
    }

    async fn hand_back(&self, held: &Held) -> Result<bool, PortError> {
        settle::hand_back(self, held).await
    }

    async fn put_off(&self, queue: Queue, ids: &[Uuid]) -> Result<Vec<(Uuid, PutOff)>, PortError> {
        settle::put_off(self, queue, ids).await
    }

    async fn absolve(&self, token: Uuid) -> Result<(), PortError> {
        settle::absolve(self, token).await
    }

    async fn release(&self, token: Uuid) -> Result<u64, PortError> {
        settle::release(self, token).await
    }

    async fn bury(&self, request: &ClaimRequest) -> Result<Vec<Died>, PortError> {
        bury::bury(self, request).await
    }

    async fn expire(&self, limit: i64) -> Result<Vec<Died>, PortError> {
        bury::expire(self, limit).await
    }

    async fn cancel(&self, ids: &[Uuid]) -> Result<Vec<Uuid>, PortError> {
        settle::cancel(self, ids).await
    }

    async fn replay(&self, id: Uuid) -> Result<Replayed, PortError> {
        settle::replay(self, id).await
    }
}
