//! A tournament's final table as our boards show it, in the form of the script that is
//! asked for it.

use mauntic_domain::scoreboard::ranks::Kind;
use mauntic_flows::ports::{BoardKey, BoardLine, BoardPlace, BoardStore, Database};
use serde_json::{Value, json};

use super::stage::{TOURNAMENT, owner};

/// Lines of a page.
const PAGE: i64 = 100;

const BOARD: BoardKey = BoardKey { tournament: TOURNAMENT, league: None };

/// The final table with ranks of every kind, page by page.
pub async fn shown(db: &impl Database) -> Vec<Value> {
    let session = db.open().await.expect("a session");
    let (owner, mut lines) = (owner(), Vec::<Value>::new());
    for kind in Kind::ALL {
        let (mut after, mut nth): (Option<BoardPlace>, _) = (None, 0);
        loop {
            let page = session.board_page(&owner, BOARD, kind, after.as_ref(), PAGE);
            let board = page.await.expect("a page").expect("a board");
            if board.slice.lines.is_empty() {
                break;
            }
            for (line, rank) in board.slice.ranked(kind) {
                if kind == Kind::ALL[0] {
                    let (of, totals) = (&line.entrant.member, line.entrant.totals);
                    lines.push(json!({"member": of, "points": totals.points,
                        "exactHits": totals.exact_hits,
                        "rightOutcomes": totals.right_outcomes, "ranks": {}}));
                }
                assert_eq!(lines[nth]["member"], json!(line.entrant.member), "{kind:?}");
                lines[nth]["ranks"][kind.name()] = json!(rank)["rank"].clone();
                nth += 1;
            }
            after = board.slice.lines.last().map(BoardLine::at);
        }
    }
    lines
}

/// Lines that are not the same, the first few.
#[must_use]
pub fn differences(expected: &[Value], found: &[Value]) -> Vec<String> {
    let lines = expected.len().max(found.len());
    let pairs = (0..lines).map(|nth| (expected.get(nth), found.get(nth)));
    let different = pairs.filter(|(one, other)| one != other);
    different.map(|(one, other)| format!("{one:?}, found {other:?}")).take(5).collect()
}
