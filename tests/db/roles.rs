//! What the HTTP worker's role may do by itself, table by table: a migration that
//! gives it more shows here.

use std::collections::BTreeMap;

use mauntic_tests::world::World;

/// Tables that the role may touch at all, with the rights to whole rows and, in
/// parentheses, to some columns. What is not here it cannot even read.
const RIGHTS: [(&str, &str); 47] = [
    ("analytics.campaign_daily_stats", "select"),
    ("analytics.contact_activity", "select insert"),
    ("analytics.daily_score_distribution", "select"),
    ("analytics.enrichment_metrics", "select"),
    ("analytics.event_aggregates", "select"),
    ("delivery.sending_domains", "select insert update"),
    ("jobs.answer", "select insert update"),
    ("jobs.delivery", "select"),
    ("jobs.event_outbox", "insert"),
    ("jobs.heartbeat", "select"),
    ("jobs.job", "select (insert) (update)"),
    ("jobs.run", "select (insert) (update)"),
    ("jobs.schema_migration", "select"),
    ("lead_intelligence.enrichment_jobs", "select insert"),
    ("portfolio.asset_scores", "select"),
    ("portfolio.assets", "select insert (update) delete"),
    ("portfolio.calculation_events", "select"),
    ("portfolio.criteria", "select (insert) (update)"),
    ("portfolio.overnight_job_runs", "(select)"),
    ("portfolio.overnight_users", "select"),
    ("portfolio.score_history", "select"),
    ("portfolio.users", "select (insert) (update)"),
    ("scoreboard.boards", "select"),
    ("scoreboard.drift", "select"),
    ("scoreboard.entries", "select"),
    ("scoreboard.guesses", "select (insert) (update)"),
    ("scoreboard.histograms", "select"),
    ("scoreboard.league_members", "select (insert) delete"),
    ("scoreboard.leagues", "select (insert) (update)"),
    ("scoreboard.match_settlement_ledger", "select"),
    ("scoreboard.matches", "select (insert) (update)"),
    ("scoreboard.members", "select (insert)"),
    ("scoreboard.point_entries", "select"),
    ("scoreboard.tournaments", "select (insert) (update)"),
    ("scoreboard.verifications", "select"),
    ("scoring.config_documents", "select insert"),
    ("scoring.config_drafts", "select insert update"),
    ("scoring.config_epoch", "select update"),
    ("scoring.config_versions", "select insert update"),
    ("scoring.contact_features", "select insert update"),
    ("scoring.event_seen", "select insert"),
    ("scoring.intent_signals", "select insert (update)"),
    ("scoring.lead_scores", "select"),
    ("scoring.score_history", "select"),
    ("scoring.scoring_configs", "select insert update delete"),
    ("scoring.signal_alerts", "select insert (update)"),
    ("scoring.signal_configs", "select insert update delete"),
];

/// Functions of ours that run with another's rights, and who may call them.
const FUNCTIONS: [(&str, &str); 14] = [
    ("analytics.keep_months", "mauntic_operator mauntic_queue"),
    ("auth.find_key", "mauntic_http"),
    ("jobs.append_audit", "mauntic_operator"),
    ("jobs.queue_stats", "mauntic_http mauntic_operator mauntic_queue"),
    ("jobs.to_look_at", "mauntic_http"),
    ("portfolio.newest_night", "mauntic_http"),
    // Of triggers, which nobody calls.
    ("scoreboard.chain_entry", ""),
    ("scoreboard.count_matches", ""),
    ("scoreboard.drifting", "mauntic_http"),
    ("scoreboard.enter_board", ""),
    ("scoreboard.enter_league", ""),
    ("scoreboard.given_up", "mauntic_http"),
    ("scoreboard.leave_league", ""),
    ("scoreboard.make_board", ""),
];

#[tokio::test]
async fn the_http_workers_role_may_exactly_this() {
    let world = World::new().await;
    let sql = "select c.oid::regclass::text, concat_ws(' ',
        case when has_table_privilege(r, c.oid, 'select') then 'select'
             when has_any_column_privilege(r, c.oid, 'select') then '(select)' end,
        case when has_table_privilege(r, c.oid, 'insert') then 'insert'
             when has_any_column_privilege(r, c.oid, 'insert') then '(insert)' end,
        case when has_table_privilege(r, c.oid, 'update') then 'update'
             when has_any_column_privilege(r, c.oid, 'update') then '(update)' end,
        case when has_table_privilege(r, c.oid, 'delete') then 'delete' end,
        case when has_table_privilege(r, c.oid, 'truncate') then 'truncate' end)
      from pg_class c cross join (values ('mauntic_http')) as who(r)
      where c.relkind in ('r', 'p', 'v', 'm', 'f')
        and c.relnamespace::regnamespace::text
          in ('jobs', 'scoring', 'auth', 'analytics', 'delivery', 'lead_intelligence', 'scoreboard',
            'portfolio')";
    let found = world.rows(sql).await;
    let found: BTreeMap<String, String> = found
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .filter(|(_, rights): &(String, String)| !rights.is_empty())
        .collect();
    let expected = RIGHTS.map(|(table, rights)| (table.to_owned(), rights.to_owned()));
    assert_eq!(found, BTreeMap::from(expected));
}

#[tokio::test]
async fn functions_with_anothers_rights_are_for_whom_they_are_made() {
    let world = World::new().await;
    let sql = "select p.oid::regproc::text,
        coalesce((select string_agg(r.rolname, ' ' order by r.rolname) from pg_roles r
          where r.rolname like 'mauntic\\_%' and not r.rolsuper
            and has_function_privilege(r.oid, p.oid, 'execute')), '')
      from pg_proc p
      where p.prosecdef and p.pronamespace::regnamespace::text
          in ('jobs', 'scoring', 'auth', 'analytics', 'lead_intelligence', 'scoreboard',
            'portfolio')
      order by 1";
    let found = world.rows(sql).await;
    let found: Vec<(String, String)> = found.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(found, FUNCTIONS.map(|(name, roles)| (name.to_owned(), roles.to_owned())));
}

/// Such a function finds what is meant, whoever calls it: nothing of the caller's schemas,
/// and temporary tables last, which nobody may make either.
#[tokio::test]
async fn functions_with_anothers_rights_look_nowhere_else() {
    let world = World::new().await;
    let sql = "select p.oid::regproc::text, array_to_string(p.proconfig, '; ')
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where p.prosecdef and n.nspname !~ '^(pg_|information_schema)' order by 1";
    let found = world.rows(sql).await;
    let found: BTreeMap<String, Option<String>> =
        found.iter().map(|row| (row.get(0), row.get(1))).collect();
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, FUNCTIONS.map(|(name, _)| name), "no others stand in other schemas");
    for (name, settings) in &found {
        let settings = settings.as_deref().unwrap_or_default();
        assert!(settings.starts_with("search_path=pg_catalog, pg_temp"), "{name}: {settings}");
    }
    // A copy of a database has the rights of a new one: the migrated one is asked.
    let sql = "select r.rolname from pg_roles r cross join pg_database d
      where r.rolname like 'mauntic\\_%' and not r.rolsuper and d.datname = 'mauntic_template'
        and has_database_privilege(r.oid, d.oid, 'temporary')";
    let found: Vec<String> = world.rows(sql).await.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, [""; 0], "may make temporary tables");
}

/// The ledger's end is its trigger's alone, and locking a tournament needs a right to
/// some column of it.
#[tokio::test]
async fn the_queue_workers_role_changes_of_tournaments_exactly_this() {
    let world = World::new().await;
    let sql = "select a.attname from pg_attribute a
      where a.attrelid = 'scoreboard.tournaments'::regclass and a.attnum > 0
        and has_column_privilege('mauntic_queue', a.attrelid, a.attnum, 'update') order by 1";
    let found: Vec<String> = world.rows(sql).await.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, ["closed_at", "closed_digest", "closed_seq", "revision"]);
}

/// Who may become whom: the HTTP worker an operator, for a transaction, and
/// nobody anybody else.
#[tokio::test]
async fn nobody_becomes_another_but_the_http_worker_an_operator() {
    let world = World::new().await;
    let sql = "select m.rolname, g.rolname, a.inherit_option, a.set_option, a.admin_option
      from pg_auth_members a
      join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid
      where g.rolname like 'mauntic\\_%' and m.rolname like 'mauntic\\_%' order by 1";
    let found = world.rows(sql).await;
    let found: Vec<(String, String, [bool; 3])> = found
        .iter()
        .map(|row| (row.get(0), row.get(1), [row.get(2), row.get(3), row.get(4)]))
        .collect();
    let membership = |member: &str, of: &str, options| (member.to_owned(), of.to_owned(), options);
    let expected = [
        membership("mauntic_http", "mauntic_operator", [false, true, false]),
        membership("mauntic_operator", "mauntic_queue", [true, false, false]),
    ];
    assert_eq!(found, expected);
}
