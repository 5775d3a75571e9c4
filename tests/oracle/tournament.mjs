// A tournament's final table, the plain way: every member, every match, one loop inside
// the other. It shares no code with the rules that it checks, and is meant to stay as
// plain as the rules.
//
//   node tournament.mjs FILE MEMBERS RULES
//
// FILE has the matches: JSON as openfootball has it ({"matches": [{"round", "date",
// "team1", "team2", "score": {"ft", "et", "p"}}]}), or the project's table (kickoff, round,
// home, away, full time, extra time, penalties). RULES is JSON: exactScore, goalDifference,
// outcome, multipliers, counted. Prints a line of JSON a member, the best first.
//
// Who guesses what follows from `number` below, of texts that name member and match:
// - `<member>`: joins so many minutes (% 9) after the first day, less 14 days;
// - `<member> late`: one in 20 joins at the beginning of a later day, and guesses only
//   what is played from that day on;
// - `<member> <round>/<home>/<away>`: one in 10 (% 10 = 0) does not guess; goals are
//   the ones of GOALS at bits 8 to 10 and 16 to 18; one in 16 (bits 24 to 27 = 0) comes
//   after the kickoff and is worth nothing; one in 16 (= 1) takes the place of another.
import { readFileSync } from "node:fs";

const GOALS = [0, 0, 1, 1, 1, 2, 2, 3];
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

// FNV-1a of the text's bytes, its bits then spread as MurmurHash3 does.
function number(text) {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function readMatches(file) {
  const text = readFileSync(file, "utf8");
  const matches = [];
  if (text.trimStart().startsWith("{")) {
    for (const { round, date, team1, team2, score } of JSON.parse(text).matches) {
      matches.push({ name: `${round}/${team1}/${team2}`, round, date, ...score });
    }
    return matches;
  }
  const goals = (score) => (score === "" ? undefined : score.split(":").map(Number));
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [kickoff, round, home, away, ft, et, p] = line.split(",");
    const [played, extra, penalties] = [ft, et, p].map(goals);
    const date = kickoff.slice(0, 10);
    matches.push({ name: `${round}/${home}/${away}`, round, date, ft: played, et: extra, p: penalties });
  }
  return matches;
}

function counted(match, rules) {
  if (rules.counted === "fullTime") return match.ft;
  const [home, away] = match.et ?? match.ft;
  if (rules.counted === "penalties" && match.p !== undefined) return [home + match.p[0], away + match.p[1]];
  return [home, away];
}

// Points are whole ten-thousandths: two decimals of points by two of a multiplier.
function earned(match, home, away, rules) {
  const [homeGoals, awayGoals] = counted(match, rules);
  const isExact = home === homeGoals && away === awayGoals;
  const isRight = Math.sign(home - away) === Math.sign(homeGoals - awayGoals);
  let points = 0;
  if (isRight) points = Math.max(points, rules.outcome);
  if (home - away === homeGoals - awayGoals) points = Math.max(points, rules.goalDifference);
  if (isExact) points = Math.max(points, rules.exactScore);
  const multiplier = rules.multipliers[match.round] ?? 1;
  return { points: Math.round(points * 100) * Math.round(multiplier * 100), isExact, isRight };
}

function play(matches, members, rules) {
  const days = [...new Set(matches.map((match) => match.date))].sort();
  const table = [];
  for (let nth = 0; nth < members; nth++) {
    const member = `m${String(nth).padStart(4, "0")}`;
    let joined = Date.parse(days[0]) - 14 * DAY + (number(member) % 9) * MINUTE;
    let from = days[0];
    const late = number(`${member} late`);
    if (late % 20 === 0) {
      from = days[(late >>> 8) % days.length];
      joined = Date.parse(from);
    }
    const line = { member, joined, points: 0, exactHits: 0, rightOutcomes: 0 };
    for (const match of matches) {
      const guess = number(`${member} ${match.name}`);
      if (match.date < from || guess % 10 === 0 || ((guess >>> 24) & 15) === 0) continue;
      const got = earned(match, GOALS[(guess >>> 8) & 7], GOALS[(guess >>> 16) & 7], rules);
      line.points += got.points;
      if (got.isExact) line.exactHits += 1;
      if (got.isRight) line.rightOutcomes += 1;
    }
    table.push(line);
  }
  return table;
}

function stands(one, other) {
  if (one.points !== other.points) return other.points - one.points;
  if (one.exactHits !== other.exactHits) return other.exactHits - one.exactHits;
  if (one.rightOutcomes !== other.rightOutcomes) return other.rightOutcomes - one.rightOutcomes;
  if (one.joined !== other.joined) return one.joined - other.joined;
  return one.member < other.member ? -1 : 1;
}

function ranks(line, place, table) {
  const better = new Set();
  let [above, tied, fewer] = [0, 0, 0];
  for (const other of table) {
    if (other.points > line.points) better.add(other.points);
    if (other.points > line.points) above += 1;
    else if (other.points === line.points) tied += 1;
    else fewer += 1;
  }
  const others = table.length - 1;
  // Tenths of a percent, a half up, in whole numbers.
  const percentile = others === 0 ? 1000 : Math.floor((2000 * fewer + others) / (2 * others));
  return {
    dense: better.size + 1,
    competition: above + 1,
    modified: above + tied,
    ordinal: place + 1,
    percentile: percentile / 10,
  };
}

const [file, members, rules] = process.argv.slice(2);
const table = play(readMatches(file), Number(members), JSON.parse(rules)).sort(stands);
for (const [place, line] of table.entries()) {
  const { member, points, exactHits, rightOutcomes } = line;
  console.log(JSON.stringify({ member, points: points / 10000, exactHits, rightOutcomes, ranks: ranks(line, place, table) }));
}
