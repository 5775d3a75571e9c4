// The scoring table, written down a second time in another language and by
// other means: points are integers of hundredths, rules are a flat list of
// [name, hundredths, category, predicate]. Reads one JSON object a line
// ({features, config, context}), writes one a line. It shares no code with the
// rules it checks, and is meant to stay as plain as the table.
import { createInterface } from "node:readline";

const is = (key, value) => (features) => features[key] === value;
const yes = (key) => (features) => features[key] === true;
const TABLE = [
  ["has_email", 1000, "fit", yes("hasEmail")],
  ["has_phone", 1500, "fit", yes("hasPhone")],
  ["has_direct_phone", 1000, "fit", yes("hasDirectPhone")],
  ["company_size_smb", 500, "fit", is("companySize", "smb")],
  ["company_size_mid", 1000, "fit", is("companySize", "mid")],
  ["company_size_enterprise", 1500, "fit", is("companySize", "enterprise")],
  ["seniority_c_level", 2000, "fit", is("seniority", "c_level")],
  ["seniority_vp", 1500, "fit", is("seniority", "vp")],
  ["seniority_director", 1000, "fit", is("seniority", "director")],
  ["seniority_manager", 500, "fit", is("seniority", "manager")],
  ["high_engagement", 1500, "engagement", is("engagementLevel", "high")],
  ["medium_engagement", 1000, "engagement", is("engagementLevel", "medium")],
  ["content_download", 1000, "engagement", (f) => (f.contentDownloads ?? 0) > 0],
  ["pricing_page", 2000, "intent", yes("pricingPageVisit")],
  ["demo_request", 3000, "intent", yes("demoRequest")],
  ["free_trial", 2500, "intent", yes("freeTrialSignup")],
];

const hundredths = (number) => Math.round(number * 100);

function score({ features = {}, config = [], context = {} }) {
  const applied = [];
  for (const [name, points, category, applies] of TABLE) {
    if (!applies(features)) continue;
    const own = config.find((entry) => entry.factor === name);
    if (own === undefined) applied.push([name, points, category]);
    else if (own.enabled !== false) applied.push([name, hundredths(own.weight), own.category]);
  }
  for (const [name, value] of Object.entries(features.customFactors ?? {})) {
    if (!(value === true || value > 0)) continue;
    const own = config.find((entry) => entry.factor === name);
    if (own !== undefined && own.enabled !== false) {
      applied.push([name, hundredths(own.weight), own.category]);
    }
  }
  const replaced = { fit: context?.demographic, engagement: context?.engagement, intent: context?.intent };
  const sums = {};
  for (const category of ["fit", "engagement", "intent"]) {
    const own = applied.filter(([, , of]) => of === category).reduce((sum, [, p]) => sum + p, 0);
    sums[category] = replaced[category] == null ? own : hundredths(replaced[category]);
  }
  const total = Math.min(10000, Math.max(0, sums.fit + sums.engagement + sums.intent));
  const grade = total >= 8000 ? "A" : total >= 6000 ? "B" : total >= 4000 ? "C" : total >= 2000 ? "D" : "F";
  return {
    totalScore: total / 100,
    grade,
    fitScore: sums.fit / 100,
    engagementScore: sums.engagement / 100,
    intentScore: sums.intent / 100,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== "") process.stdout.write(`${JSON.stringify(score(JSON.parse(line)))}\n`);
}
