//! The providers of matches, exchange rates and prices as they answer HTTP, for local
//! running and for tests with real workers; without any I/O of its own. What time it is
//! there, and what goes wrong, is set by `PUT /now` (RFC 3339) and `PUT /trouble` (a
//! [`Trouble`]'s name).

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use mauntic_domain::ids::{ProviderMatchId, ProviderTournamentId};
use mauntic_domain::portfolio::Symbol;
use mauntic_flows::ports::{CallError, Request};

use crate::market::Market;
use crate::provider::Provider;

/// Longer than anybody waits for an answer.
const TOO_LONG: Duration = Duration::from_secs(30);

/// What goes wrong with every answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// It hangs up.
    Down,
    /// It says that it fails.
    Failing,
    /// It says something that is no answer.
    Garbage,
    /// It answers when nobody waits any more.
    Slow,
    /// It does not know who asks.
    Refusing,
}

impl Trouble {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::None, Self::Down, Self::Failing, Self::Garbage, Self::Slow, Self::Refusing];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Down => "down",
            Self::Failing => "failing",
            Self::Garbage => "garbage",
            Self::Slow => "slow",
            Self::Refusing => "refusing",
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Status code; 0 hangs up.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// How long the caller waits for it.
    pub after: Duration,
}

/// The providers, and how they do.
#[derive(Debug, Default)]
pub struct Desk {
    /// The script of matches.
    pub provider: Provider,
    /// The script of rates and prices.
    pub market: Market,
    ahead: TimeDelta,
    trouble: Trouble,
}

impl Desk {
    /// Where all is well.
    #[must_use]
    pub fn new(provider: Provider, market: Market) -> Self {
        Self { provider, market, ..Self::default() }
    }

    /// From now on it is `at` here, and time passes.
    pub fn set_now(&mut self, at: DateTime<Utc>, wall: DateTime<Utc>) {
        self.ahead = at - wall;
    }

    /// From now on this goes wrong.
    pub fn set_trouble(&mut self, trouble: Trouble) {
        self.trouble = trouble;
    }

    /// Answers a request that came at `wall`.
    pub fn answer(
        &mut self,
        (method, path): (&str, &str),
        body: &str,
        wall: DateTime<Utc>,
    ) -> Told {
        match (method, path) {
            ("PUT", "/now") => match DateTime::parse_from_rfc3339(body.trim()) {
                Ok(at) => {
                    self.set_now(at.to_utc(), wall);
                    told(204, "")
                }
                Err(_) => told(400, "a time as in 2022-12-18T17:00:00Z\n"),
            },
            ("PUT", "/trouble") => {
                let named = Trouble::ALL.into_iter().find(|one| one.name() == body.trim());
                if let Some(trouble) = named {
                    self.set_trouble(trouble);
                    return told(204, "");
                }
                let names = Trouble::ALL.map(Trouble::name).join(", ");
                told(400, &format!("one of {names}\n"))
            }
            ("GET", path) => request(path).map_or(told(404, ""), |asked| self.look(&asked, wall)),
            _ => told(405, ""),
        }
    }

    fn look(&mut self, asked: &Request, wall: DateTime<Utc>) -> Told {
        let now = wall + self.ahead;
        let answer = match asked {
            Request::Rates | Request::Quotes { .. } => self.market.answer(asked, now),
            _ => self.provider.answer(asked, now),
        };
        match self.trouble {
            Trouble::None => {}
            Trouble::Down => return told(0, ""),
            Trouble::Failing => return told(503, "{}"),
            Trouble::Garbage => return told(200, "<html>we are moving</html>"),
            Trouble::Slow => return Told { after: TOO_LONG, ..told(200, "{}") },
            Trouble::Refusing => return told(401, "{}"),
        }
        match answer {
            Ok(body) => Told { status: 200, body, after: Duration::ZERO },
            Err(CallError::Refused { status }) => told(status, "{}"),
            Err(CallError::Failed { .. } | CallError::NotConfigured) => told(0, ""),
        }
    }
}

fn told(status: u16, body: &str) -> Told {
    Told { status, body: body.as_bytes().to_vec(), after: Duration::ZERO }
}

/// What is asked for by a path, whatever stands before it.
fn request(line: &str) -> Option<Request> {
    let (path, query) = line.split_once('?').unwrap_or((line, ""));
    if path.ends_with("/rates/latest") {
        return Some(Request::Rates);
    }
    if path.ends_with("/quotes") {
        let listed = decoded(query.strip_prefix("symbols=")?)?;
        let symbols = listed.split(',').map(Symbol::parse).collect::<Result<_, _>>().ok()?;
        return Some(Request::Quotes { symbols });
    }
    matches(path)
}

/// Matches by `/tournaments/{id}/matches` and what may follow; ids hold nothing that has to
/// be decoded.
fn matches(path: &str) -> Option<Request> {
    let (_, path) = path.split_once("/tournaments/")?;
    let mut parts = path.split('/');
    let tournament = ProviderTournamentId::parse(parts.next()?).ok()?;
    if parts.next()? != "matches" {
        return None;
    }
    let asked = match parts.next() {
        None => Request::Matches { tournament },
        Some(id) => Request::Match { tournament, id: ProviderMatchId::parse(id).ok()? },
    };
    parts.next().is_none().then_some(asked)
}

/// A query's value; none where it is not percent-encoded ASCII.
fn decoded(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next()?.to_owned();
    for piece in pieces {
        let byte = u8::from_str_radix(piece.get(..2)?, 16).ok().filter(u8::is_ascii)?;
        decoded.push(char::from(byte));
        decoded.push_str(piece.get(2..)?);
    }
    Some(decoded)
}
