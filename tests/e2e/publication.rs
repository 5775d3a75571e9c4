//! A configuration that is published in the middle of a recompute: the run ends
//! with the one that it began with, whole, and another one follows with the new.

use std::collections::BTreeSet;

use chrono::Utc;
use mauntic_flows::ports::Scope;
use mauntic_local::workers::Build;
use mauntic_tests::recompute::fill;
use mauntic_tests::stack::{Answer, Request, Stack, until};
use mauntic_tests::world::organization;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::operations::given::{count, text};

/// Four chunks.
const CONTACTS: i64 = 20_000;

/// A chunk waits until the test lets it go.
const HOLD: &str = "create function public.hold() returns trigger language plpgsql as $$ begin
    new.available_at := clock_timestamp() + interval '1 h';
    new.wake_at := new.available_at;
    return new; end $$;
  create trigger hold before insert on jobs.job for each row
    when (new.type = 'scoring.RecomputeChunk') execute function public.hold();";

/// $1 a run, $2 how many of its waiting chunks wait no longer.
const LET_GO: &str = "update jobs.job set available_at = clock_timestamp(),
    wake_at = clock_timestamp()
  where id in (select id from jobs.job where run_id::text = $1 and finished_at is null
    and type = 'scoring.RecomputeChunk' order by id limit $2)";

/// $1 a run: how many of its chunks are completed, and how many there are.
const CHUNKS: &str = "select count(*) filter (where state = 'completed'), count(*) from jobs.job
  where run_id::text = $1 and type = 'scoring.RecomputeChunk'";

struct Publisher {
    stack: Stack,
    owner: Client,
    key: String,
}

impl Publisher {
    async fn start() -> Self {
        let stack = Stack::start(Build::Production, &[]).await;
        let scopes = [Scope::Read, Scope::Write];
        let key = stack.organization(&organization("org_a"), &scopes).await;
        let owner = stack.owner().await;
        fill(&owner, "org_a", CONTACTS, Utc::now()).await;
        owner.batch_execute(HOLD).await.unwrap();
        Self { stack, owner, key }
    }

    fn send(&self, method: &str, path: &str, seen: &str, body: &Value) -> Answer {
        let (key, body) = (Some(self.key.as_str()), body.to_string());
        let if_match = Some(seen);
        let request = Request { method, path, key, if_match, body: &body, ..Request::default() };
        let answer = self.stack.send(request).unwrap();
        assert!(answer.status < 300, "{method} {path}: {}", answer.body);
        answer
    }

    /// Publishes what an e-mail address weighs; the state before it has this tag.
    fn publish(&self, seen: &str, weight: i64) -> Answer {
        let entries =
            json!({"entries": [{"category": "fit", "factor": "has_email", "weight": weight}]});
        let drafted = self.send("PUT", "/api/v1/scoring/config", seen, &entries);
        let tag = &drafted.headers["etag"];
        self.send("POST", "/api/v1/scoring/config/publish", tag, &json!({}))
    }

    /// Ticks until so many chunks of a run are completed, of all four.
    async fn until_completed(&self, run: &str, wanted: i64) {
        until(
            &format!("{wanted} chunks of {run} are completed"),
            || self.stack.story(),
            async || {
                self.stack.tick();
                let row = self.owner.query_one(CHUNKS, &[&run]).await.unwrap();
                ((row.get::<_, i64>(0), row.get::<_, i64>(1)) == (wanted, 4)).then_some(())
            },
        )
        .await;
    }

    /// Lets the rest of a run go, and waits for its end.
    async fn end(&self, run: &str) {
        self.owner.execute(LET_GO, &[&run, &4_i64]).await.unwrap();
        self.until_completed(run, 4).await;
        let status = "select status from jobs.run where id::text = $1";
        assert_eq!(text(&self.owner, status, run).await.as_deref(), Some("completed"));
    }

    /// Every score is of this version, and so is what an e-mail address weighs in it.
    async fn all_scores_are_of(&self, version: i64, weight: i64) {
        let sql = format!(
            "select count(*) from scoring.lead_scores s
             join scoring.contact_features f using (organization_id, contact_id)
             where s.config_version = {version} and (f.features->'hasEmail' = 'true')
               = (s.contributions @> '[{{\"factor\": \"has_email\", \"points\": {weight}}}]')"
        );
        assert_eq!(count(&self.owner, &sql).await, CONTACTS, "scores of version {version}");
    }

    /// The epochs that the chunks of a run carry, and the one it is pinned to.
    async fn epochs(&self, run: &str) -> BTreeSet<Option<i64>> {
        let sql = "select (data->>'configEpoch')::int8 from jobs.job
            where run_id::text = $1 and type = 'scoring.RecomputeChunk'
          union select pinned from jobs.run where id::text = $1";
        let rows = self.owner.query(sql, &[&run]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_in_the_middle_of_a_run_is_for_the_next_one() {
    let at = Publisher::start().await;
    let first = at.publish("\"0.0\"", 20);
    assert_eq!(first.body["opened"], true, "{}", first.body);
    let run = first.body["executionId"].as_str().unwrap();
    at.until_completed(run, 0).await;
    at.owner.execute(LET_GO, &[&run, &2_i64]).await.unwrap();
    at.until_completed(run, 2).await;
    let second = at.publish(&first.headers["etag"], 30);
    let told = (&second.body["opened"], &second.body["executionId"]);
    assert_eq!(told, (&json!(false), &json!(run)), "{}", second.body);
    let third = at.publish(&second.headers["etag"], 50);
    assert_eq!((&third.body["opened"], &third.body["version"]), (&json!(false), &json!(3)));
    at.end(run).await;
    at.all_scores_are_of(1, 20).await;
    let next = "select id::text from jobs.run where id::text <> $1";
    let next = text(&at.owner, next, run).await.expect("another run is open");
    at.until_completed(&next, 0).await;
    at.end(&next).await;
    at.all_scores_are_of(3, 50).await;
    let epochs = [at.epochs(run).await, at.epochs(&next).await];
    assert!(epochs.iter().all(|of| of.len() == 1) && epochs[0] < epochs[1], "{epochs:?}");
    let runs = "select count(*) from jobs.run";
    assert_eq!(count(&at.owner, runs).await, 2, "what is published is scored once");
}
