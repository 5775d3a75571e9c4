//! Which step shows which verb.

/// Every verb that needs a deployment, and those that need none; with the step
/// that shows it.
#[rustfmt::skip]
pub(super) const VERBS: &[(&str, &str)] = &[
    ("migrate",          "keys::a_database_is_migrated_and_seeded"),
    ("seed",             "keys::a_database_is_migrated_and_seeded"),
    ("keys create",      "keys::a_key_is_made_and_revoked"),
    ("keys revoke",      "keys::a_key_is_made_and_revoked"),
    ("queues list",      "queues::queues_are_listed"),
    ("queues enqueue",   "queues::a_message_is_enqueued"),
    ("queues tail",      "tail::jobs_are_followed_from_where_it_ended"),
    ("queues smoke",     "queues::every_queue_works"),
    ("cron list",        "cron::schedules_are_listed_and_expressions_previewed"),
    ("cron preview",     "cron::schedules_are_listed_and_expressions_previewed"),
    ("cron pause",       "cron::a_paused_schedule_runs_by_hand"),
    ("cron run",         "cron::a_paused_schedule_runs_by_hand"),
    ("cron resume",      "cron::a_paused_schedule_runs_by_hand"),
    ("cron runs",        "cron::its_runs_and_times_are_listed"),
    ("cron occurrences", "cron::its_runs_and_times_are_listed"),
    ("runs show",        "runs::a_run_is_shown_and_cancelled"),
    ("runs jobs",        "runs::a_run_is_shown_and_cancelled"),
    ("runs cancel",      "runs::a_run_is_shown_and_cancelled"),
    ("runs retry",       "runs::dead_jobs_of_a_run_are_retried"),
    ("jobs list",        "jobs::jobs_are_searched_and_cancelled"),
    ("jobs show",        "jobs::jobs_are_searched_and_cancelled"),
    ("jobs cancel",      "jobs::jobs_are_searched_and_cancelled"),
    ("dlq list",         "dlq::cases_are_listed_grouped_and_shown"),
    ("dlq groups",       "dlq::cases_are_listed_grouped_and_shown"),
    ("dlq show",         "dlq::cases_are_listed_grouped_and_shown"),
    ("dlq replay",       "dlq::one_is_tried_and_replayed"),
    ("dlq discard",      "dlq::one_is_discarded"),
    ("replays show",     "replays::many_are_replayed_behind_a_canary"),
    ("replays cancel",   "replays::a_replay_is_cancelled"),
    ("breakers list",    "audit::breakers_are_reset"),
    ("breakers reset",   "audit::breakers_are_reset"),
    ("audit list",       "audit::the_audit_is_listed_and_verified"),
    ("audit verify",     "audit::the_audit_is_listed_and_verified"),
    ("ledger verify",    "upkeep::a_ledger_is_verified"),
    ("scoreboards drift", "upkeep::a_board_is_made_anew"),
    ("scoreboards rebuild", "upkeep::a_board_is_made_anew"),
    ("scoreboards close", "upkeep::a_season_is_closed"),
    ("analytics backfill", "analytics::hours_are_counted_again"),
    ("receipts report",  "audit::receipts_balance"),
    ("doctor",           "doctor::a_healthy_deployment_has_nothing_to_tell"),
    ("simulate score",   "outside::rules_and_simulator_run_alone"),
    ("simulate decay",   "outside::rules_and_simulator_run_alone"),
    ("simulate priority", "outside::rules_and_simulator_run_alone"),
    ("simulate warmup",  "outside::rules_and_simulator_run_alone"),
    ("simulate settle",  "outside::rules_and_simulator_run_alone"),
    ("simulate rank",    "outside::rules_and_simulator_run_alone"),
    ("simulate portfolio", "outside::rules_and_simulator_run_alone"),
    ("sim run",          "outside::rules_and_simulator_run_alone"),
];

/// What brings a system of its own, and the test that shows it.
pub(super) const ELSEWHERE: [(&str, &str); 1] =
    [("dev", "commands::the_demo_scores_every_seeded_contact_as_the_rules_do")];
