//! Verifies a tournament's ledger: its chain, what settlements gave against guesses and
//! results, and the board against that; by parts, as far as one request may.
//!
//! I/O: reads a part at a time, each of one snapshot. What is settled meanwhile is
//! looked at as well, or not at all: nothing of it is a difference. It writes nothing.

use mauntic_domain::audit::Walk;
use mauntic_domain::ids::MemberId;
use mauntic_domain::scoreboard::chain::Weights;
use mauntic_domain::scoreboard::proof::{Difference, MemberTotals, Mismatch, Part, check_match};
use mauntic_domain::scoreboard::settlement::awards;
use uuid::Uuid;

use crate::ports::{
    Closed, Compared, LedgerStore, MatchPlace, PointsCheck, PortError, SettledMatch, Stray,
    TournamentRef, Which,
};

/// Entries of a page of the chain: about 300 bytes each.
const PAGE_ENTRIES: i64 = 1_000;

/// Most rows that a statement compares: under a second on two shared cores.
const ROWS_MAX: i64 = 200_000;

/// Most members of a part of a match: each has a guess and an entry of points or two.
const POINTS_MEMBERS: i64 = ROWS_MAX / 4;

/// Fewest members of a part of a board, however long the ledger is: 4,000 matches, the
/// most that there are, are 4,000,000 rows, some 4 s.
const BOARD_MEMBERS_MIN: i64 = 1_000;

/// Most statements of a request, and rows after which it begins no further one: a
/// request ends within 5 s, or the one long statement that it may have.
const STATEMENTS_MAX: usize = 50;
const REQUEST_ROWS_MAX: i64 = 5 * ROWS_MAX;

/// Most differences of a part that are told one by one; how many there are is counted.
const DIFFERENCES_MAX: i64 = 100;

/// Differences after which a request ends: at 250 bytes each a quarter of a MiB.
const REQUEST_DIFFERENCES_MAX: usize = 1_000;

/// What came of verifying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Entries of the ledger that were followed, up to this one.
    pub entries: i64,
    /// The ledger's end, as it was last seen.
    pub head: Walk,
    /// Matches that were looked at.
    pub matches: i64,
    /// Of these, whose newest result is to be settled yet.
    pub pending: i64,
    /// Guesses and lines of boards that were compared.
    pub compared: i64,
    /// Members with points by a guess that was stored last after the kickoff.
    pub unproven: i64,
    /// How the tournament was closed; told by the last part.
    pub closed: Option<Closed>,
    /// How many differences there are.
    pub found: i64,
    /// The first of each part.
    pub differences: Vec<Difference>,
    /// Where to go on; none where nothing is left.
    pub next: Option<Part>,
}

impl Verified {
    fn tell(&mut self, differences: impl IntoIterator<Item = Difference>) {
        let before = self.differences.len();
        self.differences.extend(differences);
        let told = self.differences.len() - before;
        self.found += i64::try_from(told).unwrap_or(i64::MAX);
    }

    /// Takes what was compared.
    fn take(&mut self, compared: &Compared, of: impl Fn(&MemberTotals) -> Difference) {
        self.differences.extend(compared.differences.iter().map(of));
        self.found += compared.found;
        self.compared += compared.looked;
        self.unproven += compared.unproven;
    }
}

/// Verifies from a part on; none where there is no such tournament.
///
/// # Errors
/// The database's.
pub async fn verify<S: LedgerStore>(
    session: &S,
    of: &TournamentRef,
    from: Part,
) -> Result<Option<Verified>, PortError> {
    let Some(end) = session.ledger_page(of, i64::MAX, 1).await? else { return Ok(None) };
    let mut verified = Verified { head: end.head, ..Verified::default() };
    let mut look = Look { session, of, weights: end.weights, seq: end.head.seq, rows: 0 };
    let mut part = Some(from);
    for _ in 0..STATEMENTS_MAX {
        let Some(next) = part else { break };
        part = look.at(next, &mut verified).await?;
        let is_told = verified.differences.len() >= REQUEST_DIFFERENCES_MAX;
        if is_told || look.rows >= REQUEST_ROWS_MAX {
            break;
        }
    }
    verified.next = part;
    Ok(Some(verified))
}

struct Look<'a, S> {
    session: &'a S,
    of: &'a TournamentRef,
    weights: Weights,
    /// The ledger's end.
    seq: i64,
    /// Rows that were read.
    rows: i64,
}

impl<S: LedgerStore> Look<'_, S> {
    /// Looks at a part; the next one.
    async fn at(&mut self, part: Part, to: &mut Verified) -> Result<Option<Part>, PortError> {
        match part {
            Part::Chain(walk) => self.chain(walk, to).await.map(Some),
            Part::Strays => {
                let strays = self.session.strays(self.of, DIFFERENCES_MAX).await?;
                to.tell(strays.into_iter().map(stray));
                Ok(Some(Part::Matches(None)))
            }
            Part::Matches(after) => {
                let Some(of) = self.session.settled_match(self.of, Which::After(after)).await?
                else {
                    return Ok(Some(Part::Board(None)));
                };
                self.settlements(&of, to).await.map(Some)
            }
            Part::Points(match_id, after) => {
                let which = Which::Exactly(match_id);
                let Some(of) = self.session.settled_match(self.of, which).await? else {
                    return Ok(Some(Part::Matches(Some(match_id))));
                };
                self.points(&of, Some(after), to).await.map(Some)
            }
            Part::Board(after) => self.board(after, to).await.map(Some),
            Part::Histogram => {
                self.histogram(None, to).await?;
                Ok(Some(Part::Leagues(None)))
            }
            Part::Leagues(after) => {
                let league = self.session.next_league(self.of, after).await?;
                Ok(Some(league.map_or(Part::Closing, |league| Part::League(league, None))))
            }
            Part::League(league, after) => self.league(league, after, to).await.map(Some),
            Part::Closing => {
                if let Some((closed, digest)) = self.session.closed(self.of).await? {
                    to.tell(as_closed(&closed, &digest, to.head.seq));
                    to.closed = Some(closed);
                }
                Ok(None)
            }
        }
    }

    async fn chain(&mut self, mut walk: Walk, to: &mut Verified) -> Result<Part, PortError> {
        let Some(page) = self.session.ledger_page(self.of, walk.seq, PAGE_ENTRIES).await? else {
            return Ok(Part::Strays);
        };
        to.head = page.head;
        let followed = walk.follow(&page.links);
        to.entries = walk.seq;
        let is_end = page.links.is_empty() || walk == page.head;
        let ended = if is_end { walk.finish(page.head) } else { Ok(()) };
        // What stands behind a break cannot be followed.
        match followed.and(ended) {
            Err(broken) => {
                to.tell([Difference::of_chain(broken)]);
                Ok(Part::Strays)
            }
            Ok(()) if is_end => Ok(Part::Strays),
            Ok(()) => Ok(Part::Chain(walk)),
        }
    }

    async fn settlements(
        &mut self,
        of: &SettledMatch,
        to: &mut Verified,
    ) -> Result<Part, PortError> {
        let settled = check_match(of.match_id, &of.stored, of.settled_version, &of.rows);
        to.matches += 1;
        to.pending += i64::from(settled.is_pending);
        to.tell(settled.differences);
        self.rows += of.rows.iter().map(|row| row.members).sum::<i64>();
        self.points(of, None, to).await
    }

    async fn points(
        &mut self,
        of: &SettledMatch,
        after: Option<MemberId>,
        to: &mut Verified,
    ) -> Result<Part, PortError> {
        let match_id = of.match_id;
        let settled = check_match(match_id, &of.stored, of.settled_version, &of.rows);
        let Some((applied, result)) = settled.applied else {
            return Ok(Part::Matches(Some(match_id)));
        };
        let check = PointsCheck {
            place: self.place(match_id),
            applied,
            awards: awards(&of.rules, &of.round, result),
            after,
            members: POINTS_MEMBERS,
        };
        let compared = self.session.compare_points(&check, DIFFERENCES_MAX).await?;
        to.take(&compared, |totals| Difference::of_points(match_id, totals));
        self.rows += 4 * compared.looked;
        Ok(compared
            .next
            .map_or(Part::Matches(Some(match_id)), |after| Part::Points(match_id, after)))
    }

    async fn board(
        &mut self,
        after: Option<MemberId>,
        to: &mut Verified,
    ) -> Result<Part, PortError> {
        let members = (ROWS_MAX / self.seq.max(1)).max(BOARD_MEMBERS_MIN);
        let (session, after) = (self.session, after.as_ref());
        let compared =
            session.compare_board(self.of, self.weights, after, members, DIFFERENCES_MAX).await?;
        to.take(&compared, |totals| totals.difference(Mismatch::BoardEntry));
        self.rows += compared.looked.saturating_mul(self.seq + 1);
        Ok(compared.next.map_or(Part::Histogram, |after| Part::Board(Some(after))))
    }

    async fn histogram(
        &mut self,
        league: Option<Uuid>,
        to: &mut Verified,
    ) -> Result<(), PortError> {
        let board = league.unwrap_or(self.of.tournament_id);
        let buckets = self.session.compare_histogram(self.of, board, DIFFERENCES_MAX).await?;
        to.tell(buckets.into_iter().map(|(points, stored, expected)| {
            Difference::of_bucket(points, stored, expected).in_league(league)
        }));
        Ok(())
    }

    /// A league's lines, and behind the last of them its histogram.
    async fn league(
        &mut self,
        league: Uuid,
        after: Option<MemberId>,
        to: &mut Verified,
    ) -> Result<Part, PortError> {
        let (session, after) = (self.session, after.as_ref());
        let members = ROWS_MAX / 4;
        let compared =
            session.compare_league(self.of, league, after, members, DIFFERENCES_MAX).await?;
        to.take(&compared, |totals| {
            totals.difference(Mismatch::BoardEntry).in_league(Some(league))
        });
        self.rows += 4 * compared.looked;
        if let Some(after) = compared.next {
            return Ok(Part::League(league, Some(after)));
        }
        self.histogram(Some(league), to).await?;
        Ok(Part::Leagues(Some(league)))
    }

    fn place(&self, match_id: Uuid) -> MatchPlace {
        let TournamentRef { organization_id, tournament_id } = self.of.clone();
        MatchPlace { organization_id, tournament_id, match_id }
    }
}

/// Where a closed tournament is not as it was closed.
fn as_closed(closed: &Closed, digest: &str, seq: i64) -> Vec<Difference> {
    let of = |is: String, should: String| Difference::of(Mismatch::Closing, is, should);
    let end = |seq: i64| format!("the ledger's end at entry {seq}");
    let lines = (digest != closed.digest)
        .then(|| of(format!("lines of digest {digest}"), format!("of digest {}", closed.digest)));
    let ledger = (seq != closed.ledger_seq).then(|| of(end(seq), end(closed.ledger_seq)));
    lines.into_iter().chain(ledger).collect()
}

fn stray(of: Stray) -> Difference {
    let (kind, seq, stored, expected) = match of {
        Stray::Entry(seq) => {
            (Mismatch::EntryMatch, seq, "no match".to_owned(), "a match of the tournament")
        }
        Stray::Points(seq, rows) => {
            (Mismatch::PointsStray, seq, format!("{rows} entries of points"), "none")
        }
    };
    Difference { seq: Some(seq), ..Difference::of(kind, stored, expected) }
}
