-- 0012: matches, guesses, the ledger of settlements and the boards that it makes.
--
-- Points are whole numbers of ten-thousandths, which is exact: a million of them are
-- added up in one statement.

create schema scoreboard;
comment on schema scoreboard is 'Matches, guesses about them, settlements and scoreboards.';

-- ----------------------------------------------------- tournaments, matches ----

create table scoreboard.tournaments (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  id              uuid        not null default uuidv7(),
  name            text        not null check (length(name) between 1 and 200),
  provider_id     text        collate "C" check (length(provider_id) between 1 and 64),
  ranking         text        not null default 'competition'
    check (ranking in ('dense', 'competition', 'modified', 'ordinal', 'percentile')),
  rules           jsonb       not null check (jsonb_typeof(rules) = 'object'),
  tie_breaks      jsonb       not null check (jsonb_typeof(tie_breaks) = 'array'),
  rules_version   int4        not null default 1 check (rules_version > 0),
  ledger_seq      int8        not null default 0 check (ledger_seq >= 0),
  ledger_hash     bytea       not null default decode(repeat('00', 32), 'hex') check (length(ledger_hash) = 32),
  settled_at      timestamptz,
  created_at      timestamptz not null default clock_timestamp(),
  primary key (organization_id, id)
);
comment on table scoreboard.tournaments is 'Tournaments. A settlement locks its tournament''s row before everything else of this schema.';
comment on column scoreboard.tournaments.organization_id is 'Whose.';
comment on column scoreboard.tournaments.id is 'Ours.';
comment on column scoreboard.tournaments.name is 'For people.';
comment on column scoreboard.tournaments.provider_id is 'What the provider of matches calls it; null where nobody is asked.';
comment on column scoreboard.tournaments.ranking is 'How tied members are ranked where a query does not say.';
comment on column scoreboard.tournaments.rules is 'What a guess earns and what comes of an answer; every field, so that a later build''s defaults change nothing.';
comment on column scoreboard.tournaments.tie_breaks is 'Array of exactHits and rightOutcomes: what orders members with equal points.';
comment on column scoreboard.tournaments.rules_version is 'Raised with every change of rules and tie_breaks.';
comment on column scoreboard.tournaments.ledger_seq is 'The ledger''s end: seq of its newest entry, 0 before the first.';
comment on column scoreboard.tournaments.ledger_hash is 'The ledger''s end: hash of its newest entry, 32 zero bytes before the first.';
comment on column scoreboard.tournaments.settled_at is 'When a match was first settled; rules and tie_breaks stay since.';
comment on column scoreboard.tournaments.created_at is 'When its row was written.';

create function scoreboard.keep_rules() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  if (old.rules, old.tie_breaks) is distinct from (new.rules, new.tie_breaks) then
    if old.settled_at is not null then
      raise exception 'rules_in_use' using errcode = 'JB005';
    end if;
    new.rules_version := old.rules_version + 1;
  end if;
  return new;
end
$$;
comment on function scoreboard.keep_rules is 'Counts changes of rules; raises JB005 once a match was settled by them.';
create trigger rules_are_kept before update of rules, tie_breaks on scoreboard.tournaments
  for each row execute function scoreboard.keep_rules();

create table scoreboard.matches (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  tournament_id   uuid        not null,
  id              uuid        not null default uuidv7(),
  external_id     text        collate "C" not null check (length(external_id) between 1 and 64),
  round           text        not null check (length(round) between 1 and 64),
  home_team       text        not null check (length(home_team) between 1 and 100),
  away_team       text        not null check (length(away_team) between 1 and 100),
  kickoff         timestamptz not null,
  status          text        not null default 'scheduled' check (status in
    ('scheduled', 'postponed', 'live', 'suspended', 'ended', 'abandoned', 'cancelled')),
  result          text        check (result is json object),
  result_version  int4        not null default 0 check (result_version >= 0),
  settled_version int4        not null default 0 check (settled_version between 0 and result_version),
  last_checked_at timestamptz,
  ended_at        timestamptz,
  next_check_at   timestamptz,
  primary key (organization_id, tournament_id, id),
  constraint match_is_told_once unique (organization_id, tournament_id, external_id),
  foreign key (organization_id, tournament_id) references scoreboard.tournaments,
  constraint match_result check ((status = 'ended') = (result is not null)
    and (result is null) = (result_version = 0) and (result is null) = (ended_at is null))
);
comment on table scoreboard.matches is 'Matches. Whoever verifies one locks its row; whoever settles one its tournament''s first.';
comment on column scoreboard.matches.organization_id is 'Whose tournament.';
comment on column scoreboard.matches.tournament_id is 'The tournament.';
comment on column scoreboard.matches.id is 'Ours.';
comment on column scoreboard.matches.external_id is 'What its provider calls it.';
comment on column scoreboard.matches.round is 'Its round, as the provider names it; the rules may multiply it.';
comment on column scoreboard.matches.home_team is 'The team named first.';
comment on column scoreboard.matches.away_team is 'The team named second.';
comment on column scoreboard.matches.kickoff is 'When it begins, or began; guesses count that were stored before.';
comment on column scoreboard.matches.status is 'Where it stands; suspended is broken off with its end unknown, abandoned counts for nothing.';
comment on column scoreboard.matches.result is 'Its result in canonical form: ft, et and p, each home and away.';
comment on column scoreboard.matches.result_version is 'How many results it has had, each another than the one before.';
comment on column scoreboard.matches.settled_version is 'The version that counts on the board; 0 for none.';
comment on column scoreboard.matches.last_checked_at is 'When the newest answer that was taken had been asked for.';
comment on column scoreboard.matches.ended_at is 'When it was first seen ended; the window for corrections begins then.';
comment on column scoreboard.matches.next_check_at is 'When a schedule asks about it next; null for never.';
create index matches_due on scoreboard.matches (next_check_at) where next_check_at is not null;
comment on index scoreboard.matches_due is 'Matches that are to be asked about.';
create index matches_given_up on scoreboard.matches (kickoff)
  where next_check_at is null and status in ('scheduled', 'postponed', 'live', 'suspended');
comment on index scoreboard.matches_given_up is 'Matches without an end that nobody asks about any more.';

create table scoreboard.verifications (
  job_id          uuid        not null,
  attempt         int4        not null check (attempt > 0),
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  match_id        uuid        not null,
  fetched_at      timestamptz not null,
  outcome         text        not null check (outcome in ('noop', 'retry', 'settled')),
  reason          text        not null check (length(reason) between 1 and 64),
  result_version  int4        not null check (result_version >= 0),
  primary key (job_id, attempt)
);
comment on table scoreboard.verifications is 'What came of asking about matches.';
comment on column scoreboard.verifications.job_id is 'The job that asked.';
comment on column scoreboard.verifications.attempt is 'Its attempt.';
comment on column scoreboard.verifications.organization_id is 'Whose match.';
comment on column scoreboard.verifications.match_id is 'The match.';
comment on column scoreboard.verifications.fetched_at is 'The database''s time before the provider was asked.';
comment on column scoreboard.verifications.outcome is 'noop, retry or settled.';
comment on column scoreboard.verifications.reason is 'Why, such as ended or unreachable.';
comment on column scoreboard.verifications.result_version is 'The match''s version afterwards.';
create index verifications_of_match on scoreboard.verifications (organization_id, match_id, fetched_at);
comment on index scoreboard.verifications_of_match is 'A match''s history.';

-- -------------------------------------------------------- members, guesses ----

create table scoreboard.members (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  tournament_id   uuid        not null,
  member_id       text        collate "C" not null check (length(member_id) between 1 and 64),
  joined_at       timestamptz not null default clock_timestamp(),
  primary key (organization_id, tournament_id, member_id)
);
comment on table scoreboard.members is 'Who takes part in a tournament.';
comment on column scoreboard.members.organization_id is 'Whose.';
comment on column scoreboard.members.tournament_id is 'The tournament.';
comment on column scoreboard.members.member_id is 'The product''s own name.';
comment on column scoreboard.members.joined_at is 'Since when; of two with equal numbers the earlier one stands above.';

create table scoreboard.guesses (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  match_id        uuid        not null,
  member_id       text        collate "C" not null check (length(member_id) between 1 and 64),
  home            int2        not null check (home between 0 and 99),
  away            int2        not null check (away between 0 and 99),
  stored_at       timestamptz not null default clock_timestamp(),
  primary key (organization_id, match_id, member_id)
);
comment on table scoreboard.guesses is 'Guesses, one a member and match; the match''s row is locked to store one.';
comment on column scoreboard.guesses.organization_id is 'Whose.';
comment on column scoreboard.guesses.match_id is 'The match.';
comment on column scoreboard.guesses.member_id is 'Who guesses: a member of the match''s tournament.';
comment on column scoreboard.guesses.home is 'Goals of the team named first.';
comment on column scoreboard.guesses.away is 'Goals of the team named second.';
comment on column scoreboard.guesses.stored_at is 'When it was stored last; it counts if that is before the kickoff.';

create table scoreboard.leagues (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  tournament_id   uuid        not null,
  id              uuid        not null default uuidv7(),
  name            text        not null check (length(name) between 1 and 200),
  created_at      timestamptz not null default clock_timestamp(),
  primary key (organization_id, tournament_id, id),
  foreign key (organization_id, tournament_id) references scoreboard.tournaments
);
comment on table scoreboard.leagues is 'Members of a tournament who are ranked among themselves.';
comment on column scoreboard.leagues.organization_id is 'Whose.';
comment on column scoreboard.leagues.tournament_id is 'The tournament.';
comment on column scoreboard.leagues.id is 'Ours.';
comment on column scoreboard.leagues.name is 'For people.';
comment on column scoreboard.leagues.created_at is 'When its row was written.';

create table scoreboard.league_members (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  tournament_id   uuid        not null,
  league_id       uuid        not null,
  member_id       text        collate "C" not null check (length(member_id) between 1 and 64),
  entered_at      timestamptz not null default clock_timestamp(),
  primary key (organization_id, tournament_id, league_id, member_id),
  foreign key (organization_id, tournament_id, league_id) references scoreboard.leagues,
  foreign key (organization_id, tournament_id, member_id) references scoreboard.members
);
comment on table scoreboard.league_members is 'Who is in which league.';
comment on column scoreboard.league_members.organization_id is 'Whose.';
comment on column scoreboard.league_members.tournament_id is 'The tournament.';
comment on column scoreboard.league_members.league_id is 'The league.';
comment on column scoreboard.league_members.member_id is 'A member of the tournament.';
comment on column scoreboard.league_members.entered_at is 'When its row was written.';

-- ------------------------------------------------------------------ boards ----

create table scoreboard.entries (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  board_id        uuid        not null,
  member_id       text        collate "C" not null check (length(member_id) between 1 and 64),
  points_e4       int8        not null default 0 check (points_e4 >= 0),
  exact_hits      int4        not null default 0 check (exact_hits >= 0),
  right_outcomes  int4        not null default 0 check (right_outcomes >= exact_hits),
  standing        int8        not null default 0 check (standing <= 0),
  joined_at       timestamptz not null,
  primary key (organization_id, board_id, member_id)
);
comment on table scoreboard.entries is 'Boards as the ledger makes them: a row a member, who is there from joining on.';
comment on column scoreboard.entries.organization_id is 'Whose.';
comment on column scoreboard.entries.board_id is 'The board: a tournament''s has the tournament''s id.';
comment on column scoreboard.entries.member_id is 'Who.';
comment on column scoreboard.entries.points_e4 is 'Points, in ten-thousandths: the sum of the member''s entries of points.';
comment on column scoreboard.entries.exact_hits is 'Guesses that were the score itself.';
comment on column scoreboard.entries.right_outcomes is 'Guesses that had the right winner, or the draw; exact ones are among them.';
comment on column scoreboard.entries.standing is 'Points and tie-breaks as one number: the lower it is, the better.';
comment on column scoreboard.entries.joined_at is 'When the member joined the tournament.';
create index entries_in_order on scoreboard.entries
  (organization_id, board_id, standing, joined_at, member_id);
comment on index scoreboard.entries_in_order is 'Boards in their order; with the organization, so that who is tied is counted in it alone.';

create table scoreboard.histograms (
  organization_id text not null collate "C" check (length(organization_id) between 1 and 64),
  board_id        uuid not null,
  points_e4       int8 not null check (points_e4 >= 0),
  members         int8 not null check (members >= 0),
  primary key (organization_id, board_id, points_e4)
);
comment on table scoreboard.histograms is 'How many members of a board have how many points; where ranks are read from.';
comment on column scoreboard.histograms.organization_id is 'Whose.';
comment on column scoreboard.histograms.board_id is 'The board.';
comment on column scoreboard.histograms.points_e4 is 'Points, in ten-thousandths.';
comment on column scoreboard.histograms.members is 'Members with exactly these; 0 where some had them.';

create function scoreboard.enter_board() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
begin
  insert into scoreboard.entries (organization_id, board_id, member_id, joined_at)
  select j.organization_id, j.tournament_id, j.member_id, j.joined_at
  from joined j order by j.organization_id, j.tournament_id, j.member_id;
  insert into scoreboard.histograms as h (organization_id, board_id, points_e4, members)
  select j.organization_id, j.tournament_id, 0, count(*)
  from joined j group by j.organization_id, j.tournament_id
  order by j.organization_id, j.tournament_id
  on conflict (organization_id, board_id, points_e4) do update
    set members = h.members + excluded.members;
  return null;
end
$$;
comment on function scoreboard.enter_board is 'Puts who joins a tournament onto its board, without points.';
revoke all on function scoreboard.enter_board from public;
create trigger member_is_on_the_board after insert on scoreboard.members
  referencing new table as joined
  for each statement execute function scoreboard.enter_board();

-- ------------------------------------------------------------------ ledger ----

create table scoreboard.match_settlement_ledger (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  tournament_id   uuid        not null,
  seq             int8        not null check (seq > 0),
  at              timestamptz not null,
  entry           text        not null check (entry is json object and length(entry) <= 4096),
  hash            bytea       not null check (length(hash) = 32),
  result          text        not null check (result is json object),
  job_id          uuid        not null,
  attempt         int4        not null check (attempt > 0),
  detail          text        check (length(detail) between 1 and 500),
  match_id        uuid        not null generated always as ((entry::jsonb ->> 'matchId')::uuid) stored,
  result_version  int4        not null generated always as ((entry::jsonb ->> 'resultVersion')::int4) stored,
  status          text        not null generated always as (entry::jsonb ->> 'status') stored
    check (status in ('applied', 'skipped', 'failed')),
  previous        int8        generated always as ((entry::jsonb ->> 'previous')::int8) stored
    check (previous < seq),
  idempotency_key text        not null generated always as
    ('settlement:' || (entry::jsonb ->> 'matchId') || ':' || (entry::jsonb ->> 'resultVersion')) stored,
  primary key (organization_id, tournament_id, seq),
  foreign key (organization_id, tournament_id) references scoreboard.tournaments,
  constraint ledger_detail check ((status = 'failed') = (detail is not null))
);
comment on table scoreboard.match_settlement_ledger is
  'Settlements, which are only added: what counts, what counted already, what was rolled back. Each row''s hash covers the row and the hash before it.';
comment on column scoreboard.match_settlement_ledger.organization_id is 'Whose.';
comment on column scoreboard.match_settlement_ledger.tournament_id is 'The tournament; each has a chain of its own.';
comment on column scoreboard.match_settlement_ledger.seq is 'Gapless, from 1.';
comment on column scoreboard.match_settlement_ledger.at is 'When it was written.';
comment on column scoreboard.match_settlement_ledger.entry is
  'The match, its version, what became of it, the hash of the result, guesses that counted, members that changed, what changed together, and the entry before that counted; JSON as it was hashed.';
comment on column scoreboard.match_settlement_ledger.hash is
  'SHA-256 of the hash before (32 zero bytes for the first), seq and at in microseconds since 1970 (int8, big-endian each), and entry in UTF-8.';
comment on column scoreboard.match_settlement_ledger.result is 'The result in canonical form, whose SHA-256 stands in entry.';
comment on column scoreboard.match_settlement_ledger.job_id is 'The job that settled.';
comment on column scoreboard.match_settlement_ledger.attempt is 'Its attempt.';
comment on column scoreboard.match_settlement_ledger.detail is 'Why it was rolled back; null where it was not.';
comment on column scoreboard.match_settlement_ledger.match_id is 'Of entry: the match.';
comment on column scoreboard.match_settlement_ledger.result_version is 'Of entry: the version of its result.';
comment on column scoreboard.match_settlement_ledger.status is 'Of entry: applied, skipped or failed.';
comment on column scoreboard.match_settlement_ledger.previous is 'Of entry: the seq of the entry before that counted: replaced, or kept by one that is skipped.';
comment on column scoreboard.match_settlement_ledger.idempotency_key is 'Of entry: a version of a match''s result counts once.';
create unique index ledger_applies_once on scoreboard.match_settlement_ledger
  (organization_id, idempotency_key) where status = 'applied';
comment on index scoreboard.ledger_applies_once is 'A version of a result is applied at most once.';
create unique index ledger_attempt on scoreboard.match_settlement_ledger (job_id, attempt);
comment on index scoreboard.ledger_attempt is 'An attempt of a job has at most one entry.';
create index ledger_of_match on scoreboard.match_settlement_ledger (organization_id, match_id, seq);
comment on index scoreboard.ledger_of_match is 'A match''s settlements.';

create table scoreboard.point_entries (
  organization_id text collate "C" not null check (length(organization_id) between 1 and 64),
  tournament_id   uuid not null,
  seq             int8 not null check (seq > 0),
  member_id       text collate "C" not null check (length(member_id) between 1 and 64),
  points_e4       int8 not null,
  exact_hits      int2 not null check (exact_hits between -1 and 1),
  right_outcomes  int2 not null check (right_outcomes between -1 and 1),
  primary key (organization_id, tournament_id, seq, member_id),
  constraint entry_changes check ((points_e4, exact_hits, right_outcomes) <> (0, 0, 0))
);
comment on table scoreboard.point_entries is 'What settlements changed, member by member; only added.';
comment on column scoreboard.point_entries.organization_id is 'Whose.';
comment on column scoreboard.point_entries.tournament_id is 'The tournament.';
comment on column scoreboard.point_entries.seq is 'The settlement: its place in the tournament''s ledger.';
comment on column scoreboard.point_entries.member_id is 'Who.';
comment on column scoreboard.point_entries.points_e4 is 'By how many ten-thousandths of a point; negative where a correction takes some.';
comment on column scoreboard.point_entries.exact_hits is 'By how many guesses that were the score itself.';
comment on column scoreboard.point_entries.right_outcomes is 'By how many guesses that had the right outcome.';

-- Whoever writes an entry holds the tournament's row: its end is nobody else's. Entries
-- are never inserted `on conflict do nothing`: the chain would have gone on without one.
create function scoreboard.chain_entry() returns trigger
language plpgsql security definer set search_path = pg_catalog as $$
declare
  head scoreboard.tournaments;
begin
  select t.* into strict head from scoreboard.tournaments t
  where t.organization_id = new.organization_id and t.id = new.tournament_id for no key update;
  new.seq := head.ledger_seq + 1;
  new.at := date_trunc('microseconds', clock_timestamp());
  new.hash := sha256(head.ledger_hash || int8send(new.seq)
    || int8send((extract(epoch from new.at) * 1000000)::int8) || convert_to(new.entry, 'UTF8'));
  update scoreboard.tournaments t set
    ledger_seq = new.seq, ledger_hash = new.hash,
    settled_at = case when new.entry::jsonb ->> 'status' = 'applied'
      then coalesce(t.settled_at, new.at) else t.settled_at end
  where t.organization_id = new.organization_id and t.id = new.tournament_id;
  return new;
end
$$;
comment on function scoreboard.chain_entry is 'Adds an entry to its tournament''s chain.';
revoke all on function scoreboard.chain_entry from public;
create trigger entry_is_chained before insert on scoreboard.match_settlement_ledger
  for each row execute function scoreboard.chain_entry();

create function scoreboard.only_added() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  raise exception 'rows of % are only added', tg_table_name using errcode = 'JB006';
end
$$;
comment on function scoreboard.only_added is 'Raises JB006: what was written stays.';
create trigger ledger_is_only_added before update or delete or truncate
  on scoreboard.match_settlement_ledger for each statement execute function scoreboard.only_added();
create trigger points_are_only_added before update or delete or truncate
  on scoreboard.point_entries for each statement execute function scoreboard.only_added();

-- As jobs.refuse, with a name of the refusal, which is kept as its detail.
create function scoreboard.refuse(refused boolean, reason text) returns void
language plpgsql immutable set search_path = pg_catalog as $$
begin
  if refused then
    raise exception '%', reason using errcode = 'JB007', constraint = reason;
  end if;
end
$$;
comment on function scoreboard.refuse is
  'Raises JB007 if refused: the board, or what was guessed, is not as a settlement needs it.';

-- ------------------------------------------------------------------ rights ----

grant usage on schema scoreboard to mauntic_http, mauntic_queue;

do $$
declare
  owned text;
begin
  foreach owned in array array['tournaments', 'matches', 'verifications', 'members', 'guesses',
      'leagues', 'league_members', 'entries', 'histograms', 'match_settlement_ledger',
      'point_entries'] loop
    execute format('alter table scoreboard.%I enable row level security', owned);
    execute format('create policy of_organization on scoreboard.%I to mauntic_http
      using (organization_id = (select current_setting(''app.organization'', true)))
      with check (organization_id = (select current_setting(''app.organization'', true)))', owned);
    execute format('create policy of_everyone on scoreboard.%I to mauntic_queue
      using (true) with check (true)', owned);
    execute format('grant select on scoreboard.%I to mauntic_http, mauntic_queue', owned);
  end loop;
end
$$;

-- What organizations write comes with the routes that write it.
grant update on scoreboard.tournaments to mauntic_queue;
grant insert, update on scoreboard.matches to mauntic_queue;
grant insert, delete on scoreboard.verifications to mauntic_queue;
grant update on scoreboard.entries to mauntic_queue;
grant insert, update on scoreboard.histograms to mauntic_queue;
grant insert on scoreboard.match_settlement_ledger, scoreboard.point_entries to mauntic_queue;
