//! A whole tournament: its matches, members and guesses as anybody can compute them
//! again, and its final table by other code (`oracle/tournament.mjs`, which states how
//! guesses are made).
//!
//! | file | what |
//! |---|---|
//! | [`told`] | what its provider says of a match, by the clock |
//! | [`stage`], [`postgres`] | the double and PostgreSQL, with a clock that the test moves |
//! | [`table`] | the final table as boards show it |
//! | [`play`] | from the first kickoff to the last settlement |

pub mod play;
pub mod postgres;
pub mod stage;
pub mod table;
pub mod told;

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use mauntic_domain::ids::MemberId;
use mauntic_domain::scoreboard::{MatchResult, Round, Score};
use serde_json::Value;
use uuid::Uuid;

/// Goals of guesses, by three bits.
const GOALS: [i64; 8] = [0, 0, 1, 1, 1, 2, 2, 3];

/// A match as it was played.
#[derive(Debug, Clone)]
pub struct Played {
    /// Ours.
    pub id: Uuid,
    /// Its round.
    pub round: Round,
    /// The team named first.
    pub home: String,
    /// The team named second.
    pub away: String,
    /// When it began.
    pub kickoff: DateTime<Utc>,
    /// How it ended.
    pub result: MatchResult,
}

impl Played {
    /// Its name for what is computed of it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.round, self.home, self.away)
    }
}

/// A member, and when it joins.
#[derive(Debug, Clone)]
pub struct Member {
    /// The name.
    pub name: MemberId,
    /// Since when.
    pub joined_at: DateTime<Utc>,
}

/// A member's guess about a match.
#[derive(Debug, Clone, Copy)]
pub struct Guessed {
    /// The score.
    pub score: Score,
    /// Whether it comes after the kickoff, and counts for nothing.
    pub is_late: bool,
    /// The guess that it takes the place of.
    pub first: Option<Score>,
}

/// A tournament that was played.
#[derive(Debug, Clone)]
pub struct Tournament {
    /// Its matches, the first kickoff first.
    pub matches: Vec<Played>,
    /// Where the script reads them.
    pub file: PathBuf,
}

impl Tournament {
    /// The 2022 World Cup by the project's table; the script reads what openfootball
    /// has, where that is there.
    #[must_use]
    pub fn world_cup() -> Self {
        let own =
            mauntic_local::repository_root().join("crates/domain/src/scoreboard/worldcup-2022.csv");
        let text = std::fs::read_to_string(&own).expect("the project's table");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let file = openfootball("worldcup-2022.json").unwrap_or(own);
        Self { matches: numbered(lines.map(of_line).collect()), file }
    }

    /// The English league's season of 2024/25; none where the file is not there.
    #[must_use]
    pub fn league() -> Option<Self> {
        let file = openfootball("premier-league-2024-25.json")?;
        let text = std::fs::read_to_string(&file).expect("the league's matches");
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let matches = all["matches"].as_array().expect("matches").iter().map(of_json).collect();
        Some(Self { matches: numbered(matches), file })
    }

    /// So many members.
    #[must_use]
    pub fn members(&self, many: usize) -> Vec<Member> {
        let mut days: Vec<_> = self.matches.iter().map(|of| of.kickoff.date_naive()).collect();
        days.sort_unstable();
        days.dedup();
        let begin = |nth: usize| days[nth].and_time(chrono::NaiveTime::MIN).and_utc();
        (0..many)
            .map(|nth| {
                let name = format!("m{nth:04}");
                let late = number(&format!("{name} late"));
                let joined_at = if late.is_multiple_of(20) {
                    begin(usize::try_from(late >> 8).expect("a number") % days.len())
                } else {
                    let minutes = TimeDelta::minutes((number(&name) % 9).into());
                    begin(0) - TimeDelta::days(14) + minutes
                };
                Member { name: MemberId::parse(name).expect("a name"), joined_at }
            })
            .collect()
    }
}

impl Member {
    /// What it guesses about a match.
    #[must_use]
    pub fn guess(&self, of: &Played) -> Option<Guessed> {
        let guess = number(&format!("{} {}", self.name, of.name()));
        let day = of.kickoff.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
        if self.joined_at > day || guess.is_multiple_of(10) {
            return None;
        }
        let goals = |shift: u32| GOALS[usize::try_from((guess >> shift) & 7).expect("three bits")];
        let score = Score::new(goals(8), goals(16)).expect("a score");
        let first = Score::new(goals(16) + 1, goals(8)).expect("a score");
        let kind = (guess >> 24) & 15;
        Some(Guessed { score, is_late: kind == 0, first: (kind == 1).then_some(first) })
    }
}

/// FNV-1a of the text's bytes, its bits then spread as MurmurHash3 does.
#[must_use]
pub fn number(text: &str) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for byte in text.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// A file of openfootball's, in the directory that the environment names.
fn openfootball(name: &str) -> Option<PathBuf> {
    let directory = std::env::var_os("MAUNTIC_OPENFOOTBALL")?;
    let file = Path::new(&directory).join(name);
    assert!(file.is_file(), "MAUNTIC_OPENFOOTBALL has no {name}");
    Some(file)
}

/// In the order of kickoffs, which ids follow.
fn numbered(mut matches: Vec<Played>) -> Vec<Played> {
    matches.sort_by(|a, b| (a.kickoff, &a.home).cmp(&(b.kickoff, &b.home)));
    for (nth, of) in (1..).zip(&mut matches) {
        of.id = Uuid::from_u128(0x019c_7a00_4444_7000_8000_0000_0000_0000 + nth);
    }
    matches
}

fn played(
    [round, home, away]: [&str; 3],
    kickoff: DateTime<Utc>,
    [ft, et, p]: [Option<Score>; 3],
) -> Played {
    let (home, away) = (home.to_owned(), away.to_owned());
    let result = MatchResult::new(ft.expect("a score"), et, p).expect("a result");
    let round = Round::parse(round).expect("a round");
    Played { id: Uuid::nil(), round, home, away, kickoff, result }
}

fn of_line(line: &str) -> Played {
    let fields: Vec<&str> = line.split(',').collect();
    let [kickoff, round, home, away, ft, et, p] = fields[..] else { panic!("{line}") };
    let score = |text: &str| {
        let (home, away) = text.split_once(':')?;
        let goals = |text: &str| text.parse().expect("goals");
        Score::new(goals(home), goals(away)).ok()
    };
    played([round, home, away], kickoff.parse().expect("a time"), [ft, et, p].map(score))
}

/// Its times are a town's; that they are not Greenwich's all summer changes no order.
fn of_json(of: &Value) -> Played {
    let text = |name: &str| of[name].as_str().expect("a text");
    let kickoff = format!("{} {}", text("date"), text("time"));
    let kickoff = NaiveDateTime::parse_from_str(&kickoff, "%F %R").expect("a time").and_utc();
    let score = |part: &str| {
        let goals = of["score"][part].as_array()?;
        let [home, away] = [0, 1].map(|nth: usize| goals[nth].as_i64().expect("goals"));
        Score::new(home, away).ok()
    };
    let names = [text("round"), text("team1"), text("team2")];
    played(names, kickoff, ["ft", "et", "p"].map(score))
}
