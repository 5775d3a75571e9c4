//! `mauntic simulate portfolio`: what criteria make of assets.

use std::collections::BTreeSet;

use mauntic_domain::ids::AssetId;
use mauntic_domain::portfolio::scores::{BreakdownLine, breakdown};
use mauntic_domain::portfolio::{Criteria, Faults, Fundamentals, Place, Shown, read};
use serde::Serialize;
use serde_json::value::RawValue;

use super::lines::{NO_OBJECT, Refusal, invalid, render};

/// Most assets of a line: more than a line of 1 MiB holds.
const ASSETS_MAX: usize = 100_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Score<'a> {
    asset_id: &'a AssetId,
    score: Shown,
    breakdown: Vec<BreakdownLine<'a>>,
}

type Asset = (AssetId, Fundamentals);

pub(super) fn answer(line: &str) -> Result<String, Refusal> {
    let line: &RawValue = serde_json::from_str(line).map_err(|error| invalid(error.to_string()))?;
    if !line.get().starts_with('{') {
        return Err(invalid(NO_OBJECT));
    }
    let mut faults = Faults::default();
    let input = input(line, &mut faults);
    let input = faults.none_or(input).map_err(|faults| refusal(&faults))?;
    let (criteria, assets) = input.unwrap_or_default();
    let score = |(asset_id, known): &'_ Asset| {
        let (marks, score) = criteria.mark(known);
        let weighed = criteria.iter().map(|criterion| (&criterion.id, criterion.points));
        let breakdown = breakdown(weighed, &marks);
        render(&Score { asset_id, score: score.shown(), breakdown })
    };
    let scores: Vec<String> = assets.iter().map(score).collect::<Result<_, _>>()?;
    Ok(format!("{{\"scores\":[{}]}}", scores.join(",")))
}

fn input(line: &RawValue, faults: &mut Faults) -> Option<(Criteria, Vec<Asset>)> {
    let root = Place::default();
    let mut fields = read::Fields::of(line, &["criteria", "assets"], &root, faults)?;
    let criteria = fields
        .needed("criteria", faults)
        .map(|list| Criteria::read(list, &root.field("criteria"), faults));
    let at = root.field("assets");
    let assets = fields.needed("assets", faults)?;
    let assets = read::list(assets, ASSETS_MAX, &at, faults);
    let mut ids = BTreeSet::new();
    let assets = assets.into_iter().enumerate();
    let assets =
        assets.filter_map(|(index, value)| asset(value, &at.item(index), &mut ids, faults));
    let assets = assets.collect();
    Some((criteria?, assets))
}

fn asset(
    value: &RawValue,
    at: &Place,
    ids: &mut BTreeSet<AssetId>,
    faults: &mut Faults,
) -> Option<Asset> {
    let mut fields = read::Fields::of(value, &["id", "symbol", "fundamentals"], at, faults)?;
    let id = fields.text("id", faults, |text| {
        let id = AssetId::parse(text).map_err(|error| ("bad_id", error.to_string()))?;
        let twice = || ("duplicate_id", "is the id of another asset".to_owned());
        ids.insert(id.clone()).then_some(id).ok_or_else(twice)
    });
    // Nobody is asked about it here.
    let _symbol = fields.text("symbol", faults, Ok);
    let known = fields.needed("fundamentals", faults);
    let known = known.map(|known| read::fundamentals(known, &fields.at("fundamentals"), faults));
    Some((id?, known?))
}

/// All faults, each by its name and place.
fn refusal(faults: &Faults) -> Refusal {
    let listed = faults.listed().iter().map(|fault| format!("{} at {fault}", fault.name));
    let listed: Vec<String> = listed.collect();
    let more = match faults.found() - listed.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    invalid(format!("{}{more}", listed.join("; ")))
}
