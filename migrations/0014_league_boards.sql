-- 0014: leagues that are too large to be ranked when they are read keep a board.
--
-- Expands only.

alter table scoreboard.leagues add column board boolean not null default false;
comment on column scoreboard.leagues.board is
  'Whether it keeps a board, under its own id: once it has more than 5,000 members, and for ever.';
create index leagues_with_boards on scoreboard.leagues (organization_id, tournament_id, id) where board;
comment on index scoreboard.leagues_with_boards is 'Leagues whose boards a settlement changes.';

-- The board of a league that has more members than are ranked when it is read; see
-- LEAGUE_READ_MAX of the rules. A settlement, which holds the tournament, changes all of its
-- boards: who enters or leaves such a league has that lock first, and waits for it.
create function scoreboard.enter_league() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  league  record;
  names   text[];
begin
  if exists (
    select from scoreboard.leagues l
    join scoreboard.boards b on b.organization_id = l.organization_id and b.id = l.id
    join (
      select e.organization_id, e.league_id, count(*) as members
      from entered e group by e.organization_id, e.league_id
    ) e on e.organization_id = l.organization_id and e.league_id = l.id
    where l.board or b.members + e.members > 5000
  ) then
    perform from scoreboard.tournaments t
    where (t.organization_id, t.id) in (select e.organization_id, e.tournament_id from entered e)
    order by t.organization_id, t.id for share;
  end if;
  insert into scoreboard.boards as b (organization_id, id, members, changes)
  select e.organization_id, e.league_id, count(*), count(*)
  from entered e group by e.organization_id, e.league_id
  order by e.organization_id, e.league_id
  on conflict (organization_id, id) do update
    set members = b.members + excluded.members, changes = b.changes + excluded.changes;
  for league in
    select l.organization_id, l.tournament_id, l.id, l.board
    from scoreboard.leagues l
    join scoreboard.boards b on b.organization_id = l.organization_id and b.id = l.id
    where (l.organization_id, l.tournament_id, l.id)
        in (select e.organization_id, e.tournament_id, e.league_id from entered e)
      and (l.board or b.members > 5000)
    order by l.organization_id, l.tournament_id, l.id
  loop
    -- Others have entered it meanwhile: it was smaller a moment ago.
    perform from scoreboard.tournaments t
    where t.organization_id = league.organization_id and t.id = league.tournament_id for share;
    if league.board then
      names := array(
        select e.member_id from entered e
        where e.organization_id = league.organization_id and e.league_id = league.id);
    else
      update scoreboard.leagues l set board = true
      where l.organization_id = league.organization_id
        and l.tournament_id = league.tournament_id and l.id = league.id;
      names := array(
        select m.member_id from scoreboard.league_members m
        where m.organization_id = league.organization_id
          and m.tournament_id = league.tournament_id and m.league_id = league.id);
    end if;
    with placed as (
      insert into scoreboard.entries (organization_id, board_id, member_id, points_e4, exact_hits,
        right_outcomes, standing, joined_at)
      select e.organization_id, league.id, e.member_id, e.points_e4, e.exact_hits,
             e.right_outcomes, e.standing, e.joined_at
      from scoreboard.entries e
      where e.organization_id = league.organization_id and e.board_id = league.tournament_id
        and e.member_id = any(names)
      order by e.member_id
      returning points_e4
    )
    insert into scoreboard.histograms as h (organization_id, board_id, points_e4, members)
    select league.organization_id, league.id, p.points_e4, count(*)
    from placed p group by p.points_e4 order by p.points_e4
    on conflict (organization_id, board_id, points_e4) do update
      set members = h.members + excluded.members;
    perform scoreboard.refuse((
      select sum(b.members) > 1000000
      from scoreboard.leagues l
      join scoreboard.boards b on b.organization_id = l.organization_id and b.id = l.id
      where l.organization_id = league.organization_id
        and l.tournament_id = league.tournament_id and l.board
    ), 'league_boards_full');
  end loop;
  return null;
end
$$;
comment on function scoreboard.enter_league is
  'Counts who enters a league, and puts them onto its board, which it keeps from more than 5,000 members on; raises JB007 where such leagues of a tournament have more than 1,000,000 together.';
revoke all on function scoreboard.enter_league from public;
create trigger member_enters_the_league after insert on scoreboard.league_members
  referencing new table as entered
  for each statement execute function scoreboard.enter_league();

create function scoreboard.leave_league() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from scoreboard.tournaments t
  where (t.organization_id, t.id) in (
    select l.organization_id, l.tournament_id from scoreboard.leagues l
    where l.board and (l.organization_id, l.tournament_id, l.id)
      in (select g.organization_id, g.tournament_id, g.league_id from gone g))
  order by t.organization_id, t.id for share;
  perform from scoreboard.boards b
  where (b.organization_id, b.id) in (select g.organization_id, g.league_id from gone g)
  order by b.organization_id, b.id for no key update;
  update scoreboard.boards b set members = b.members - g.members, changes = b.changes + g.members
  from (
    select g.organization_id, g.league_id, count(*) as members
    from gone g group by g.organization_id, g.league_id
  ) g
  where b.organization_id = g.organization_id and b.id = g.league_id;
  with removed as (
    delete from scoreboard.entries e using gone g
    where e.organization_id = g.organization_id and e.board_id = g.league_id
      and e.member_id = g.member_id
    returning e.organization_id, e.board_id, e.points_e4
  ), fewer as (
    select r.organization_id, r.board_id, r.points_e4, count(*) as members
    from removed r group by r.organization_id, r.board_id, r.points_e4
  )
  update scoreboard.histograms h set members = h.members - f.members
  from fewer f
  where h.organization_id = f.organization_id and h.board_id = f.board_id
    and h.points_e4 = f.points_e4;
  return null;
end
$$;
comment on function scoreboard.leave_league is 'Counts who leaves a league, and takes them off its board.';
revoke all on function scoreboard.leave_league from public;
create trigger member_leaves_the_league after delete on scoreboard.league_members
  referencing old table as gone
  for each statement execute function scoreboard.leave_league();
