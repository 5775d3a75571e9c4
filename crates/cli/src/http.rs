//! The admin API as the command calls it: a bearer token from the environment,
//! bounded repeats that double nothing, refusals told as problems.

mod address;
mod answer;
mod problem;
mod request;

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use uuid::Uuid;

use crate::failure::Usage;
use crate::random;

pub(crate) use answer::Answer;
pub(crate) use problem::Refused;
pub(crate) use request::Request;

/// Name of the variable that holds the operator's token. There is no flag for
/// it: every user of a machine sees the arguments of every program.
const TOKEN_VARIABLE: &str = "MAUNTIC_TOKEN";

/// Longest wait for an answer: the server ends its own work after 60 s.
const ANSWER_MAX: Duration = Duration::from_secs(70);

/// Times a request is sent at most.
const TRIES: u32 = 3;

/// Wait where nothing says how long: a second, then two.
const RETRY_BASE: Duration = Duration::from_secs(1);

/// Which deployment.
#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// Address of the HTTP worker; the operator's key stands in `MAUNTIC_TOKEN`.
    #[arg(long, env = "MAUNTIC_URL", global = true)]
    url: Option<String>,
}

/// A noun whose verbs call the API.
#[derive(clap::Args)]
pub(crate) struct Noun<V: clap::Subcommand> {
    #[command(flatten)]
    pub(crate) api: Args,
    #[command(subcommand)]
    pub(crate) verb: V,
}

impl Args {
    /// The API, for an operator.
    pub(crate) fn api(&self) -> anyhow::Result<Api> {
        let url = self.url.as_deref().unwrap_or_default();
        if url.is_empty() {
            let text = "name the deployment: --url or MAUNTIC_URL".to_owned();
            return Err(Usage(text).into());
        }
        let token = match std::env::var(TOKEN_VARIABLE) {
            Ok(token) if !token.trim().is_empty() => token,
            _ => return Err(Usage(format!("{TOKEN_VARIABLE} must hold an operator's key")).into()),
        };
        Api::new(url, Some(&token)).map_err(Into::into)
    }
}

/// The API of one deployment.
#[derive(Clone)]
pub(crate) struct Api {
    agent: ureq::Agent,
    base: String,
    bearer: Option<String>,
}

impl Api {
    /// Without a token only what is open to everybody answers.
    pub(crate) fn new(url: &str, token: Option<&str>) -> Result<Self, Usage> {
        let base = address::base(url).map_err(|why| Usage(format!("the address {why}")))?;
        let token = token.map(str::trim);
        if token.is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(Usage(format!("{TOKEN_VARIABLE} holds characters that no key has")));
        }
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_MAX))
            .http_status_as_error(false)
            // A redirect would take the token, or turn a POST into a GET.
            .max_redirects(0)
            .user_agent(concat!("mauntic/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self { agent, base, bearer: token.map(|token| format!("Bearer {token}")) })
    }

    /// The answer's JSON. What is refused for the moment only, or not answered,
    /// is sent again; what changes something has one key for all of its tries,
    /// so that it is done once.
    pub(crate) async fn call(&self, request: Request) -> anyhow::Result<Value> {
        let key = if request.changes() { Some(random::id()?.to_string()) } else { None };
        let mut tried = 1;
        loop {
            let outcome = self.send(&request, key.as_deref()).await;
            let is_last = tried >= TRIES;
            let (wait, why) = match &outcome {
                Ok(answer) if matches!(answer.status, 429 | 503) && !is_last => {
                    (answer.retry_after.unwrap_or(RETRY_BASE * tried), answer.refusal().to_line())
                }
                Err(error) if !is_last => (RETRY_BASE * tried, format!("{error:#}")),
                _ => return outcome?.json(tried > 1),
            };
            eprintln!("{why}; trying again in {} s", wait.as_secs());
            tokio::time::sleep(wait).await;
            tried += 1;
        }
    }

    /// Sends a request once and tells how it was answered, however it was.
    pub(crate) async fn send(
        &self,
        request: &Request,
        key: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let mut built = ureq::http::Request::builder()
            .method(request.method())
            .uri(format!("{}{}", self.base, request.target()))
            .header("Accept", "application/json, application/problem+json");
        if let Some(bearer) = &self.bearer {
            built = built.header("Authorization", bearer);
        }
        if let Some(key) = key {
            built = built.header("Idempotency-Key", key);
        }
        let body = request.body().map(ToString::to_string);
        let agent = self.agent.clone();
        let sent = tokio::task::spawn_blocking(move || match body {
            Some(body) => {
                let typed = built.header("Content-Type", "application/json").body(body)?;
                answer::read(agent.run(typed)?)
            }
            None => answer::read(agent.run(built.body(())?)?),
        });
        let place = || format!("{} {}", request.method(), self.base);
        sent.await?.with_context(place)
    }

    /// Hands over each part of what is answered in parts, from the first to the last: a
    /// request looks at so much and no more.
    pub(crate) async fn parts(
        &self,
        request: Request,
        mut take: impl FnMut(&Value),
    ) -> anyhow::Result<()> {
        let mut cursor: Option<String> = None;
        loop {
            let answer = self.call(request.clone().with("cursor", cursor.as_deref())).await?;
            take(&answer);
            let next = answer.get("next").and_then(Value::as_str).map(str::to_owned);
            if next.is_none() {
                return Ok(());
            }
            if next == cursor {
                bail!("the answer goes no further than the one before");
            }
            cursor = next;
        }
    }

    /// At most `limit` items of a list that has pages, as one answer; the rest
    /// begins at `next`.
    pub(crate) async fn list(&self, request: Request, limit: usize) -> anyhow::Result<Value> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = limit.saturating_sub(items.len()).min(request::PAGE_MAX);
            let asked = request.clone().with("limit", Some(page));
            let answer = self.call(asked.with("cursor", cursor.take())).await?;
            let page = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
            items.extend(page);
            cursor = answer.get("next").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() || items.len() >= limit {
                return Ok(serde_json::json!({"items": items, "next": cursor}));
            }
        }
    }
}

/// Whether waiting may help: nobody answered, or not for now.
pub(crate) fn is_passing(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<Refused>() {
        Some(refused) => matches!(refused.status, 429 | 502..=504),
        None => error.downcast_ref::<ureq::Error>().is_some(),
    }
}

/// Where a thing stands in the API, its name escaped.
pub(crate) fn path(before: &str, name: impl AsRef<str>, after: &str) -> String {
    format!("/api/v2/admin/{before}{}{after}", request::escaped(name.as_ref()))
}

/// [`path`] of an id.
pub(crate) fn id_path(before: &str, id: Uuid, after: &str) -> String {
    path(before, id.to_string(), after)
}
