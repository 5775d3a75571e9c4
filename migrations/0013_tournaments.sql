-- 0013: what organizations write of tournaments, how they are closed, boards that count
-- who is on them, and what keeps all of it together.
--
-- Expands only: nothing wrote tournaments yet but people by hand.

-- ------------------------------------------- functions with another's rights ----

-- Who may make temporary tables could put one before ours: they come last, by name.
alter function jobs.queue_stats set search_path = pg_catalog, pg_temp;
alter function auth.find_key set search_path = pg_catalog, pg_temp;
alter function jobs.append_audit set search_path = pg_catalog, pg_temp;
alter function analytics.keep_months set search_path = pg_catalog, pg_temp;

-- Nothing of ours makes any. Only the database's owner may say so: to anybody else this
-- is a warning of the server, and the search paths hold.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end
$$;

-- ----------------------------------------------------- revisions and closing ----

alter table scoreboard.tournaments
  add column revision      int8        not null default 0 check (revision >= 0),
  add column closed_at     timestamptz,
  add column closed_digest bytea       check (length(closed_digest) = 32),
  add column closed_seq    int8,
  add constraint tournament_closing check (
    num_nulls(closed_at, closed_digest, closed_seq) in (0, 3) and (closed_seq is null or closed_seq = ledger_seq));
comment on column scoreboard.tournaments.revision is 'Raised by every settlement that is applied, and by every rebuild that changed something.';
comment on column scoreboard.tournaments.closed_at is 'When it was closed; null while it is open. It takes no settlement, guess, member, league or match since.';
comment on column scoreboard.tournaments.closed_digest is 'SHA-256 over the final lines of its board, in their order.';
comment on column scoreboard.tournaments.closed_seq is 'The ledger''s end as it was closed, and since.';

create function scoreboard.keep_closing() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.closed_at is not null and (old.closed_at, old.closed_digest, old.closed_seq)
      is distinct from (new.closed_at, new.closed_digest, new.closed_seq) then
    raise exception 'a closed tournament stays as it is' using errcode = 'JB006';
  end if;
  return new;
end
$$;
comment on function scoreboard.keep_closing is 'Raises JB006: what was closed stays so.';
create trigger closing_is_kept before update of closed_at, closed_digest, closed_seq
  on scoreboard.tournaments for each row execute function scoreboard.keep_closing();

-- After the foreign keys were looked at, which wait for whoever closes the tournament:
-- what is added was there before, or is refused.
create function scoreboard.refuse_closed() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform scoreboard.refuse(exists (
    select from scoreboard.tournaments t
    where t.closed_at is not null
      and (t.organization_id, t.id) in (select a.organization_id, a.tournament_id from added a)
  ), 'tournament_closed');
  return null;
end
$$;
comment on function scoreboard.refuse_closed is 'Raises JB007 where something is added to a tournament that is closed.';

-- -------------------------------------------------------------------- boards ----

create table scoreboard.boards (
  organization_id text collate "C" not null check (length(organization_id) between 1 and 64),
  id              uuid not null,
  members         int8 not null default 0 check (members >= 0),
  changes         int8 not null default 0 check (changes >= members),
  primary key (organization_id, id)
);
comment on table scoreboard.boards is
  'Who is on a board, counted. A row of its own, so that nobody who joins waits for a settlement, which holds the tournament''s.';
comment on column scoreboard.boards.organization_id is 'Whose.';
comment on column scoreboard.boards.id is 'The tournament, or the league.';
comment on column scoreboard.boards.members is 'Members of it.';
comment on column scoreboard.boards.changes is 'How many have joined or left; with the tournament''s revision it tells one state of a board from another.';

insert into scoreboard.boards (organization_id, id, members, changes)
select t.organization_id, t.id, count(m.member_id), count(m.member_id)
from scoreboard.tournaments t
left join scoreboard.members m on m.organization_id = t.organization_id and m.tournament_id = t.id
group by t.organization_id, t.id
union all
select l.organization_id, l.id, count(m.member_id), count(m.member_id)
from scoreboard.leagues l
left join scoreboard.league_members m on m.organization_id = l.organization_id
  and m.tournament_id = l.tournament_id and m.league_id = l.id
group by l.organization_id, l.id;

create function scoreboard.make_board() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into scoreboard.boards (organization_id, id)
  select a.organization_id, a.id from added a order by a.organization_id, a.id;
  return null;
end
$$;
comment on function scoreboard.make_board is 'Gives a tournament, or a league, the row that counts who is on its board.';
revoke all on function scoreboard.make_board from public;
create trigger tournament_has_a_board after insert on scoreboard.tournaments
  referencing new table as added
  for each statement execute function scoreboard.make_board();
create trigger league_has_a_board after insert on scoreboard.leagues
  referencing new table as added
  for each statement execute function scoreboard.make_board();

create or replace function scoreboard.enter_board() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
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
  insert into scoreboard.boards as b (organization_id, id, members, changes)
  select j.organization_id, j.tournament_id, count(*), count(*)
  from joined j group by j.organization_id, j.tournament_id
  order by j.organization_id, j.tournament_id
  on conflict (organization_id, id) do update
    set members = b.members + excluded.members, changes = b.changes + excluded.changes;
  return null;
end
$$;

-- ------------------------------------------------------------------- matches ----

alter table scoreboard.matches
  add constraint match_is_of_one_tournament unique (organization_id, id);

-- A standing has 12 bits a count of guesses; see MATCHES_MAX of the rules.
create function scoreboard.count_matches() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- One at a time adds to a tournament: the other would count without these.
  perform from scoreboard.boards b
  where (b.organization_id, b.id) in (select a.organization_id, a.tournament_id from added a)
  order by b.organization_id, b.id for no key update;
  perform scoreboard.refuse(exists (
    select from scoreboard.matches m
    where (m.organization_id, m.tournament_id)
      in (select a.organization_id, a.tournament_id from added a)
    group by m.organization_id, m.tournament_id having count(*) > 4000
  ), 'tournament_full');
  return null;
end
$$;
comment on function scoreboard.count_matches is 'Raises JB007 where a tournament gets more matches than 4,000.';
revoke all on function scoreboard.count_matches from public;
create trigger matches_are_counted after insert on scoreboard.matches
  referencing new table as added
  for each statement execute function scoreboard.count_matches();
create trigger closed_takes_no_match after insert on scoreboard.matches
  referencing new table as added
  for each statement execute function scoreboard.refuse_closed();

-- -------------------------------------------------- members, guesses, leagues ----

alter table scoreboard.members
  add foreign key (organization_id, tournament_id) references scoreboard.tournaments;
create trigger closed_takes_no_member after insert on scoreboard.members
  referencing new table as added
  for each statement execute function scoreboard.refuse_closed();

alter table scoreboard.guesses add column tournament_id uuid;
update scoreboard.guesses g set tournament_id = m.tournament_id
from scoreboard.matches m where m.organization_id = g.organization_id and m.id = g.match_id;
alter table scoreboard.guesses
  alter column tournament_id set not null,
  drop constraint guesses_pkey,
  add primary key (organization_id, tournament_id, match_id, member_id),
  add foreign key (organization_id, tournament_id, match_id) references scoreboard.matches,
  add foreign key (organization_id, tournament_id, member_id) references scoreboard.members;
comment on column scoreboard.guesses.tournament_id is 'The match''s tournament, of which who guesses is a member.';
create trigger closed_takes_no_guess after insert on scoreboard.guesses
  referencing new table as added
  for each statement execute function scoreboard.refuse_closed();
create trigger closed_changes_no_guess after update on scoreboard.guesses
  referencing new table as added
  for each statement execute function scoreboard.refuse_closed();

create trigger closed_takes_no_league after insert on scoreboard.leagues
  referencing new table as added
  for each statement execute function scoreboard.refuse_closed();
create trigger closed_takes_nobody_into_a_league after insert on scoreboard.league_members
  referencing new table as added
  for each statement execute function scoreboard.refuse_closed();

-- -------------------------------------------------------------------- ledger ----

comment on table scoreboard.match_settlement_ledger is
  'Settlements, which are only added: what counts, what counted already, what was rolled back. A hash covers seq, at and entry of its row, and the hash before it.';
drop index scoreboard.ledger_of_match;
create index ledger_of_match on scoreboard.match_settlement_ledger
  (organization_id, tournament_id, match_id, seq);
comment on index scoreboard.ledger_of_match is 'A match''s settlements.';
alter table scoreboard.match_settlement_ledger
  add foreign key (organization_id, tournament_id, match_id) references scoreboard.matches;

create or replace function scoreboard.chain_entry() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  head scoreboard.tournaments;
  applied boolean := new.entry::jsonb ->> 'status' = 'applied';
begin
  select t.* into strict head from scoreboard.tournaments t
  where t.organization_id = new.organization_id and t.id = new.tournament_id for no key update;
  perform scoreboard.refuse(head.closed_at is not null, 'tournament_closed');
  new.seq := head.ledger_seq + 1;
  new.at := date_trunc('microseconds', clock_timestamp());
  new.hash := sha256(head.ledger_hash || int8send(new.seq)
    || int8send((extract(epoch from new.at) * 1000000)::int8) || convert_to(new.entry, 'UTF8'));
  update scoreboard.tournaments t set
    ledger_seq = new.seq, ledger_hash = new.hash,
    revision = t.revision + applied::int4,
    settled_at = case when applied then coalesce(t.settled_at, new.at) else t.settled_at end
  where t.organization_id = new.organization_id and t.id = new.tournament_id;
  return new;
end
$$;

-- -------------------------------------------------------------- verification ----

create index verifications_by_age on scoreboard.verifications (fetched_at);
comment on index scoreboard.verifications_by_age is 'What is too old.';

create index matches_unsettled on scoreboard.matches (organization_id, tournament_id)
  where settled_version < result_version;
comment on index scoreboard.matches_unsettled is 'Matches whose newest result does not count yet.';

create function scoreboard.given_up(most int4)
returns table (match_id uuid, kickoff timestamptz, total int8)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.id, m.kickoff, count(*) over ()
  from scoreboard.matches m
  join scoreboard.tournaments t on t.organization_id = m.organization_id and t.id = m.tournament_id
  where m.next_check_at is null and m.status in ('scheduled', 'postponed', 'live', 'suspended')
    and t.provider_id is not null and t.closed_at is null
  order by m.kickoff, m.id limit most
$$;
comment on function scoreboard.given_up is
  'The first matches without an end that nobody asks about any more, and how many there are, whoever''s: for the health check.';
revoke all on function scoreboard.given_up from public;
grant execute on function scoreboard.given_up to mauntic_http;

-- --------------------------------------------------------------------- drift ----

create table scoreboard.drift (
  organization_id text        collate "C" not null check (length(organization_id) between 1 and 64),
  tournament_id   uuid        not null,
  checked_at      timestamptz not null default clock_timestamp(),
  ledger_seq      int8        not null check (ledger_seq >= 0),
  differences     int8        not null check (differences >= 0),
  detail          jsonb       not null default '[]' check (jsonb_typeof(detail) = 'array'),
  primary key (organization_id, tournament_id),
  foreign key (organization_id, tournament_id) references scoreboard.tournaments
);
comment on table scoreboard.drift is 'What the last look at a tournament''s boards has found.';
comment on column scoreboard.drift.organization_id is 'Whose.';
comment on column scoreboard.drift.tournament_id is 'The tournament.';
comment on column scoreboard.drift.checked_at is 'When it was looked.';
comment on column scoreboard.drift.ledger_seq is 'The ledger''s end then.';
comment on column scoreboard.drift.differences is 'Rows that are not what the ledger makes of them.';
comment on column scoreboard.drift.detail is 'The first of them.';
create index drift_found on scoreboard.drift (organization_id, tournament_id) where differences > 0;
comment on index scoreboard.drift_found is 'Tournaments whose boards are not what their ledger makes of them.';

create function scoreboard.drifting(most int4)
returns table (organization_id text, tournament_id uuid, differences int8)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select d.organization_id, d.tournament_id, d.differences
  from scoreboard.drift d where d.differences > 0
  order by d.organization_id, d.tournament_id limit most
$$;
comment on function scoreboard.drifting is
  'The first tournaments whose boards are not what their ledger makes of them, whoever''s: for the health check.';
revoke all on function scoreboard.drifting from public;
grant execute on function scoreboard.drifting to mauntic_http;

-- -------------------------------------------------------------------- rights ----

do $$
declare
  owned text;
begin
  foreach owned in array array['boards', 'drift'] loop
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

grant insert (organization_id, id, name, provider_id, ranking, rules, tie_breaks),
  update (name, provider_id, ranking, rules, tie_breaks) on scoreboard.tournaments to mauntic_http;
grant insert (organization_id, tournament_id, id, external_id, round, home_team, away_team, kickoff, next_check_at),
  update (round, home_team, away_team, kickoff, status, result, result_version, last_checked_at, ended_at,
    next_check_at) on scoreboard.matches to mauntic_http;
grant insert (organization_id, tournament_id, member_id) on scoreboard.members to mauntic_http;
grant insert (organization_id, tournament_id, match_id, member_id, home, away, stored_at),
  update (home, away, stored_at) on scoreboard.guesses to mauntic_http;
grant insert (organization_id, tournament_id, id, name), update (name) on scoreboard.leagues to mauntic_http;
grant insert (organization_id, tournament_id, league_id, member_id), delete
  on scoreboard.league_members to mauntic_http;

-- The ledger's end is its trigger's alone. To lock a tournament one column is enough.
revoke update on scoreboard.tournaments from mauntic_queue;
grant update (revision, closed_at, closed_digest, closed_seq) on scoreboard.tournaments to mauntic_queue;
grant insert, delete on scoreboard.entries to mauntic_queue;
grant delete on scoreboard.histograms to mauntic_queue;
grant update (members) on scoreboard.boards to mauntic_queue;
grant insert, update on scoreboard.drift to mauntic_queue;
