//! An answer for each route that pages ask, all of whose texts are one text.

use serde_json::{Value, json};

/// The text of what somebody else has decided meanwhile.
pub(super) const GONE: &str = "gone";

/// The answer of a route; none where pages ask no such route.
pub(super) fn answer(path: &str, is_read: bool, z: &str) -> Option<Value> {
    let path = path.strip_prefix("/api/").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').collect();
    if !is_read {
        return Some(acted(z));
    }
    let parts = parts.as_slice();
    work(parts, z)
        .or_else(|| nights_and_ledgers(parts, z))
        .or_else(|| own(parts, z))
        .or_else(|| scoring(parts, z))
}

/// What operators see of jobs, runs and schedules.
fn work(parts: &[&str], z: &str) -> Option<Value> {
    Some(match parts {
        ["monitoring", "health"] => health(z),
        ["v2", "admin", "cron"] => json!({
            "scheduler": {"status": z, "heartbeatAt": z},
            "jobs": [schedule(z), schedule(z)],
        }),
        ["v2", "admin", "cron", "preview"] => {
            json!({"next": [z, z], "warnings": [{"code": z, "message": z}]})
        }
        ["v2", "admin", "cron", _, "occurrences"] => {
            json!({"items": [{"nominalAt": z, "outcome": z, "reason": z, "executionId": z}], "next": null})
        }
        ["v2", "admin", "cron", _, "runs"] => json!({"items": [run(z)], "next": z}),
        ["v2", "admin", "runs", _] => run(z),
        ["v2", "admin", "runs", _, "jobs"] | ["v2", "admin", "queues", _, "jobs"] => {
            json!({"items": [job(z), job(z)], "next": z})
        }
        ["v2", "admin", "queues"] => {
            json!({"queues": [{"name": z, "pending": 1_234_567, "processing": 0,
            "failed": 2, "deadLetters": 3, "oldestSeconds": 400, "backlog": {"messages": 5, "bytes": null}}]})
        }
        ["v2", "admin", "jobs", _] => whole_job(z),
        ["v2", "admin", "breakers"] => {
            json!({"items": [{"name": z, "state": z, "failures": 3, "retryAt": z}]})
        }
        ["v2", "admin", "dlq", "groups"] => {
            json!({"items": [{"fingerprint": z, "detail": z, "reason": z,
            "type": z, "open": 4, "organizations": 2, "lastSeen": z, "newestCaseId": z}], "limit": 5})
        }
        ["v2", "admin", "dlq", "replays", _] => replay(z),
        ["v2", "admin", "dlq"] => json!({"items": [case(z, None), case(z, Some(z))], "next": z}),
        ["v2", "admin", "dlq", _] => whole_case(z),
        ["v2", "admin", "audit", "verify"] => {
            json!({"verified": false, "complete": false, "entries": 3,
            "head": z, "broken": {"code": z, "message": z}})
        }
        ["v2", "admin", "audit"] => json!({"items": [
            {"seq": 2, "at": z, "hash": z, "entry": {"actor": z, "action": z, "target": z, "outcome": z,
                "reason": z, "before": {z: z}, "after": [z], "requestId": z}},
            {"seq": 1, "at": z, "hash": z, "entry": null}], "next": z}),
        _ => return None,
    })
}

/// What they see of nights and ledgers.
fn nights_and_ledgers(parts: &[&str], z: &str) -> Option<Value> {
    Some(match parts {
        ["v2", "admin", "overnight", "runs"] => json!({"items": [night(z)], "next": z}),
        ["v2", "admin", "overnight", "runs", _] => night(z),
        ["v2", "admin", "overnight", "runs", _, "users"] => {
            json!({"items": [{"organizationId": z, "userId": z, "fate": z, "reason": z, "detail": z,
            "assetsScored": 3}], "next": z})
        }
        ["v2", "admin", "overnight", "runs", _, "replay"] => {
            json!({"users": 2, "identical": 1, "withoutInputs": 0,
            "differences": [{"organizationId": z, "userId": z, "place": z, "stored": z, "computed": z}], "next": z})
        }
        ["v2", "admin", "scoreboards", "drift"] => {
            json!({"items": [{"organizationId": z, "tournamentId": z,
            "name": z, "found": 2, "checkedAt": z}], "next": z})
        }
        ["v2", "admin", "settlements"] => {
            json!({"items": [{"at": z, "organizationId": z, "tournamentId": z, "seq": 1,
            "jobId": z, "result": z, "detail": z, "entry": {"matchId": z, "resultVersion": 1, "status": z,
            "guesses": 5, "members": 3}}], "next": z})
        }
        ["v2", "admin", "verifications"] => {
            json!({"items": [{"fetchedAt": z, "organizationId": z, "matchId": z,
            "outcome": z, "reason": z, "jobId": z}]})
        }
        ["v2", "admin", "scoreboards", _, "verify"] => {
            json!({"complete": true, "compared": 1, "found": 1, "entries": 1,
            "matches": 1, "pending": 0, "unproven": 0, "head": z, "next": z,
            "differences": [{"kind": z, "message": z, "stored": z, "expected": z}],
            "closed": {"closedAt": z, "digest": z}})
        }
        _ => return None,
    })
}

/// An organization's boards and reports, and the document.
fn own(parts: &[&str], z: &str) -> Option<Value> {
    Some(match parts {
        ["v1", "scoreboards", "tournaments"] => json!({"items": [tournament(z)], "next": z}),
        ["v1", "scoreboards", "tournaments", _] => tournament(z),
        ["v1", "scoreboards", "tournaments", _, "matches"] => {
            json!({"items": [{"home": z, "away": z, "round": z,
            "kickoff": z, "status": z, "result": {"ft": [2, 1]}, "resultVersion": 2, "settledVersion": 1,
            "lastCheckedAt": z}], "next": z})
        }
        ["v1", "scoreboards", _] => {
            json!({"kind": z, "members": 2, "provisional": true, "unsettledMatches": 1,
            "items": [entry(z)], "next": z})
        }
        ["v1", "scoreboards", _, "members", _] => {
            json!({"above": [entry(z)], "member": entry(z), "below": [entry(z)]})
        }
        ["v1", "analytics", "event-aggregates"] => {
            json!({"items": [{"from": z, "eventType": z, "channel": z, "eventCount": 12}], "next": z})
        }
        ["v1", "analytics", "campaign-stats"] => {
            json!({"items": [{"from": z, "campaignId": z, "sent": 1, "delivered": 1,
            "opened": 1, "clicked": 1, "bounced": 0, "complained": 0, "unsubscribed": 0}], "next": z})
        }
        ["v1", "analytics", "score-distribution"] => {
            json!({"items": [{"date": z, "totalContacts": 3,
            "average": 41.25, "gradeA": 1, "gradeB": 1, "gradeC": 1, "gradeD": 0, "gradeF": 0,
            "histogram": [0, 2, 1]}]})
        }
        ["v1", "warmup", "domains"] => json!({"items": [{"domain": z}], "next": z}),
        ["v1", "warmup", "domains", _] => json!({"domain": z, "day": 3, "count": 20, "limit": 50}),
        ["", "openapi.json"] => {
            json!({"paths": {z: {z: {"operationId": z, "summary": z, "description": z,
            "tags": [z], "parameters": [{"name": z, "in": z, "required": true, "description": z}],
            "requestBody": {"content": {z: {"schema": {"$ref": z}}}},
            "responses": {"200": {"description": z, "content": {z: {"schema": {z: z}}}}}}}},
            "components": {"schemas": {z: {z: [z]}}}})
        }
        _ => return None,
    })
}

/// Its scores.
fn scoring(parts: &[&str], z: &str) -> Option<Value> {
    Some(match parts {
        ["v1", "scoring", "leaderboard"] => {
            json!({"items": [{"contactId": z, "totalScore": 12.5, "grade": z,
            "calculatedAt": z}], "next": z})
        }
        ["v1", "scoring", "alerts"] => {
            json!({"items": [
            {"alertId": z, "contactId": z, "signalType": z, "priority": z, "status": "open",
                "openedAt": z, "dueAt": z, "acknowledgedBy": null},
            {"alertId": z, "contactId": z, "signalType": z, "priority": z, "status": z,
                "openedAt": z, "dueAt": z, "acknowledgedBy": z}]})
        }
        ["v1", "scoring", "contacts", _, "score", "explain"] => {
            json!({"totalScore": 30, "grade": z, "summary": z,
            "asOf": z, "calculatedAt": z, "trend": {"direction": z, "change": -2.5},
            "contributions": [{"category": z, "factor": z, "label": z, "points": 40},
                {"category": null, "factor": z, "label": z, "points": -10}]})
        }
        ["v1", "scoring", "contacts", _, "score", "history"] => json!({"items": [
            {"day": z, "totalScore": 30, "grade": z}, {"day": z, "totalScore": 20, "grade": z}]}),
        ["v1", "scoring", "contacts", _, "signals"] => json!({"items": [
            {"signalType": z, "source": z, "priority": z, "weight": 20, "currentWeight": 10.25,
                "decayModel": "linear", "decayHours": 72, "detectedAt": z, "decayedAt": z, "counted": true},
            {"signalType": z, "source": z, "priority": z, "weight": 20, "currentWeight": 0,
                "decayModel": z, "decayHours": 72, "detectedAt": z, "decayedAt": z, "counted": false}]}),
        ["v1", "scoring", "config"] => {
            config(z, &json!({"factor": z, "category": z, "weight": 5, "enabled": true}))
        }
        ["v1", "scoring", "signal-config"] => config(
            z,
            &json!({"signalType": z, "weight": null, "decayHours": 72,
            "decayModel": z, "tier": z, "enabled": false, "capPerDay": 3}),
        ),
        _ => return None,
    })
}

fn night(z: &str) -> Value {
    json!({"runId": z, "status": z, "startedAt": z, "completedAt": null, "correlationId": z, "inputsOf": z,
        "markets": [z], "chunksDone": 1, "chunksTotal": 2, "usersProcessed": 3, "usersFailed": 1,
        "usersSkipped": 1, "errorDetails": {z: z}, "metrics": {z: 1},
        "steps": [{"step": z, "doneAt": z, "tookMs": 1_200, "summary": {z: z}}]})
}

fn tournament(z: &str) -> Value {
    json!({"tournamentId": z, "name": z, "ranking": z, "tieBreaks": [z, z], "createdAt": z, "settledAt": z,
        "closedAt": z, "rulesVersion": 1, "rules": {z: z}})
}

fn entry(z: &str) -> Value {
    json!({"rank": 1.5, "atLeast": true, "memberId": z, "points": 3, "exactHits": 1, "rightOutcomes": 1})
}

fn config(z: &str, entry: &Value) -> Value {
    let stated = json!({"at": z, "by": z, "entries": [entry]});
    // Of this name somebody has published meanwhile.
    let draft = if z == GONE { Value::Null } else { stated.clone() };
    json!({"version": 2, "published": stated, "draft": draft})
}

/// What acts are answered with: all that any of them reads.
fn acted(z: &str) -> Value {
    json!({"before": [1, 2], "after": [2, 1], "changed": 1, "contacts": 3, "meanChange": 1.5,
        "crossings": [{"threshold": 50, "gained": 1, "lost": 0}],
        "movements": [{"from": z, "to": z, "contacts": 1}],
        "movers": [{"contactId": z, "before": 1, "after": 2}],
        "cost": {"contacts": 3, "chunks": 1, "queueOperations": 6},
        "executionId": z, "jobId": z, "replayId": z, "items": [rehearsal(z)], "caseId": z, "outcome": z,
        "reason": z, "detail": z, "scores": 1, "superseded": 1, "jobs": 1, "events": 1})
}

fn health(z: &str) -> Value {
    let warns = |code: &&str| json!({"code": code, "id": z, "name": z, "count": 3});
    let warnings: Vec<Value> = [z].iter().chain(&WARNINGS).map(warns).collect();
    json!({"status": z, "checks": {
        "database": {"status": z, "code": z},
        "schema": {"status": z, "code": z, "version": 16},
        "scheduler": {"status": z, "code": z, "duties": [{"name": z, "status": z, "ageSeconds": 70}]},
    }, "warnings": warnings})
}

/// What the health check warns of.
pub(super) const WARNINGS: [&str; 11] = [
    "scoreboard_drift",
    "matches_given_up",
    "night_partial",
    "night_failed",
    "dead_letters",
    "breaker_open",
    "run_stalled",
    "occurrences_missed",
    "rates_stale",
    "tokens_equal",
    "not_checked",
];

fn schedule(z: &str) -> Value {
    json!({"jobKey": z, "description": z, "owner": z, "schedule": z, "enabled": false,
        "disabledReason": z, "pauseNote": z, "running": true, "nextRunAt": z,
        "lastRun": {"startedAt": z, "status": z, "durationMs": 1_234},
        "queue": {"name": z, "pending": 1, "processing": 2, "dlq": 3}})
}

fn run(z: &str) -> Value {
    json!({"executionId": z, "jobKey": z, "trigger": z, "status": z, "organizationId": z, "requestId": z,
        "scheduledFor": z, "startedAt": z, "progressedAt": z, "finishedAt": null, "durationMs": null,
        "stalledAt": z, "cancelledAt": z, "outcome": z, "revision": 1, "estimate": {"seconds": 90},
        "jobs": {"total": 10, "completed": 4, "deadLettered": 2, "cancelled": 1, "unfinished": 3}})
}

fn job(z: &str) -> Value {
    json!({"jobId": z, "queue": z, "type": z, "organizationId": z, "executionId": z, "state": "queued",
        "attempt": 1, "failures": 1, "failuresMax": 3, "snoozeReason": z, "idempotencyKey": z,
        "requestId": z, "replays": 0, "createdAt": z, "availableAt": z, "expiresAt": z,
        "finishedAt": z, "lastError": z})
}

fn whole_job(z: &str) -> Value {
    let mut whole = job(z);
    let more = json!({"data": {z: [z]}, "receipt": {z: z}, "coalesced": 2, "scheduledFor": z,
        "errors": [{"attempt": 1, "at": z, "error": z}]});
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

fn case(z: &str, decision: Option<&str>) -> Value {
    json!({"caseId": z, "jobId": z, "messageId": z, "queue": z, "type": z, "organizationId": z,
        "reason": z, "detail": z, "fingerprint": z, "createdAt": z, "decision": decision,
        "decidedAt": z, "decidedBy": z, "decidedWhy": z, "replayId": z})
}

fn whole_case(z: &str) -> Value {
    let mut whole = case(z, (z == GONE).then_some("discarded"));
    let more = json!({"attempts": 3, "body": z, "bodyEncoding": z, "job": job(z),
        "errors": [{"attempt": 1, "at": z, "error": z}], "lineage": [case(z, Some(z))]});
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

fn rehearsal(z: &str) -> Value {
    json!({"caseId": z, "outcome": z, "reason": z, "detail": z, "scores": 1, "superseded": 1, "jobs": 2, "events": 3})
}

fn replay(z: &str) -> Value {
    json!({"replayId": z, "actor": z, "reason": z, "status": z, "filter": {z: z}, "canary": 1,
        "perSecond": 20, "replayed": 3, "completed": 1, "deadAgain": 1, "unfinished": 1, "refused": 1,
        "createdAt": z, "finishedAt": null, "canaries": [z, z], "stoppedBy": z})
}
