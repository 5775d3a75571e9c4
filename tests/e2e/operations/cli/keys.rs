//! The owner's verbs: schema, seed, keys.

use mauntic_local::postgres::SUPERUSER;
use mauntic_store::admin;
use mauntic_store::connect::Tcp;
use serde_json::json;

use super::{Cli, SEEDED};
use crate::operations::NOTHING;
use crate::operations::given::{self, count};

pub(super) async fn a_database_is_migrated_and_seeded(cli: &mut Cli) {
    admin::ensure_database(&cli.owner, "fresh").await.unwrap();
    let of_stack = cli.database.clone();
    cli.database = cli.stack.postgres.url(SUPERUSER, "fresh");
    let migrated = cli.json(&["migrate"]);
    let applied = migrated["applied"].as_array().unwrap().len();
    assert_eq!(migrated["migrations"], applied, "{migrated}");
    assert_eq!(cli.json(&["migrate"])["applied"], json!([]));
    let fresh = Tcp::new(&cli.database).unwrap().client().await.unwrap();
    let version = count(&fresh, "select count(*) from jobs.job").await;
    assert_eq!(version, 0);
    cli.database = of_stack;
    let seeded = json!({"organizationId": SEEDED, "contacts": 200, "portfolios": 12});
    assert_eq!(cli.json(&["seed"]), seeded);
    let sql = "select count(*) from scoring.contact_features where organization_id = 'org_123'";
    assert_eq!(count(&cli.owner, sql).await, 200);
}

pub(super) async fn a_key_is_made_and_revoked(cli: &mut Cli) {
    cli.run(&["keys", "create", "--scopes", "everything"]).failed("everything");
    // An operator's scope fits no organization.
    let wrong = ["keys", "create", "--scopes", "operate", "--organization", SEEDED];
    cli.run(&wrong).failed("scopes fit");
    cli.run(&["keys", "create", "--scopes", "read,write"]).failed("scopes fit");
    cli.run(&["keys", "create"]).misused("--scopes");
    let tenant = cli.json(&["keys", "create", "--scopes", "read", "--organization", SEEDED]);
    let path = "/api/v1/scoring/leaderboard";
    let call = |cli: &Cli| cli.stack.call("GET", path, tenant["key"].as_str(), None).status;
    assert_eq!(call(cli), 200);
    let id = tenant["id"].as_str().unwrap();
    cli.run(&["keys", "revoke", id]).ok();
    assert_eq!(call(cli), 401);
    cli.run(&["keys", "revoke", id]).failed("no live key");
    cli.run(&["keys", "revoke", NOTHING]).failed("no live key");
    let viewer = {
        let unsaid = ["keys", "create", "--scopes", "read", "--note", "who only looks"];
        cli.run(&unsaid).failed("--operator");
        cli.json(&[&unsaid[..], &["--operator"]].concat())
    };
    let call =
        |cli: &Cli, method, path| cli.stack.call(method, path, viewer["key"].as_str(), None).status;
    assert_eq!(call(cli, "GET", "/api/v2/admin/queues"), 200);
    assert_eq!(call(cli, "POST", "/api/v2/admin/breakers/alert_webhook/reset"), 403);
    let sql = "select actor from jobs.audit where action = 'breaker.reset' and outcome = $1";
    let actor = given::text(&cli.owner, sql, "insufficient_scope").await;
    assert_eq!(actor.as_deref(), viewer["id"].as_str(), "by a name of its own");
    let made = cli.json(&["keys", "create", "--scopes", "operate", "--note", "of the test"]);
    let sql = "select count(*) from jobs.audit where actor = 'owner'
      and action in ('key.create', 'key.revoke') and outcome = 'done'";
    // Three keys, one of them revoked.
    assert_eq!(count(&cli.owner, sql).await, 4);
    let sql = "select target from jobs.audit where action = $1";
    assert_eq!(given::text(&cli.owner, sql, "key.revoke").await.as_deref(), Some(id));
    // From here on its holder works.
    made["key"].as_str().unwrap().clone_into(&mut cli.token);
}
