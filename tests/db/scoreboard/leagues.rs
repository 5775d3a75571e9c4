//! Leagues that keep a board, where only PostgreSQL shows what may go wrong: who enters
//! while the tournament is settled, and how many there may be.

use mauntic_domain::scoreboard::board::{LEAGUE_BOARDS_MAX, LEAGUE_READ_MAX};
use mauntic_testkit::database::Role;
use mauntic_tests::world::World;
use uuid::Uuid;

use super::given::{TOURNAMENT, consume_jobs, differences, job, tournament};

pub(crate) const LEAGUE: Uuid = Uuid::from_u128(0x019c_7a00_3333_7000_8000_0000_0000_0021);

/// Members by number, from and to, enter the league.
pub(crate) fn enter(from: usize, to: usize) -> String {
    format!(
        "insert into scoreboard.league_members (organization_id, tournament_id, league_id, member_id)
         select 'org_1', '{TOURNAMENT}', '{LEAGUE}', 'm' || lpad(n::text, 7, '0')
         from generate_series({from}, {to}) n"
    )
}

pub(crate) async fn league(world: &World) {
    let sql = "insert into scoreboard.leagues (organization_id, tournament_id, id, name)
      values ('org_1', $1, $2, 'a league')";
    world.owner.execute(sql, &[&TOURNAMENT, &LEAGUE]).await.unwrap();
    world.owner.execute(&enter(1, LEAGUE_READ_MAX), &[]).await.unwrap();
}

#[tokio::test]
async fn who_enters_while_the_tournament_is_settled_waits_and_has_the_newest_points() {
    let world = World::new().await;
    let members = i32::try_from(LEAGUE_READ_MAX).unwrap() + 10;
    let matches = tournament(&world, members, 2).await;
    league(&world).await;
    let keeps = "select count(*) from scoreboard.leagues where board";
    assert_eq!(world.count(keeps).await, 0);
    // A settlement in the middle of its work: it holds the tournament.
    let settling = world.database.connect(Role::Queue).await.unwrap();
    settling
        .batch_execute("begin; select from scoreboard.tournaments for no key update")
        .await
        .unwrap();
    // Who joins, and who enters a league that stays small, waits for nobody.
    let join = "insert into scoreboard.members (organization_id, tournament_id, member_id)
      select organization_id, id, 'late' from scoreboard.tournaments";
    world.owner.execute(join, &[]).await.unwrap();
    let small = enter(1, 10).replace(&LEAGUE.to_string(), &Uuid::from_u128(5).to_string());
    let sql = "insert into scoreboard.leagues (organization_id, tournament_id, id, name)
      values ('org_1', $1, $2, 'small')";
    world.owner.execute(sql, &[&TOURNAMENT, &Uuid::from_u128(5)]).await.unwrap();
    world.owner.execute(&small, &[]).await.unwrap();
    let entering = world.database.connect(Role::Owner).await.unwrap();
    let last = enter(LEAGUE_READ_MAX + 1, LEAGUE_READ_MAX + 1);
    let settle = async {
        let waits = "select count(*) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'";
        while world.count(waits).await == 0 {}
        settling.batch_execute("rollback").await.unwrap();
    };
    let (entered, ()) = tokio::join!(entering.execute(&last, &[]), settle);
    entered.unwrap();
    assert_eq!(world.count(keeps).await, 1);
    for of in &matches {
        let id = job(&world, *of, 1).await;
        assert_eq!(consume_jobs(&world.queue, &[id]).await.completed, 1);
        let more = enter(LEAGUE_READ_MAX + 2, LEAGUE_READ_MAX + 4);
        if of == &matches[0] {
            world.owner.execute(&more, &[]).await.unwrap();
        }
        assert_eq!(differences(&world).await, [""; 0]);
    }
    let sql = "delete from scoreboard.league_members where member_id < 'm0000100'";
    world.owner.execute(sql, &[]).await.unwrap();
    assert_eq!(differences(&world).await, [""; 0]);
    let on_it =
        "select count(*) from scoreboard.entries e join scoreboard.boards b on b.id = e.board_id
      join scoreboard.leagues l on l.id = b.id where l.board and b.members = 4905";
    assert_eq!(world.count(on_it).await, 4_905);
}

#[tokio::test]
async fn leagues_that_keep_boards_have_so_many_members_together() {
    let world = World::new().await;
    tournament(&world, i32::try_from(LEAGUE_READ_MAX).unwrap() + 10, 0).await;
    league(&world).await;
    world.owner.execute(&enter(LEAGUE_READ_MAX + 1, LEAGUE_READ_MAX + 2), &[]).await.unwrap();
    let most = i64::try_from(LEAGUE_BOARDS_MAX).unwrap();
    let sql = "update scoreboard.boards set members = $2::int8 - 1, changes = $2 where id = $1";
    world.owner.execute(sql, &[&LEAGUE, &most]).await.unwrap();
    let at = LEAGUE_READ_MAX + 3;
    world.owner.execute(&enter(at, at), &[]).await.unwrap();
    let error = world.owner.execute(&enter(at + 1, at + 1), &[]).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("league_boards_full"));
}
