//! Which step shows which operation.

use super::Operation;

/// Every operation of the document, and the step that shows it.
#[rustfmt::skip]
pub(super) const OPERATIONS: &[(Operation, &str)] = &[
    (("GET",    "/openapi.json"),                                      "open::the_document_is_served"),
    (("GET",    "/api/monitoring/health"),                             "open::health_is_shown_to_everybody"),
    (("PUT",    "/api/v1/scoring/contacts/{contactId}/features"),      "scoring::features_are_scored_and_explained"),
    (("GET",    "/api/v1/scoring/contacts/{contactId}/score"),         "scoring::features_are_scored_and_explained"),
    (("GET",    "/api/v1/scoring/contacts/{contactId}/score/explain"), "scoring::features_are_scored_and_explained"),
    (("GET",    "/api/v1/scoring/leaderboard"),                        "scoring::features_are_scored_and_explained"),
    (("POST",   "/api/v1/scoring/recalculate"),                        "scoring::a_recalculation_is_done_once_a_key"),
    (("POST",   "/api/v1/events"),                                     "scoring::events_become_signals_and_alerts"),
    (("GET",    "/api/v2/admin/cron"),                                 "cron::schedules_are_listed"),
    (("GET",    "/api/v2/admin/cron/preview"),                         "cron::expressions_are_previewed"),
    (("PATCH",  "/api/v2/admin/cron/{jobKey}"),                        "cron::a_schedule_is_paused_and_resumed"),
    (("POST",   "/api/v2/admin/cron/{jobKey}/run"),                    "cron::a_schedule_runs_by_hand"),
    (("GET",    "/api/v2/admin/cron/{jobKey}/runs"),                   "cron::its_runs_are_listed"),
    (("GET",    "/api/v2/admin/cron/{jobKey}/occurrences"),            "cron::its_nominal_times_are_listed"),
    (("GET",    "/api/v2/admin/runs/{id}"),                            "runs::a_run_is_shown"),
    (("GET",    "/api/v2/admin/runs/{id}/jobs"),                       "runs::its_jobs_are_listed"),
    (("POST",   "/api/v2/admin/runs/{id}/cancel"),                     "runs::a_run_is_cancelled"),
    (("POST",   "/api/v2/admin/runs/{id}/retry"),                      "runs::dead_jobs_of_a_run_are_retried"),
    (("GET",    "/api/v2/admin/queues"),                               "queues::queues_are_counted"),
    (("GET",    "/api/v2/admin/queues/{queue}/jobs"),                  "queues::jobs_are_searched"),
    (("POST",   "/api/v2/admin/queues/{queue}/messages"),              "queues::a_message_is_enqueued"),
    (("GET",    "/api/v2/admin/jobs/{id}"),                            "queues::a_job_is_shown"),
    (("POST",   "/api/v2/admin/jobs/{id}/cancel"),                     "queues::a_job_is_cancelled"),
    (("GET",    "/api/v2/admin/dlq"),                                  "cases::cases_are_listed"),
    (("GET",    "/api/v2/admin/dlq/groups"),                           "cases::cases_are_grouped"),
    (("GET",    "/api/v2/admin/dlq/{id}"),                             "cases::a_case_is_shown"),
    (("POST",   "/api/v2/admin/dlq/{id}/replay"),                      "cases::a_case_is_replayed"),
    (("DELETE", "/api/v2/admin/dlq/{id}"),                             "cases::a_case_is_discarded"),
    (("POST",   "/api/v2/admin/dlq/replay"),                           "replays::many_are_replayed"),
    (("GET",    "/api/v2/admin/dlq/replays/{id}"),                     "replays::a_replay_is_shown"),
    (("POST",   "/api/v2/admin/dlq/replays/{id}/cancel"),              "replays::a_replay_is_cancelled"),
    (("GET",    "/api/v2/admin/breakers"),                             "breakers::breakers_are_listed"),
    (("POST",   "/api/v2/admin/breakers/{name}/reset"),                "breakers::a_breaker_is_reset"),
    (("GET",    "/api/v2/admin/audit"),                                "audit::what_was_done_and_refused_is_listed"),
    (("GET",    "/api/v2/admin/audit/verify"),                         "audit::the_audit_is_verified"),
];
