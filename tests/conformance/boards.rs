//! Tournaments on both subjects: what a test fills them with.

use chrono::{DateTime, Utc};
use mauntic_domain::ids::{MemberId, ProviderTournamentId};
use mauntic_domain::scoreboard::{Chain, Match, MatchResult, Round, Rules, Score};
use mauntic_flows::ports::MatchPlace;
use mauntic_sim::store::boards::TournamentKey;
use serde_json::json;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::memory::Memory;
use crate::postgres::Postgres;
use crate::subject::Subject;

/// A subject that has tournaments.
pub(crate) trait BoardSubject: Subject {
    /// Makes a tournament.
    async fn put_tournament(&self, key: &TournamentKey, rules: &Rules, chain: &Chain);
    /// Names a tournament as its provider does, or has nobody asked about it.
    async fn put_provider(&self, key: &TournamentKey, provider: Option<&ProviderTournamentId>);
    /// Changes a tournament's rules, as before its first settlement.
    async fn change_rules(&self, key: &TournamentKey, rules: &Rules);
    /// Closes a tournament.
    async fn close_tournament(&self, key: &TournamentKey);
    /// Takes a guess back, as no statement of ours does.
    async fn lose_guess(&self, place: &MatchPlace, member: &MemberId);
    /// Makes a match, or changes what is stored of it.
    async fn put_match(&self, place: &MatchPlace, round: &Round, stored: &Match);
    /// Makes members.
    async fn put_members(&self, key: &TournamentKey, members: &[(MemberId, DateTime<Utc>)]);
    /// Makes a league of members.
    async fn put_league(&self, key: &TournamentKey, league: Uuid, members: &[MemberId]);
    /// More members enter a league.
    async fn enter_league(&self, key: &TournamentKey, league: Uuid, members: &[MemberId]);
    /// Members leave a league.
    async fn leave_league(&self, key: &TournamentKey, league: Uuid, members: &[MemberId]);
    /// Stores guesses about a match, as they are.
    async fn put_guesses(&self, place: &MatchPlace, guesses: &[(MemberId, Score, DateTime<Utc>)]);
    /// Takes a member off a board, as no statement of ours does.
    async fn spoil_board(&self, key: &TournamentKey, member: &MemberId);
}

impl BoardSubject for Memory {
    async fn put_tournament(&self, key: &TournamentKey, rules: &Rules, chain: &Chain) {
        self.store.put_tournament(key.clone(), rules.clone(), chain.clone());
    }

    async fn put_provider(&self, key: &TournamentKey, provider: Option<&ProviderTournamentId>) {
        self.store.provide(key, provider.cloned());
    }

    async fn change_rules(&self, key: &TournamentKey, rules: &Rules) {
        self.store.change_rules(key, rules.clone());
    }

    async fn close_tournament(&self, key: &TournamentKey) {
        self.store.close_by_hand(key, [7; 32]);
    }

    async fn lose_guess(&self, place: &MatchPlace, member: &MemberId) {
        self.store.lose_guess(place, member);
    }

    async fn put_match(&self, place: &MatchPlace, round: &Round, stored: &Match) {
        self.store.put_match(place.clone(), round.clone(), *stored);
    }

    async fn put_members(&self, key: &TournamentKey, members: &[(MemberId, DateTime<Utc>)]) {
        self.store.put_members(key, members);
    }

    async fn put_league(&self, key: &TournamentKey, league: Uuid, members: &[MemberId]) {
        self.store.put_league(key, league, members);
    }

    async fn enter_league(&self, key: &TournamentKey, league: Uuid, members: &[MemberId]) {
        self.store.put_league(key, league, members);
    }

    async fn leave_league(&self, key: &TournamentKey, league: Uuid, members: &[MemberId]) {
        self.store.leave_league(key, league, members);
    }

    async fn put_guesses(&self, place: &MatchPlace, guesses: &[(MemberId, Score, DateTime<Utc>)]) {
        self.store.put_guesses(place, guesses);
    }

    async fn spoil_board(&self, key: &TournamentKey, member: &MemberId) {
        self.store.spoil_board(key, member);
    }
}

impl BoardSubject for Postgres {
    async fn put_tournament(&self, (owner, id): &TournamentKey, rules: &Rules, chain: &Chain) {
        let (rules, chain) = (json!(rules), json!(chain));
        let sql =
            "insert into scoreboard.tournaments (organization_id, id, name, rules, tie_breaks)
          values ($1, $2, 'a tournament', $3, $4)";
        let written = self.owner.execute(sql, &[&owner.as_str(), id, &rules, &chain]).await;
        written.expect("the test's own row");
    }

    async fn put_provider(
        &self,
        (owner, id): &TournamentKey,
        provider: Option<&ProviderTournamentId>,
    ) {
        let sql = "update scoreboard.tournaments set provider_id = $3
          where organization_id = $1 and id = $2";
        let name = provider.map(ProviderTournamentId::as_str);
        let written = self.owner.execute(sql, &[&owner.as_str(), id, &name]).await;
        written.expect("the test's own row");
    }

    async fn change_rules(&self, (owner, id): &TournamentKey, rules: &Rules) {
        let sql = "update scoreboard.tournaments set rules = $3
          where organization_id = $1 and id = $2";
        let written = self.owner.execute(sql, &[&owner.as_str(), id, &json!(rules)]).await;
        written.expect("the test's own row");
    }

    async fn close_tournament(&self, (owner, id): &TournamentKey) {
        let sql = "update scoreboard.tournaments set closed_at = clockwork.clock_timestamp(),
            closed_digest = decode(repeat('07', 32), 'hex'), closed_seq = ledger_seq
          where organization_id = $1 and id = $2";
        let written = self.owner.execute(sql, &[&owner.as_str(), id]).await;
        written.expect("the test's own row");
    }

    async fn lose_guess(&self, place: &MatchPlace, member: &MemberId) {
        let sql = "delete from scoreboard.guesses
          where organization_id = $1 and match_id = $2 and member_id = $3";
        let owner = place.organization_id.as_str();
        let written = self.owner.execute(sql, &[&owner, &place.match_id, &member.as_str()]).await;
        written.expect("the test's own row");
    }

    async fn put_match(&self, place: &MatchPlace, round: &Round, stored: &Match) {
        let sql = "insert into scoreboard.matches (organization_id, tournament_id, id, external_id,
            round, home_team, away_team, kickoff, status, result, result_version, last_checked_at,
            ended_at, next_check_at)
          values ($1, $2, $3, $3::uuid::text, $4, 'h', 'a', $5, $6, $7, $8, $9, $10, $11)
          on conflict (organization_id, tournament_id, id) do update set
            round = excluded.round, kickoff = excluded.kickoff, status = excluded.status,
            result = excluded.result, result_version = excluded.result_version,
            last_checked_at = excluded.last_checked_at, ended_at = excluded.ended_at,
            next_check_at = excluded.next_check_at";
        let result = stored.result.map(MatchResult::canonical);
        let written = self
            .owner
            .execute(
                sql,
                &[
                    &place.organization_id.as_str(),
                    &place.tournament_id,
                    &place.match_id,
                    &round.as_str(),
                    &stored.kickoff,
                    &stored.status.name(),
                    &result,
                    &stored.result_version,
                    &stored.last_checked_at,
                    &stored.ended_at,
                    &stored.next_check_at,
                ],
            )
            .await;
        written.expect("the test's own row");
    }

    async fn put_members(
        &self,
        (owner, id): &TournamentKey,
        members: &[(MemberId, DateTime<Utc>)],
    ) {
        let (names, times): (Vec<&str>, Vec<_>) =
            members.iter().map(|(member, at)| (member.as_str(), *at)).unzip();
        let sql = "insert into scoreboard.members (organization_id, tournament_id, member_id,
            joined_at)
          select $1, $2, m, at from unnest($3::text[], $4::timestamptz[]) as n(m, at)";
        let written = self.owner.execute(sql, &[&owner.as_str(), id, &names, &times]).await;
        written.expect("the test's own rows");
    }

    async fn put_league(&self, key: &TournamentKey, league: Uuid, members: &[MemberId]) {
        let (owner, id) = key;
        let sql = "insert into scoreboard.leagues (organization_id, tournament_id, id, name)
          values ($1, $2, $3, 'a league')";
        let written = self.owner.execute(sql, &[&owner.as_str(), id, &league]).await;
        written.expect("the test's own row");
        self.enter_league(key, league, members).await;
    }

    async fn leave_league(&self, (owner, id): &TournamentKey, league: Uuid, members: &[MemberId]) {
        let names: Vec<&str> = members.iter().map(MemberId::as_str).collect();
        let sql = "delete from scoreboard.league_members where organization_id = $1
          and tournament_id = $2 and league_id = $3 and member_id = any($4)";
        let written = self.owner.execute(sql, &[&owner.as_str(), id, &league, &names]).await;
        written.expect("the test's own rows");
    }

    async fn enter_league(&self, (owner, id): &TournamentKey, league: Uuid, members: &[MemberId]) {
        let names: Vec<&str> = members.iter().map(MemberId::as_str).collect();
        let sql =
            "insert into scoreboard.league_members (organization_id, tournament_id, league_id,
            member_id)
          select $1, $2, $3, m from unnest($4::text[]) m";
        let written = self.owner.execute(sql, &[&owner.as_str(), id, &league, &names]).await;
        written.expect("the test's own rows");
    }

    async fn put_guesses(&self, place: &MatchPlace, guesses: &[(MemberId, Score, DateTime<Utc>)]) {
        let names: Vec<&str> = guesses.iter().map(|(member, ..)| member.as_str()).collect();
        let home: Vec<i16> = guesses.iter().map(|(_, of, _)| of.home().into()).collect();
        let away: Vec<i16> = guesses.iter().map(|(_, of, _)| of.away().into()).collect();
        let times: Vec<DateTime<Utc>> = guesses.iter().map(|(.., at)| *at).collect();
        let sql =
            "insert into scoreboard.guesses (organization_id, tournament_id, match_id, member_id,
            home, away, stored_at)
          select $1, $7, $2, g.* from unnest($3::text[], $4::int2[], $5::int2[], $6::timestamptz[]) g
          on conflict (organization_id, tournament_id, match_id, member_id) do update
            set home = excluded.home, away = excluded.away, stored_at = excluded.stored_at";
        let (owner, of) = (place.organization_id.as_str(), &place.tournament_id);
        let params: [&(dyn ToSql + Sync); 7] =
            [&owner, &place.match_id, &names, &home, &away, &times, of];
        self.owner.execute(sql, &params).await.expect("the test's own rows");
    }

    async fn spoil_board(&self, (owner, id): &TournamentKey, member: &MemberId) {
        let sql = "delete from scoreboard.entries
          where organization_id = $1 and board_id = $2 and member_id = $3";
        let written = self.owner.execute(sql, &[&owner.as_str(), id, &member.as_str()]).await;
        written.expect("the test's own row");
    }
}
