//! What operators see of verifications and settlements.

use mauntic_flows::ports::{
    PortError, SettledStore, SettlementFilter, SettlementPlace, SettlementView, VerificationFilter,
    VerificationPlace, VerificationView,
};

use super::MemorySession;
use super::boards::VerificationRow;
use crate::faults::Call;

impl SettledStore for MemorySession {
    async fn settlements(
        &self,
        filter: &SettlementFilter,
        before: Option<&SettlementPlace>,
        limit: i64,
    ) -> Result<Vec<SettlementView>, PortError> {
        self.call(Call::Settlements, |state| {
            let all = state.boards.ledger.iter().flat_map(|((owner, tournament), rows)| {
                rows.iter().map(move |row| SettlementView {
                    place: SettlementPlace {
                        organization_id: owner.clone(),
                        tournament_id: *tournament,
                        seq: row.link.seq,
                    },
                    at: row.link.at,
                    hash: row.link.hash,
                    entry: Some(row.entry.clone()),
                    result: row.result.canonical(),
                    job_id: row.job_id,
                    attempt: row.attempt,
                    detail: row.detail.clone(),
                })
            });
            let is_asked = |view: &SettlementView| {
                let SettlementPlace { organization_id, tournament_id, .. } = &view.place;
                let entry = view.entry.as_ref();
                let owner = filter.organization_id.as_deref();
                owner.is_none_or(|owner| owner == organization_id.as_str())
                    && filter.tournament_id.is_none_or(|of| of == *tournament_id)
                    && filter.match_id.is_none_or(|of| entry.is_some_and(|it| it.match_id == of))
                    && filter.status.is_none_or(|of| entry.is_some_and(|it| it.status == of))
                    && before.is_none_or(|before| view.place < *before)
            };
            let mut found: Vec<SettlementView> = all.filter(is_asked).collect();
            found.sort_by(|a, b| b.place.cmp(&a.place));
            found.truncate(usize::try_from(limit).unwrap_or(0));
            Ok(found)
        })
        .await
    }

    async fn verifications(
        &self,
        filter: &VerificationFilter,
        before: Option<&VerificationPlace>,
        limit: i64,
    ) -> Result<Vec<VerificationView>, PortError> {
        self.call(Call::Verifications, |state| {
            let all = state.boards.verifications.iter().filter(|(_, row)| {
                let owner = filter.organization_id.as_deref();
                owner.is_none_or(|owner| owner == row.organization_id.as_str())
                    && filter.match_id.is_none_or(|of| row.match_id == of)
                    && filter.outcome.is_none_or(|of| row.reason.outcome() == of)
            });
            let view = |(&(job_id, attempt), row): (&(_, _), &VerificationRow)| VerificationView {
                place: VerificationPlace { fetched_at: row.fetched_at, job_id, attempt },
                organization_id: row.organization_id.to_string(),
                match_id: row.match_id,
                outcome: row.reason.outcome().name().to_owned(),
                reason: row.reason.name().to_owned(),
                result_version: row.result_version,
            };
            let is_before =
                |view: &VerificationView| before.is_none_or(|before| view.place < *before);
            let mut found: Vec<VerificationView> = all.map(view).filter(is_before).collect();
            found.sort_by_key(|view| std::cmp::Reverse(view.place));
            found.truncate(usize::try_from(limit).unwrap_or(0));
            Ok(found)
        })
        .await
    }
}
