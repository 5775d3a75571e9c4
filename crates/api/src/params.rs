//! Parameters of the path and the query.

use axum::extract::{FromRequestParts, Path, Query, RawPathParams};
use axum::http::Uri;
use axum::http::request::Parts;
use mauntic_domain::ids::{ContactId, MemberId};
use mauntic_domain::jobs::Queue;
use mauntic_domain::warmup::DomainName;
use uuid::Uuid;

use crate::code::Code;
use crate::faults::{Faults, Part};
use crate::pointer::Pointer;
use crate::problem::Problem;
use crate::source::{UUID_FORM, uuid};

/// The contact that the path names.
pub(crate) struct ContactPath(pub(crate) ContactId);

impl<S: Send + Sync> FromRequestParts<S> for ContactPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = text(parts, state, "contactId").await?;
        ContactId::parse(text).map(Self).map_err(|error| refused("contactId", error.to_string()))
    }
}

/// The sending domain that the path names.
pub(crate) struct DomainPath(pub(crate) DomainName);

impl<S: Send + Sync> FromRequestParts<S> for DomainPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = text(parts, state, "domain").await?;
        DomainName::parse(&text).map(Self).map_err(|error| refused("domain", error.to_string()))
    }
}

/// A text in the path's one place.
async fn text<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &'static str,
) -> Result<String, Problem> {
    // The extractor fails on percent-encoding that is no UTF-8.
    let path = Path::<String>::from_request_parts(parts, state).await;
    path.map(|Path(text)| text).map_err(|_| refused(name, "must be UTF-8 text".to_owned()))
}

fn refused(name: &str, message: String) -> Problem {
    let mut faults = Faults::of(Part::Path);
    faults.add(&Pointer::root().field(name), message);
    faults.problem()
}

/// An id that the path names.
pub(crate) struct IdPath(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for IdPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let NamePath(text) = NamePath::from_request_parts(parts, state).await?;
        uuid(&text).map(Self).ok_or_else(|| refused("id", format!("must be {UUID_FORM}")))
    }
}

/// A tournament and one of its members, that the path names.
pub(crate) struct MemberPath(pub(crate) Uuid, pub(crate) MemberId);

impl<S: Send + Sync> FromRequestParts<S> for MemberPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let mut faults = Faults::of(Part::Path);
        let not_text = |_| refused("memberId", "must be UTF-8 text".to_owned());
        let Path((tournament, member)) = path.map_err(not_text)?;
        let tournament = uuid(&tournament);
        if tournament.is_none() {
            faults.add(&Pointer::root().field("tournamentId"), format!("must be {UUID_FORM}"));
        }
        let member = MemberId::parse(member)
            .map_err(|error| faults.add(&Pointer::root().field("memberId"), error.to_string()));
        match (tournament, member) {
            (Some(tournament), Ok(member)) => Ok(Self(tournament, member)),
            _ => Err(faults.problem()),
        }
    }
}

/// What the path of a tournament's route names; a handler uses what its own path has.
pub(crate) struct Places {
    /// The tournament; of a path without one nobody's.
    pub(crate) tournament: Uuid,
    /// The match, or the league.
    pub(crate) id: Uuid,
    /// The member.
    pub(crate) member: MemberId,
}

impl<S: Send + Sync> FromRequestParts<S> for Places {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // The extractor fails on percent-encoding that is no UTF-8, and names no place.
        let Ok(params) = RawPathParams::from_request_parts(parts, state).await else {
            return Err(refused("", "must be UTF-8 text".to_owned()));
        };
        let mut faults = Faults::of(Part::Path);
        let (mut tournament, mut id, mut member) = (None, None, None);
        for (name, text) in &params {
            let at = Pointer::root().field(name);
            if name == "memberId" {
                match MemberId::parse(text) {
                    Ok(found) => member = Some(found),
                    Err(error) => faults.add(&at, error.to_string()),
                }
                continue;
            }
            let slot = if name == "tournamentId" { &mut tournament } else { &mut id };
            *slot = uuid(text);
            if slot.is_none() {
                faults.add(&at, format!("must be {UUID_FORM}"));
            }
        }
        faults.check()?;
        let nobody = MemberId::parse("-").map_err(|error| refused("memberId", error.to_string()));
        Ok(Self {
            tournament: tournament.unwrap_or_default(),
            id: id.unwrap_or_default(),
            member: member.map_or(nobody, Ok)?,
        })
    }
}

/// A name in the path: of something that is there, or is not.
pub(crate) struct NamePath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for NamePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        // Percent-encoding that is no UTF-8 is the name of nothing, and so is what
        // no column holds.
        let name = path.ok().map(|Path(text)| text).filter(|text| !text.contains('\0'));
        Ok(Self(name.unwrap_or_default()))
    }
}

/// The queue that the path names, by its production name.
pub(crate) struct QueuePath(pub(crate) Queue);

impl<S: Send + Sync> FromRequestParts<S> for QueuePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let NamePath(name) = NamePath::from_request_parts(parts, state).await?;
        Queue::from_name(&name).map(Self).ok_or_else(|| Problem::new(Code::QueueNotFound))
    }
}

/// Reads the query's parameters: each of `names` at most once, and no others.
/// They come back in the order of `names`.
pub(crate) fn query<const N: usize>(
    uri: &Uri,
    names: [&str; N],
) -> Result<[Option<String>; N], Problem> {
    let mut faults = Faults::of(Part::Query);
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
        faults.add(&Pointer::root(), "must be name=value pairs joined by &");
        return Err(faults.problem());
    };
    let mut values = [const { None }; N];
    for (name, value) in pairs {
        let place = names.iter().position(|known| *known == name);
        match place.and_then(|index| values.get_mut(index)) {
            Some(slot @ None) => *slot = Some(value),
            Some(Some(_)) => faults.add(&Pointer::root().field(&name), "must be given once"),
            None => {
                let known = format!("is not known here; known are {}", names.join(", "));
                faults.add(&Pointer::root().field(&name), known);
            }
        }
    }
    faults.check()?;
    Ok(values)
}

/// Reads a limit on the number of lines.
pub(crate) fn limit(text: Option<&str>, default: u16, max: u16) -> Result<u16, Problem> {
    let Some(text) = text else {
        return Ok(default);
    };
    let number =
        text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    number.filter(|n| (1..=max).contains(n)).ok_or_else(|| {
        let mut faults = Faults::of(Part::Query);
        let message = format!("must be a whole number from 1 to {max}");
        faults.add(&Pointer::root().field("limit"), message);
        faults.problem()
    })
}
