//! Cursors: opaque texts that hold a place in a list.
//!
//! Each carries a check over its content and over the list it is of, so that a
//! cursor that was cut, edited or taken from another list, another filter or
//! another organization is refused instead of giving a page that looks right.
//! The check is no secret and need not be: a forged cursor names a place in a
//! list that the caller may read anyway.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use mauntic_domain::contact_events::CAMPAIGN_CHARS_MAX;
use mauntic_domain::ids::{
    AssetId, ContactId, EventId, MemberId, NAME_LENGTH_MAX, OrganizationId, PortfolioUserId,
};
use mauntic_domain::points::PointsE4;
use mauntic_domain::scoreboard::proof::Part;
use mauntic_domain::scoring::score::TOTAL_MAX;
use mauntic_domain::warmup::DomainName;
use mauntic_domain::warmup::name::DOMAIN_CHARS_MAX;
use mauntic_flows::ports::{
    BoardPlace, MatchTime, Position, ReportPlace, ScorePlace, SettlementPlace, SignalPlace,
    TournamentRef, UserKey, VerificationPlace,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Kind and version of the leaderboard's; a cursor of another list or of an
/// older build is refused.
const LEADERBOARD: &str = "leaderboard.2";

const CHECK_BYTES: usize = 8;
/// Of a number of points, and of an instant.
const NUMBER_BYTES: usize = 8;

/// Of an id.
const ID_BYTES: usize = 16;

/// Of a day.
const DAY_BYTES: usize = 4;
/// Before each text of a report: no text has it.
const BEFORE_TEXT: char = '\0';

/// Most bytes of a place, which is one in the report of campaigns: a day and a text of
/// 64 characters of 4 bytes.
const PLACE_BYTES_MAX: usize = DAY_BYTES + 1 + CAMPAIGN_CHARS_MAX * 4;

const _: () = assert!(DOMAIN_CHARS_MAX < PLACE_BYTES_MAX);
const _: () = assert!(NUMBER_BYTES + NAME_LENGTH_MAX < PLACE_BYTES_MAX);

/// Most characters of a cursor: 8 + 261 bytes are 360 in base64.
pub(crate) const CURSOR_CHARS_MAX: usize = (CHECK_BYTES + PLACE_BYTES_MAX).div_ceil(3) * 4;

/// A place in a list, as bytes.
pub(crate) trait Place: Sized {
    /// Writes it.
    fn to_bytes(&self) -> Vec<u8>;
    /// Reads it; `None` for bytes that are no place.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

/// After an id.
impl Place for Uuid {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

/// After a number.
impl Place for i64 {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

/// After an instant, in microseconds as the database has it.
impl Place for DateTime<Utc> {
    fn to_bytes(&self) -> Vec<u8> {
        self.timestamp_micros().to_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        // A time that the database can hold, whoever made the cursor.
        let micros = i64::from_bytes(bytes)?;
        Self::from_timestamp_micros(micros).filter(|time| (1970..10_000).contains(&time.year()))
    }
}

/// After a match, or a guess about it.
impl Place for MatchTime {
    fn to_bytes(&self) -> Vec<u8> {
        [self.kickoff.to_bytes().as_slice(), self.id.as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (time, id) = bytes.split_first_chunk::<NUMBER_BYTES>()?;
        Some(Self { kickoff: DateTime::from_bytes(time)?, id: <Uuid as Place>::from_bytes(id)? })
    }
}

/// After an entry of a ledger.
impl Place for SettlementPlace {
    fn to_bytes(&self) -> Vec<u8> {
        let (seq, tournament) = (self.seq.to_bytes(), self.tournament_id.as_bytes());
        [seq.as_slice(), tournament, self.organization_id.as_str().as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (seq, rest) = bytes.split_first_chunk::<NUMBER_BYTES>()?;
        let (tournament, owner) = rest.split_at_checked(ID_BYTES)?;
        Some(Self {
            organization_id: OrganizationId::parse(std::str::from_utf8(owner).ok()?).ok()?,
            tournament_id: <Uuid as Place>::from_bytes(tournament)?,
            seq: i64::from_be_bytes(*seq),
        })
    }
}

/// After what came of asking about a match.
impl Place for VerificationPlace {
    fn to_bytes(&self) -> Vec<u8> {
        let (at, attempt) = (self.fetched_at.to_bytes(), i64::from(self.attempt).to_bytes());
        [at.as_slice(), &attempt, self.job_id.as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk::<NUMBER_BYTES>()?;
        let (attempt, job) = rest.split_first_chunk::<NUMBER_BYTES>()?;
        Some(Self {
            fetched_at: DateTime::from_bytes(at)?,
            job_id: <Uuid as Place>::from_bytes(job)?,
            attempt: i32::try_from(i64::from_be_bytes(*attempt)).ok()?,
        })
    }
}

/// After a line of a board.
impl Place for BoardPlace {
    fn to_bytes(&self) -> Vec<u8> {
        let (standing, joined_at) = (self.standing.to_bytes(), self.joined_at.to_bytes());
        [standing.as_slice(), &joined_at, self.member.as_str().as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (standing, rest) = bytes.split_first_chunk::<NUMBER_BYTES>()?;
        let (joined_at, member) = rest.split_first_chunk::<NUMBER_BYTES>()?;
        Some(Self {
            standing: i64::from_be_bytes(*standing),
            joined_at: DateTime::from_bytes(joined_at)?,
            member: MemberId::parse(std::str::from_utf8(member).ok()?).ok()?,
        })
    }
}

/// After a signal of a contact.
impl Place for SignalPlace {
    fn to_bytes(&self) -> Vec<u8> {
        [self.detected_at.to_bytes().as_slice(), self.event_id.as_str().as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (time, event) = bytes.split_first_chunk::<NUMBER_BYTES>()?;
        let detected_at = DateTime::from_bytes(time)?;
        let event_id = EventId::parse(std::str::from_utf8(event).ok()?).ok()?;
        Some(Self { detected_at, event_id })
    }
}

/// After a sending domain.
impl Place for DomainName {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(bytes).ok()?).ok()
    }
}

/// After a line of a report.
impl Place for ReportPlace {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.from.num_days_from_ce().to_be_bytes().to_vec();
        for text in &self.texts {
            bytes.extend(BEFORE_TEXT.to_string().as_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (day, texts) = bytes.split_first_chunk::<DAY_BYTES>()?;
        let from = NaiveDate::from_num_days_from_ce_opt(i32::from_be_bytes(*day))?;
        let mut texts = std::str::from_utf8(texts).ok()?.split(BEFORE_TEXT);
        // Before the first of them is nothing.
        let is_whole = texts.next() == Some("") && (0..10_000).contains(&from.year());
        is_whole.then(|| Self { from, texts: texts.map(str::to_owned).collect() })
    }
}

/// Between two names, of which none has it.
const BETWEEN: char = '\0';

/// After an asset of a user.
impl Place for ScorePlace {
    fn to_bytes(&self) -> Vec<u8> {
        format!("{}{BETWEEN}{}", self.user, self.asset).into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (user, asset) = std::str::from_utf8(bytes).ok()?.split_once(BETWEEN)?;
        let (user, asset) = (PortfolioUserId::parse(user).ok()?, AssetId::parse(asset).ok()?);
        Some(Self { user, asset })
    }
}

/// After a user of an organization.
impl Place for UserKey {
    fn to_bytes(&self) -> Vec<u8> {
        format!("{}{BETWEEN}{}", self.0, self.1).into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (owner, user) = std::str::from_utf8(bytes).ok()?.split_once(BETWEEN)?;
        Some((OrganizationId::parse(owner).ok()?, PortfolioUserId::parse(user).ok()?))
    }
}

/// After a tournament.
impl Place for TournamentRef {
    fn to_bytes(&self) -> Vec<u8> {
        [self.tournament_id.as_bytes(), self.organization_id.as_str().as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, owner) = bytes.split_first_chunk::<16>()?;
        let organization_id = OrganizationId::parse(std::str::from_utf8(owner).ok()?).ok()?;
        Some(Self { organization_id, tournament_id: Uuid::from_bytes(*id) })
    }
}

/// Where a verification goes on.
impl Place for Part {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }
}

/// After a line of a leaderboard.
impl Place for Position {
    fn to_bytes(&self) -> Vec<u8> {
        let total = self.total.e4().to_be_bytes();
        [total.as_slice(), self.contact_id.as_str().as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (total, contact) = bytes.split_first_chunk::<NUMBER_BYTES>()?;
        let total = PointsE4::from_e4(i64::from_be_bytes(*total));
        let contact_id = ContactId::parse(std::str::from_utf8(contact).ok()?).ok()?;
        (PointsE4::ZERO..=TOTAL_MAX).contains(&total).then_some(Self { total, contact_id })
    }
}

/// Writes a place in the list of that scope: its name and all that decides what
/// is in it, without U+0000.
pub(crate) fn seal(scope: &str, place: &impl Place) -> String {
    let place = place.to_bytes();
    URL_SAFE_NO_PAD.encode([check(scope, &place).as_slice(), &place].concat())
}

/// Reads a place; `None` for anything that [`seal`] did not write for this scope.
pub(crate) fn unseal<C: Place>(scope: &str, text: &str) -> Option<C> {
    if text.len() > CURSOR_CHARS_MAX {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (found, place) = bytes.split_first_chunk::<CHECK_BYTES>()?;
    if *found != check(scope, place) {
        return None;
    }
    C::from_bytes(place)
}

/// Writes a position in an organization's leaderboard.
pub(crate) fn encode(organization: &OrganizationId, position: &Position) -> String {
    seal(&leaderboard(organization), position)
}

/// Reads a position; `None` for anything that [`encode`] did not write for
/// this organization.
pub(crate) fn decode(organization: &OrganizationId, text: &str) -> Option<Position> {
    unseal(&leaderboard(organization), text)
}

fn leaderboard(organization: &OrganizationId) -> String {
    format!("{LEADERBOARD} {organization}")
}

fn check(scope: &str, place: &[u8]) -> [u8; CHECK_BYTES] {
    let mut hash = Sha256::new();
    // A scope holds no zero byte, so the parts cannot run into each other.
    hash.update(scope.as_bytes());
    hash.update([0]);
    hash.update(place);
    let mut check = [0; CHECK_BYTES];
    check.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    check
}
