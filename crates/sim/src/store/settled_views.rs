//! What operators see of settlements.

use mauntic_flows::ports::{
    PortError, SettledStore, SettlementFilter, SettlementPlace, SettlementView,
};

use super::MemorySession;
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
}
