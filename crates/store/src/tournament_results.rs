//! Results that are entered by hand, by the rule by which a provider's answers are taken.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Job;
use mauntic_domain::scoreboard::fixtures::by_hand;
use mauntic_domain::scoreboard::messages::SettleMatchScore;
use mauntic_domain::scoreboard::settlement::settlement_key;
use mauntic_domain::scoreboard::{Match, MatchResult, Rules};
use mauntic_flows::ports::{
    JobKey, NewJob, PortError, TournamentRefused, TournamentWritten, tournament_actions,
};
use serde_json::json;
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::acts::Made;
use crate::audit::Noted;
use crate::enqueue::Columns;
use crate::flight::{Param, Statement};
use crate::rows::{column, json};
use crate::tournament_acts::{At, Done};
use crate::tournaments::match_view;

impl At<'_> {
    /// Locks the match in a statement of its own, decides, writes, and enqueues.
    pub(crate) async fn enter_result(
        &self,
        match_id: Uuid,
        result: MatchResult,
        request_id: &str,
    ) -> Result<Done, PortError> {
        let params = self.params(&[(&match_id, Type::UUID)]);
        let sql = sql!("hold_match_by_hand.sql");
        let answers = match self.is_open(&[Statement { sql, params: &params }]).await? {
            Ok(answers) => answers,
            Err(refused) => return Ok(Made::Nothing(refused)),
        };
        let Some(row) = answers.first().and_then(|rows| rows.first()) else {
            return Ok(Made::Nothing(TournamentRefused::UnknownMatch));
        };
        if column(row, "provided")? {
            return Ok(Made::Nothing(TournamentRefused::Provided));
        }
        let (found, rules): (_, Rules) = (match_view(row)?, json(row, "rules")?);
        let now: DateTime<Utc> = column(row, "now")?;
        let (stored, policy) = (&found.stored, rules.policy());
        let Some(verified) = by_hand(&found.fixture, stored, policy, now, result) else {
            return Ok(Made::Nothing(TournamentRefused::NotBegun { kickoff: stored.kickoff }));
        };
        let becomes = verified.row.unwrap_or(*stored);
        self.write_match(match_id, &becomes).await?;
        let job = match verified.settles() {
            Some(version) => self.settle_later(match_id, version, request_id).await?,
            None => None,
        };
        let told = |of: &Match| json!({"resultVersion": of.result_version, "result": of.result.map(MatchResult::canonical)});
        let noted = Noted {
            action: tournament_actions::RESULT,
            target: match_id.to_string(),
            before: told(stored),
            after: told(&becomes),
        };
        let (reason, result_version) = (verified.reason.name().to_owned(), becomes.result_version);
        let job = job.map(|id| (id, now));
        Ok(Made::Done(TournamentWritten::Entered { reason, result_version, job }, vec![noted]))
    }

    async fn write_match(&self, match_id: Uuid, of: &Match) -> Result<(), PortError> {
        let (status, result) = (of.status.name(), of.result.map(MatchResult::canonical));
        let params: &[Param<'_>] = &[
            (&match_id, Type::UUID),
            (&status, Type::TEXT),
            (&of.kickoff, Type::TIMESTAMPTZ),
            (&result, Type::TEXT),
            (&of.result_version, Type::INT4),
            (&of.last_checked_at, Type::TIMESTAMPTZ),
            (&of.ended_at, Type::TIMESTAMPTZ),
            (&of.next_check_at, Type::TIMESTAMPTZ),
        ];
        self.put(sql!("write_verified.sql"), params).await.map(|_| ())
    }

    /// The job that settles a version; none where one stands for it.
    async fn settle_later(
        &self,
        match_id: Uuid,
        result_version: i32,
        request_id: &str,
    ) -> Result<Option<Uuid>, PortError> {
        let (owner, tournament_id) = self.of();
        let organization_id = OrganizationId::parse(owner);
        let organization_id =
            organization_id.map_err(|_| crate::rows::unreadable("an organization"))?;
        let data = SettleMatchScore { organization_id, tournament_id, match_id, result_version };
        let new = NewJob {
            job: Job::SettleMatchScore(data),
            key: JobKey::Idempotent(settlement_key(match_id, result_version)),
            request_id: request_id.to_owned(),
        };
        let jobs = [&new];
        let columns = Columns::of(owner, &jobs);
        let rows = self.enqueue(&columns.params()).await?;
        rows.first().map(|row| column(row, "id")).transpose()
    }
}
