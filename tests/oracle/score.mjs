// The scoring table, written down a second time in another language and by
// other means: points are integers of ten-thousandths, rules are a flat list of
// [name, points, category, predicate]. Reads one JSON object a line
// ({features, config, context, signals, asOf}, or {weight, decayModel,
// decayHours, elapsedMillis} for what is left of a weight), writes one a line.
// It shares no code with the rules it checks, and is meant to stay as plain as
// the table.
import { createInterface } from "node:readline";

const is = (key, value) => (features) => features[key] === value;
const yes = (key) => (features) => features[key] === true;
const TABLE = [
  ["has_email", 10, "fit", yes("hasEmail")],
  ["has_phone", 15, "fit", yes("hasPhone")],
  ["has_direct_phone", 10, "fit", yes("hasDirectPhone")],
  ["company_size_smb", 5, "fit", is("companySize", "smb")],
  ["company_size_mid", 10, "fit", is("companySize", "mid")],
  ["company_size_enterprise", 15, "fit", is("companySize", "enterprise")],
  ["seniority_c_level", 20, "fit", is("seniority", "c_level")],
  ["seniority_vp", 15, "fit", is("seniority", "vp")],
  ["seniority_director", 10, "fit", is("seniority", "director")],
  ["seniority_manager", 5, "fit", is("seniority", "manager")],
  ["high_engagement", 15, "engagement", is("engagementLevel", "high")],
  ["medium_engagement", 10, "engagement", is("engagementLevel", "medium")],
  ["content_download", 10, "engagement", (f) => (f.contentDownloads ?? 0) > 0],
  ["pricing_page", 20, "intent", yes("pricingPageVisit")],
  ["demo_request", 30, "intent", yes("demoRequest")],
  ["free_trial", 25, "intent", yes("freeTrialSignup")],
];
// Category, the field of a context that replaces it, the name of what it then has.
const REPLACED_BY = [
  ["fit", "demographic", "context_demographic"],
  ["engagement", "engagement", "context_engagement"],
  ["intent", "intent", "context_intent"],
];

const exact = (number) => Math.round(number * 10000);
const shown = (points) => points / 10000;

function factorsOf(features, config) {
  const found = [];
  for (const [factor, points, category, applies] of TABLE) {
    if (!applies(features)) continue;
    const own = config.find((entry) => entry.factor === factor);
    if (own === undefined) found.push({ factor, category, points: exact(points) });
    else if (own.enabled !== false) found.push({ factor, category: own.category, points: exact(own.weight) });
  }
  for (const [factor, value] of Object.entries(features.customFactors ?? {})) {
    if (!(value === true || value > 0)) continue;
    // A name of the table is the feature's own and means nothing here, as is that of signals.
    if (factor === "intent_signals" || TABLE.some(([name]) => name === factor)) continue;
    const own = config.find((entry) => entry.factor === factor);
    if (own === undefined || own.enabled === false) continue;
    found.push({ factor, category: own.category, points: exact(own.weight) });
  }
  return found;
}

// What is left of a weight, in hundredths: rounded once, halves up.
function left({ weight, decayModel, decayHours, elapsedMillis }) {
  const whole = decayHours * 3600000;
  if (elapsedMillis < 0 || elapsedMillis >= whole) return 0;
  const hundredths = Math.round(weight * 100);
  // Exact integers where a half can be: doubles hold them below 2^53.
  const divided = (of, by) => Number((2n * BigInt(of) + BigInt(by)) / (2n * BigInt(by)));
  if (decayModel === "exponential") return Math.round(hundredths * Math.exp((-3 * elapsedMillis) / whole));
  if (decayModel === "linear") return divided(hundredths * (whole - elapsedMillis), whole);
  if (elapsedMillis < whole / 2) return hundredths;
  return divided(hundredths, elapsedMillis < (whole * 3) / 4 ? 2 : 4);
}

function ofSignals(signals, asOf, config) {
  const own = config.find((entry) => entry.factor === "intent_signals");
  if (own?.enabled === false) return [];
  const age = (signal) => Date.parse(asOf) - Date.parse(signal.detectedAt);
  const weighed = signals.map((signal) => left({ ...signal, elapsedMillis: age(signal) }));
  const sum = weighed.reduce((points, one) => points + one * 100, 0);
  const points = Math.min(sum, own === undefined ? exact(40) : exact(own.weight));
  return points > 0 ? [{ factor: "intent_signals", category: own?.category ?? "intent", points }] : [];
}

function score({ features = {}, config = [], context, signals, asOf }) {
  let found = [...factorsOf(features, config), ...ofSignals(signals ?? [], asOf, config)];
  for (const [category, field, factor] of REPLACED_BY) {
    const given = context?.[field];
    if (given === undefined || given === null) continue;
    found = found.filter((one) => one.category !== category);
    found.push({ factor, category, points: exact(given) });
  }
  const sum = (of) => of.reduce((points, one) => points + one.points, 0);
  const scoreOf = (category) => shown(sum(found.filter((one) => one.category === category)));
  const total = Math.min(1000000, Math.max(0, sum(found)));
  const grade = total >= 800000 ? "A" : total >= 600000 ? "B" : total >= 400000 ? "C" : total >= 200000 ? "D" : "F";
  const largest = found.toSorted((a, b) => b.points - a.points || (a.factor < b.factor ? -1 : 1));
  return {
    totalScore: shown(total),
    grade,
    fitScore: scoreOf("fit"),
    engagementScore: scoreOf("engagement"),
    intentScore: scoreOf("intent"),
    components: Object.fromEntries(found.map(({ factor, points }) => [factor, shown(points)])),
    topContributors: largest
      .slice(0, 5)
      .map(({ factor, category, points }) => ({ factor, category, points: shown(points) })),
  };
}

const answer = (question) => ("elapsedMillis" in question ? { currentWeight: left(question) / 100 } : score(question));

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== "") process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
}
