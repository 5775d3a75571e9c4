//! The tables of tournaments on both subjects, so that every scenario compares them.

use mauntic_domain::scoreboard::MatchResult;
use mauntic_flows::ports::MatchPlace;
use mauntic_sim::store::State;
use mauntic_sim::store::boards::{BoardCounts, LeagueRow, TournamentKey};
use serde_json::{Value, json};
use uuid::Uuid;

/// Every table of tournaments with every column that decides anything; without the
/// chain's hashes, which hash a database's own times.
pub(crate) const TABLES: &str = "select jsonb_build_object(
  'tournaments', (select coalesce(jsonb_agg(jsonb_build_object('organization_id', t.organization_id,
      'id', t.id, 'name', t.name, 'provider_id', t.provider_id, 'ranking', t.ranking,
      'created_at', t.created_at, 'rules', t.rules, 'tie_breaks', t.tie_breaks,
      'rules_version', t.rules_version, 'revision', t.revision, 'ledger_seq', t.ledger_seq,
      'settled_at', t.settled_at, 'closed_at', t.closed_at, 'closed_seq', t.closed_seq,
      'closed_digest', encode(t.closed_digest, 'hex'))
      order by t.organization_id, t.id), '[]') from scoreboard.tournaments t),
  'matches', (select coalesce(jsonb_agg(to_jsonb(m)
      order by m.organization_id, m.tournament_id, m.id), '[]') from scoreboard.matches m),
  'verifications', (select coalesce(jsonb_agg(to_jsonb(v)
      order by v.job_id, v.attempt), '[]') from scoreboard.verifications v),
  'members', (select coalesce(jsonb_agg(to_jsonb(m)
      order by m.organization_id, m.tournament_id, m.member_id), '[]') from scoreboard.members m),
  'guesses', (select coalesce(jsonb_agg(to_jsonb(g)
      order by g.organization_id, g.tournament_id, g.match_id, g.member_id), '[]') from scoreboard.guesses g),
  'entries', (select coalesce(jsonb_agg(to_jsonb(e)
      order by e.organization_id, e.board_id, e.member_id), '[]') from scoreboard.entries e),
  'histograms', (select coalesce(jsonb_agg(to_jsonb(h)
      order by h.organization_id, h.board_id, h.points_e4), '[]') from scoreboard.histograms h),
  'leagues', (select coalesce(jsonb_agg(to_jsonb(l)
      order by l.organization_id, l.tournament_id, l.id), '[]') from scoreboard.leagues l),
  'league_members', (select coalesce(jsonb_agg(to_jsonb(m)
      order by m.organization_id, m.tournament_id, m.league_id, m.member_id), '[]')
    from scoreboard.league_members m),
  'boards', (select coalesce(jsonb_agg(to_jsonb(b) order by b.organization_id, b.id), '[]')
    from scoreboard.boards b),
  'settlements', (select coalesce(jsonb_agg(jsonb_build_object(
      'organization_id', l.organization_id, 'tournament_id', l.tournament_id, 'seq', l.seq,
      'at', l.at, 'entry', l.entry::jsonb, 'result', l.result, 'job_id', l.job_id,
      'attempt', l.attempt, 'detail', l.detail)
      order by l.organization_id, l.tournament_id, l.seq), '[]')
    from scoreboard.match_settlement_ledger l),
  'point_entries', (select coalesce(jsonb_agg(to_jsonb(p)
      order by p.organization_id, p.tournament_id, p.seq, p.member_id), '[]')
    from scoreboard.point_entries p))";

/// The same of the double.
pub(crate) fn tables(state: &State) -> Value {
    let boards = state.boards();
    let tournaments = boards.tournaments.iter().map(|((owner, id), row)| {
        json!({
            "organization_id": owner, "id": id, "name": row.name, "provider_id": row.provider,
            "ranking": row.ranking, "created_at": row.created_at,
            "rules": row.rules, "tie_breaks": row.chain,
            "rules_version": row.rules_version, "revision": row.revision,
            "ledger_seq": row.head.seq, "settled_at": row.settled_at,
            "closed_at": row.closed.as_ref().map(|closed| closed.closed_at),
            "closed_seq": row.closed.as_ref().map(|closed| closed.ledger_seq),
            "closed_digest": row.closed.as_ref().map(|closed| &closed.digest),
        })
    });
    let matches = boards.matches.iter().map(|(place, row)| {
        let of = &row.stored;
        json!({
            "organization_id": place.organization_id, "tournament_id": place.tournament_id,
            "id": place.match_id, "external_id": row.external_id, "round": row.round,
            "home_team": row.home, "away_team": row.away,
            "kickoff": of.kickoff, "status": of.status.name(),
            "result": of.result.map(MatchResult::canonical),
            "result_version": of.result_version, "settled_version": row.settled_version,
            "last_checked_at": of.last_checked_at, "ended_at": of.ended_at,
            "next_check_at": of.next_check_at,
        })
    });
    let members = boards.members.iter().flat_map(|((owner, id), of)| {
        of.iter().map(move |(member, at)| {
            json!({"organization_id": owner, "tournament_id": id, "member_id": member,
                "joined_at": at})
        })
    });
    json!({
        "tournaments": tournaments.collect::<Vec<_>>(),
        "matches": matches.collect::<Vec<_>>(),
        "verifications": verifications(state),
        "members": members.collect::<Vec<_>>(),
        "guesses": guesses(state),
        "entries": entries(state),
        "histograms": histograms(state),
        "leagues": leagues(state),
        "league_members": league_members(state),
        "boards": counts(state),
        "settlements": settlements(state),
        "point_entries": point_entries(state),
    })
}

fn verifications(state: &State) -> Vec<Value> {
    let rows = state.boards().verifications.iter().map(|((job, attempt), row)| {
        json!({"job_id": job, "attempt": attempt, "organization_id": row.organization_id,
            "match_id": row.match_id, "fetched_at": row.fetched_at,
            "outcome": row.reason.outcome().name(), "reason": row.reason.name(),
            "result_version": row.result_version})
    });
    rows.collect()
}

fn guesses(state: &State) -> Vec<Value> {
    let rows = state.boards().guesses.iter().flat_map(|(place, rows)| {
        let MatchPlace { organization_id, tournament_id, match_id } = place;
        rows.iter().map(move |(member, row)| {
            json!({"organization_id": organization_id, "tournament_id": tournament_id,
                "match_id": match_id, "member_id": member,
                "home": row.score.home(), "away": row.score.away(), "stored_at": row.stored_at})
        })
    });
    rows.collect()
}

fn entries(state: &State) -> Vec<Value> {
    let rows = state.boards().entries.iter().flat_map(|((owner, id), rows)| {
        rows.iter().map(move |(member, row)| {
            json!({"organization_id": owner, "board_id": id, "member_id": member,
                "points_e4": row.totals.points.e4(), "exact_hits": row.totals.exact_hits,
                "right_outcomes": row.totals.right_outcomes, "standing": row.standing,
                "joined_at": row.joined_at})
        })
    });
    rows.collect()
}

fn histograms(state: &State) -> Vec<Value> {
    let rows = state.boards().histograms.iter().flat_map(|((owner, id), rows)| {
        rows.iter().map(move |(points, members)| {
            json!({"organization_id": owner, "board_id": id, "points_e4": points.e4(),
                "members": members})
        })
    });
    rows.collect()
}

fn leagues(state: &State) -> Vec<Value> {
    let keeps = |key: &TournamentKey, id: &Uuid| {
        state.boards().kept.get(key).is_some_and(|kept| kept.contains(id))
    };
    let row = |((key, id), of): (&(TournamentKey, Uuid), &LeagueRow)| {
        json!({"organization_id": key.0, "tournament_id": key.1, "id": id, "name": of.name,
            "created_at": of.created_at, "board": keeps(key, id)})
    };
    state.boards().leagues.iter().map(row).collect()
}

fn league_members(state: &State) -> Vec<Value> {
    let rows = state.boards().leagues.iter().flat_map(|(((owner, tournament), id), of)| {
        of.members.iter().map(move |(member, at)| {
            json!({"organization_id": owner, "tournament_id": tournament, "league_id": id,
                "member_id": member, "entered_at": at})
        })
    });
    rows.collect()
}

fn counts(state: &State) -> Vec<Value> {
    let row = |((owner, id), of): (&TournamentKey, &BoardCounts)| json!({"organization_id": owner, "id": id, "members": of.members, "changes": of.changes});
    state.boards().counts.iter().map(row).collect()
}

fn settlements(state: &State) -> Vec<Value> {
    let rows = state.boards().ledger.iter().flat_map(|((owner, id), rows)| {
        rows.iter().map(move |row| {
            let entry: Value = serde_json::from_str(&row.link.entry).expect("an entry");
            json!({"organization_id": owner, "tournament_id": id, "seq": row.link.seq,
                "at": row.link.at, "entry": entry, "result": row.result.canonical(),
                "job_id": row.job_id, "attempt": row.attempt, "detail": row.detail})
        })
    });
    rows.collect()
}

fn point_entries(state: &State) -> Vec<Value> {
    let rows = state.boards().points.iter().flat_map(|((owner, id), rows)| {
        rows.iter().map(move |((seq, member), of)| {
            json!({"organization_id": owner, "tournament_id": id, "seq": seq, "member_id": member,
                "points_e4": of.points.e4(), "exact_hits": of.exact_hits,
                "right_outcomes": of.right_outcomes})
        })
    });
    rows.collect()
}
