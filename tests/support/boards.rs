//! Tournaments to be settled on PostgreSQL, and what must hold of their boards then.

use mauntic_domain::scoreboard::{Chain, Rules};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

/// The tournament.
pub const TOURNAMENT: Uuid = Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0001);

/// A tournament with so many members, and matches that ended 2:1 and about which
/// everybody guessed; by number from 0.
pub async fn fill(owner: &Client, members: i32, matches: i32) -> Vec<Uuid> {
    let (rules, chain) = (json!(Rules::default()), json!(Chain::default()));
    let sql = "insert into scoreboard.tournaments (organization_id, id, name, rules, tie_breaks)
      values ('org_1', $1, 'a tournament', $2, $3)";
    owner.execute(sql, &[&TOURNAMENT, &rules, &chain]).await.unwrap();
    let sql = "insert into scoreboard.members (organization_id, tournament_id, member_id)
      select 'org_1', $1, 'm' || lpad(n::text, 7, '0') from generate_series(1, $2::int4) n";
    owner.execute(sql, &[&TOURNAMENT, &members]).await.unwrap();
    let sql = "insert into scoreboard.matches (organization_id, tournament_id, external_id, round,
        home_team, away_team, kickoff, status, result, result_version, ended_at)
      select 'org_1', $1, 'match-' || n, 'Matchday 1', 'h', 'a', now() - interval '2 h', 'ended',
             '{\"ft\":[2,1]}', 1, now() from generate_series(1, $2::int4) n
      returning id";
    let rows = owner.query(sql, &[&TOURNAMENT, &matches]).await.unwrap();
    let sql = "insert into scoreboard.guesses (organization_id, tournament_id, match_id, member_id,
        home, away, stored_at)
      select 'org_1', m.tournament_id, m.id, e.member_id, (hashtext(e.member_id || m.id::text) & 65535) % 4,
             (hashtext(m.id::text || e.member_id) & 65535) % 3, m.kickoff - interval '1 h'
      from scoreboard.matches m join scoreboard.members e using (organization_id, tournament_id)";
    // Each is of a member and a match that were just written.
    owner.batch_execute("set session_replication_role = replica").await.unwrap();
    owner.execute(sql, &[]).await.unwrap();
    owner.batch_execute("reset session_replication_role").await.unwrap();
    owner.batch_execute("analyze scoreboard.guesses, scoreboard.entries").await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A job that settles the first version of a match's result.
pub async fn settle_job(owner: &Client, match_id: Uuid, version: i32) -> Uuid {
    let data = json!({"organizationId": "org_1", "tournamentId": TOURNAMENT, "matchId": match_id,
        "resultVersion": version});
    let sql = "insert into jobs.job (organization_id, queue, type, data, failures_max)
      values ('org_1', 'mauntic-scoreboard-jobs', 'scoreboard.settle-match-score', $1, 5)
      returning id";
    owner.query_one(sql, &[&data]).await.unwrap().get(0)
}

/// Where the boards are not what guesses and results say, counted anew by the database:
/// nothing, in members with points, entries of points, and the histogram.
pub async fn differences(owner: &Client) -> Vec<String> {
    let sql = "with earned as (
        select g.member_id, sum(case
            when (g.home, g.away) = (r.home, r.away) then 50000
            when g.home - g.away = r.home - r.away then 30000
            when sign(g.home - g.away) = sign(r.home - r.away) then 20000 else 0 end) as points,
          count(*) filter (where (g.home, g.away) = (r.home, r.away)) as exact,
          count(*) filter (where sign(g.home - g.away) = sign(r.home - r.away)) as outcomes
        from scoreboard.guesses g
        join scoreboard.matches m on m.organization_id = g.organization_id and m.id = g.match_id
          and m.settled_version > 0 and g.stored_at < m.kickoff
        cross join lateral (select (m.result::jsonb -> 'ft' ->> 0)::int as home,
                                   (m.result::jsonb -> 'ft' ->> 1)::int as away) r
        group by g.member_id
      ), given as (
        select p.member_id, sum(p.points_e4) as points, sum(p.exact_hits) as exact,
          sum(p.right_outcomes) as outcomes
        from scoreboard.point_entries p group by p.member_id
      ), board as (
        select e.*, -(e.points_e4 * 16777216
            + e.exact_hits * (case t.tie_breaks ->> 0 when 'exactHits' then 4096 else
                case t.tie_breaks ->> 1 when 'exactHits' then 1 else 0 end end)
            + e.right_outcomes * (case t.tie_breaks ->> 0 when 'rightOutcomes' then 4096 else
                case t.tie_breaks ->> 1 when 'rightOutcomes' then 1 else 0 end end)) as weighed
        from scoreboard.entries e
        join scoreboard.tournaments t on t.organization_id = e.organization_id and t.id = e.board_id
      ), counted as (
        select e.board_id, e.points_e4, count(*) as members
        from scoreboard.entries e group by e.board_id, e.points_e4
      )
      select 'board: ' || e.member_id from board e
      left join earned r using (member_id) left join given g using (member_id)
      where (e.points_e4, e.exact_hits, e.right_outcomes)
          <> (coalesce(r.points, 0), coalesce(r.exact, 0), coalesce(r.outcomes, 0))
        or (e.points_e4, e.exact_hits, e.right_outcomes)
          <> (coalesce(g.points, 0), coalesce(g.exact, 0), coalesce(g.outcomes, 0))
        or e.standing <> e.weighed
      union all
      select 'league: ' || coalesce(m.member_id, l.member_id)
      from (
        select m.league_id, m.member_id, e.points_e4, e.exact_hits, e.right_outcomes, e.standing,
               e.joined_at
        from scoreboard.league_members m
        join scoreboard.leagues k on k.id = m.league_id and k.board
        join board e on e.member_id = m.member_id
      ) m
      full join (
        select e.* from scoreboard.entries e join scoreboard.leagues k on k.id = e.board_id
      ) l on l.board_id = m.league_id and l.member_id = m.member_id
      where (m.points_e4, m.exact_hits, m.right_outcomes, m.standing, m.joined_at)
        is distinct from (l.points_e4, l.exact_hits, l.right_outcomes, l.standing, l.joined_at)
      union all
      select 'histogram: ' || coalesce(h.points_e4, c.points_e4)
      from scoreboard.histograms h full join counted c using (board_id, points_e4)
      where coalesce(h.members, 0) <> coalesce(c.members, 0)
      limit 20";
    owner.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}
