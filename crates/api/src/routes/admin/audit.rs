//! The audit: what operators did and were refused, and whether it is what was
//! written.

use axum::Json;
use axum::http::{HeaderMap, Uri};
use mauntic_domain::audit::{Broken, Entry, Hash, Link, Walk};
use mauntic_flows::commands::verify_audit::verify;
use mauntic_flows::ports::{AuditFilter, OperatorStore, Ports};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::auth::Operator;
use crate::page::{Asked, Listed};
use crate::problem::Problem;
use crate::problems::OperatorListProblems;
use crate::query::Query;
use crate::routes::shown;
use crate::source::{NAME_CHARS_MAX, Source};

/// Most characters of a target that is searched for.
const TARGET_CHARS_MAX: usize = 200;

/// A row of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditLine {
    /// Gapless, from 1.
    seq: i64,
    /// When it was written.
    #[schema(format = DateTime)]
    at: String,
    /// In hexadecimal: of the entry and of the hash before it.
    hash: String,
    /// None for one that cannot be read, which the verification tells of.
    #[schema(required)]
    entry: Option<AuditEntry>,
}

/// What an operator did, or was refused.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEntry {
    /// A key's id, `bootstrap`, `viewer`, or `owner` for who has the database.
    actor: String,
    /// What, such as `cron.run`.
    action: String,
    /// To what: a key, an id or a name.
    target: String,
    /// `done`, or the code of the refusal.
    outcome: String,
    /// Why, in the actor's words.
    #[schema(required)]
    reason: Option<String>,
    /// How it was before; null where nothing was, or nothing was done.
    before: Value,
    /// How it is now.
    after: Value,
    /// Correlation id of the request.
    request_id: String,
}

impl From<Entry> for AuditEntry {
    fn from(entry: Entry) -> Self {
        Self {
            actor: entry.actor,
            action: entry.action,
            target: entry.target,
            outcome: entry.outcome,
            reason: entry.reason,
            before: entry.before,
            after: entry.after,
            request_id: entry.request_id,
        }
    }
}

impl From<Link> for AuditLine {
    fn from(link: Link) -> Self {
        let entry: Option<Entry> = serde_json::from_str(&link.entry).ok();
        Self {
            seq: link.seq,
            at: shown(link.at),
            hash: hex(&link.hash),
            entry: entry.map(AuditEntry::from),
        }
    }
}

/// Whether the audit is what was written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerifiedAudit {
    /// Whether all of it is; false until it is complete.
    verified: bool,
    /// Whether nothing is left to be followed. If something is, the next request
    /// goes on with `after` the entries and with their `hash`.
    complete: bool,
    /// Entries that are, from the first on.
    entries: i64,
    /// Hash of the last of them, in hexadecimal.
    hash: String,
    /// The chain's last hash, in hexadecimal; who keeps it elsewhere can tell a
    /// chain that was written anew.
    head: String,
    /// The first place where it is not.
    #[schema(required)]
    broken: Option<BrokenLine>,
}

/// Where the audit is not what was written.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BrokenLine {
    #[schema(pattern = "^(gap|altered|end)$")]
    code: &'static str,
    /// Where, for people.
    message: String,
}

impl From<Broken> for BrokenLine {
    fn from(broken: Broken) -> Self {
        let code = match broken {
            Broken::Gap { .. } => "gap",
            Broken::Altered { .. } => "altered",
            Broken::End { .. } => "end",
        };
        Self { code, message: broken.to_string() }
    }
}

/// What operators did and were refused, newest first: all that is named must
/// hold.
#[utoipa::path(
    get,
    path = "/api/v2/admin/audit",
    operation_id = "list_audit",
    tag = "admin",
    params(
        ("actor" = Option<String>, Query, description = "By this actor", max_length = 100),
        ("action" = Option<String>, Query, description = "This action", max_length = 100, example = "cron.run"),
        ("target" = Option<String>, Query, description = "To this target", max_length = 200),
        ("outcome" = Option<String>, Query, description = "`done`, or the code of the refusal", max_length = 100),
        ("limit" = Option<u16>, Query, description = "Lines of a page; 20 by default", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = Listed<AuditLine>,
            headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last"))),
        OperatorListProblems
    ),
    security(("bearer" = []))
)]
pub(super) async fn audit<P: Ports>(
    operator: Operator<P>,
    uri: Uri,
) -> Result<(HeaderMap, Json<Listed<AuditLine>>), Problem> {
    let names = ["actor", "action", "target", "outcome", "limit", "cursor"];
    let mut query = Query::of(&uri, &names, &[]);
    let (asked, before) = Asked::read(&uri, &mut query);
    let filter = AuditFilter {
        actor: query.short("actor", NAME_CHARS_MAX),
        action: query.short("action", NAME_CHARS_MAX),
        target: query.short("target", TARGET_CHARS_MAX),
        outcome: query.short("outcome", NAME_CHARS_MAX),
    };
    query.done()?;
    let page = operator.look().audit(&filter, before, asked.one_more()).await?;
    Ok(asked.cut(page.links, |link: &Link| link.seq))
}

/// Follows the audit's chain, at most 10,000 entries a request. 200 whatever it
/// finds: `verified` says it.
#[utoipa::path(
    get,
    path = "/api/v2/admin/audit/verify",
    operation_id = "verify_audit",
    tag = "admin",
    params(
        ("after" = Option<i64>, Query, description = "Go on behind this entry: `entries` of the answer before, or an entry whose hash somebody kept; with `hash`", minimum = 0),
        ("hash" = Option<String>, Query, description = "That entry's hash; with `after`", pattern = "^[0-9a-f]{64}$"),
    ),
    responses((status = 200, description = "What was found", body = VerifiedAudit), OperatorListProblems),
    security(("bearer" = []))
)]
pub(super) async fn verify_audit<P: Ports>(
    operator: Operator<P>,
    uri: Uri,
) -> Result<Json<VerifiedAudit>, Problem> {
    let found = verify(&operator.look(), begin(&uri)?).await?;
    Ok(Json(VerifiedAudit {
        verified: found.complete && found.broken.is_none(),
        complete: found.complete,
        entries: found.walk.seq,
        hash: hex(&found.walk.hash),
        head: hex(&found.head.hash),
        broken: found.broken.map(BrokenLine::from),
    }))
}

/// Where to begin: at the chain's first entry unless somebody says otherwise.
fn begin(uri: &Uri) -> Result<Walk, Problem> {
    let mut query = Query::of(uri, &["after", "hash"], &[]);
    let given = ["after", "hash"].map(|name| query.has(name));
    let seq = query.parsed("after", "the number of an entry", |text| {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse().ok()).flatten()
    });
    let hash = query.parsed("hash", "64 hexadecimal digits", unhex);
    match given {
        [true, false] => query.fault("hash", "is needed with `after`".to_owned()),
        [false, true] => query.fault("after", "is needed with `hash`".to_owned()),
        _ => {}
    }
    query.done()?;
    Ok(seq.zip(hash).map_or_else(Walk::default, |(seq, hash)| Walk { seq, hash }))
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hash as [`hex`] writes it.
fn unhex(text: &str) -> Option<Hash> {
    let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let number = |at: usize| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok();
    let mut hash = Hash::default();
    if !is_hex || text.len() != 2 * hash.len() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = number(at)?;
    }
    Some(hash)
}
