// What criteria make of a portfolio, written down a second time in another language and
// by other means: numbers are fractions of BigInts, and nothing is rounded but what is
// shown, and prices in another currency, to 28 digits. Reads one JSON object a line
// ({criteria, baseCurrency, rates: {base, units}, assets: [{id, symbol}], quotes:
// {symbol: {currency, fundamentals}}}, all numbers strings), writes one a line:
// {maximum, scores: [{assetId, score, percentage, breakdown}]}, or {reason}.
// It shares no code with the rules it checks, and is meant to stay as plain as they are.
import { createInterface } from "node:readline";

const DIGITS = 28;
const ten = (power) => 10n ** BigInt(power);

// A number as [above, below] of a fraction.
function fraction(text) {
  const [whole, decimals = ""] = text.split(".");
  return [BigInt(whole + decimals), ten(decimals.length)];
}

const minus = ([a, b], [c, d]) => a * d - c * b;
const plus = ([a, b], [c, d]) => [a * d + c * b, b * d];
const size = (number) => (number < 0n ? -number : number);

// So many decimals, halves away from zero: the digits without their point.
function rounded([above, below], decimals) {
  const digits = (2n * size(above) * ten(decimals) + size(below)) / (2n * size(below));
  return above < 0n === below < 0n ? digits : -digits;
}

function shown(number, decimals = 4) {
  const digits = rounded(number, decimals);
  const text = `${size(digits)}`.padStart(decimals + 1, "0");
  const at = text.length - decimals;
  return `${digits < 0n ? "-" : ""}${text.slice(0, at)}.${text.slice(at)}`;
}

// Of 28 digits as many are decimals as are not needed before the point.
function kept(number) {
  const whole = size(number[0]) / size(number[1]);
  const before = whole === 0n ? 0 : `${whole}`.length;
  if (before > DIGITS) return undefined;
  const digits = rounded(number, DIGITS - before);
  return size(digits) >= ten(DIGITS) && before === DIGITS ? undefined : [digits, ten(DIGITS - before)];
}

function matches({ metric, operator, value, value2 }, known) {
  const number = known[metric];
  if (number === undefined) return false;
  if (operator === "exists") return true;
  const by = minus(number, fraction(value));
  if (operator === "gt") return by > 0n;
  if (operator === "lt") return by < 0n;
  if (operator === "gte") return by >= 0n;
  if (operator === "lte") return by <= 0n;
  if (operator === "equals") return by === 0n;
  return value2 !== undefined && by >= 0n && minus(number, fraction(value2)) <= 0n;
}

function scored(criteria, known) {
  const breakdown = [];
  let score = [0n, 1n];
  for (const criterion of criteria) {
    const required = criterion.requiredFundamentals ?? [criterion.metric];
    const skipped = required.some((metric) => known[metric] === undefined);
    const matched = !skipped && matches(criterion, known);
    if (matched) score = plus(score, fraction(criterion.points));
    breakdown.push({
      criterionId: criterion.id,
      matched,
      pointsAwarded: matched ? Number(criterion.points) : 0,
      skippedReason: skipped ? "missing_fundamental" : null,
    });
  }
  return { score, breakdown };
}

function answer({ criteria, baseCurrency, rates, assets, quotes }) {
  const units = (currency) => (currency === rates.base ? "1" : rates.units[currency]);
  const maximum = criteria
    .map(({ points }) => fraction(points))
    .filter(([above]) => above > 0n)
    .reduce(plus, [0n, 1n]);
  if (assets.some(({ symbol }) => quotes[symbol] === undefined)) return { reason: "missing_price" };
  const scores = [];
  const reasons = new Set();
  for (const { id, symbol } of assets) {
    const { currency, fundamentals } = quotes[symbol];
    const known = {};
    for (const [metric, number] of Object.entries(fundamentals)) {
      if (number !== null) known[metric] = fraction(number);
    }
    if (known.price !== undefined && currency !== baseCurrency) {
      const [to, from] = [units(baseCurrency), units(currency)];
      if (to === undefined || from === undefined) {
        reasons.add("missing_rate");
        continue;
      }
      const [[a, b], [c, d], [e, f]] = [known.price, fraction(to), fraction(from)];
      known.price = kept([a * c * f, b * d * e]);
      if (known.price === undefined) {
        reasons.add("bad_numbers");
        continue;
      }
    }
    const { score, breakdown } = scored(criteria, known);
    const hundredths = maximum[0] === 0n ? [0n, 1n] : [score[0] * maximum[1] * 100n, score[1] * maximum[0]];
    scores.push({ assetId: id, score: shown(score), percentage: shown(hundredths), breakdown });
  }
  for (const reason of ["missing_rate", "bad_numbers"]) if (reasons.has(reason)) return { reason };
  return { maximum: shown(maximum), scores };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== "") process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
