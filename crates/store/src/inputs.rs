//! What scoring reads: contacts, their signals and configurations of one
//! snapshot, and how the contacts are cut into ranges.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::jobs::data::{ContactPlace, ContactRange};
use mauntic_domain::scoring::{Config, Decay, DecayHours, DecayModel, Signal, SignalWeight};
use mauntic_flows::ports::{
    ContactInput, ContactKey, CurrentScore, PortError, RangePlan, SIGNALS_SCORED_MAX, ScoreInputs,
};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Session;
use crate::flight::{Param, Statement};
use crate::rows::{column, json, unreadable};

pub(crate) async fn of_contacts(
    session: &Session,
    contacts: &[ContactKey],
) -> Result<ScoreInputs, PortError> {
    let owners: Vec<&str> = contacts.iter().map(|(owner, _)| owner.as_str()).collect();
    let names: Vec<&str> = contacts.iter().map(|(_, contact)| contact.as_str()).collect();
    let mut distinct = owners.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let newest = None::<i64>;
    let by_contact: &[Param<'_>] = &[(&owners, Type::TEXT_ARRAY), (&names, Type::TEXT_ARRAY)];
    let signals = up_to_one_too_many(by_contact);
    let by_owner: &[Param<'_>] = &[(&distinct, Type::TEXT_ARRAY), (&newest, Type::INT8)];
    let statements = [
        Statement { sql: sql!("read_features.sql"), params: by_contact },
        Statement { sql: sql!("read_signals.sql"), params: &signals },
        Statement { sql: sql!("read_configs.sql"), params: by_owner },
    ];
    let answers = session.snapshot("reading contacts", &statements).await?;
    let [features, signals, configs] = answers.as_slice() else {
        return Err(unreadable("contacts and configurations"));
    };
    let contacts = contacts_of(features, signals)?;
    let configs = configs_of(configs)?;
    Ok(whole(ScoreInputs { contacts, configs, ..ScoreInputs::default() }, signals))
}

pub(crate) async fn of_range(
    session: &Session,
    organization: Option<&OrganizationId>,
    range: &ContactRange,
    config_epoch: Option<i64>,
) -> Result<ScoreInputs, PortError> {
    let owner = organization.map(OrganizationId::as_str);
    let after = range.after.as_ref();
    let after_owner = after.map(|place| place.organization_id.as_str());
    let after_contact = after.map(|place| place.contact_id.as_str());
    let (last_owner, last_contact) =
        (range.through.organization_id.as_str(), range.through.contact_id.as_str());
    let params: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&after_owner, Type::TEXT),
        (&after_contact, Type::TEXT),
        (&last_owner, Type::TEXT),
        (&last_contact, Type::TEXT),
    ];
    let signals = up_to_one_too_many(params);
    let configs = [params, &[(&config_epoch, Type::INT8)]].concat();
    let statements = [
        Statement { sql: sql!("read_range.sql"), params },
        Statement { sql: sql!("read_range_signals.sql"), params: &signals },
        Statement { sql: sql!("read_range_scores.sql"), params },
        Statement { sql: sql!("read_range_configs.sql"), params: &configs },
    ];
    let answers = session.snapshot("reading contacts", &statements).await?;
    let [features, signals, scores, configs] = answers.as_slice() else {
        return Err(unreadable("contacts and configurations"));
    };
    let inputs = ScoreInputs {
        contacts: contacts_of(features, signals)?,
        configs: configs_of(configs)?,
        current: current_of(scores)?,
        truncated: false,
    };
    Ok(whole(inputs, signals))
}

/// As many signals as are read at most: one more than a job scores by tells that
/// there are more.
#[expect(clippy::cast_possible_wrap, reason = "a constant of five digits")]
const ONE_TOO_MANY: i64 = SIGNALS_SCORED_MAX as i64 + 1;

/// Parameters of a read of signals: whose, and how many.
pub(crate) fn up_to_one_too_many<'a>(of: &[Param<'a>]) -> Vec<Param<'a>> {
    [of, &[(&ONE_TOO_MANY, Type::INT8)]].concat()
}

/// Contacts for a look: those whose signals were not all read have an error in place
/// of their inputs. The last row's contact is the first of them.
pub(crate) fn as_far_as_read(
    mut contacts: Contacts,
    signals: &[Row],
) -> Result<Contacts, PortError> {
    let one_too_many = signals.get(SIGNALS_SCORED_MAX).map(key).transpose()?;
    if let Some(first) = one_too_many {
        for (_, input) in contacts.range_mut(first..) {
            *input = Err(unreadable("a contact's signals: there are too many to look at"));
        }
    }
    Ok(contacts)
}

fn whole(inputs: ScoreInputs, signals: &[Row]) -> ScoreInputs {
    if signals.len() > SIGNALS_SCORED_MAX { inputs.left_out(SIGNALS_SCORED_MAX) } else { inputs }
}

pub(crate) async fn plan_ranges(
    session: &Session,
    organization: Option<&OrganizationId>,
    contacts: u32,
    ranges: u32,
) -> Result<RangePlan, PortError> {
    let owner = organization.map(OrganizationId::as_str);
    // At least one of each, or the cut would have no size.
    let (contacts, ranges) = (i64::from(contacts.max(1)), i64::from(ranges.max(1)));
    let params: &[Param<'_>] =
        &[(&owner, Type::TEXT), (&contacts, Type::INT8), (&ranges, Type::INT8)];
    let sql = sql!("plan_ranges.sql");
    let rows = session.statement("planning ranges", sql, params).await?;
    let first = rows.first().ok_or_else(|| unreadable("the epoch of configurations"))?;
    let config_epoch = column(first, "epoch")?;
    let planned = rows.iter().map(range).filter_map(Result::transpose);
    Ok(RangePlan { ranges: planned.collect::<Result<_, _>>()?, config_epoch })
}

pub(crate) async fn organizations(
    session: &Session,
    after: Option<&OrganizationId>,
    limit: u32,
) -> Result<Vec<OrganizationId>, PortError> {
    let after = after.map(OrganizationId::as_str);
    let params: &[Param<'_>] = &[(&after, Type::TEXT), (&i64::from(limit), Type::INT8)];
    let sql = sql!("organizations.sql");
    let rows = session.statement("reading organizations", sql, params).await?;
    let name = |row: &Row| {
        let name = OrganizationId::parse(column::<&str>(row, "id")?);
        name.map_err(|error| unreadable(&error.to_string()))
    };
    rows.iter().map(name).collect()
}

/// None where there are no contacts.
fn range(row: &Row) -> Result<Option<ContactRange>, PortError> {
    let Some(last) = column::<Option<String>>(row, "organization_id")? else { return Ok(None) };
    let after = match column::<Option<String>>(row, "after_organization_id")? {
        Some(owner) => Some(place((owner, column(row, "after_contact_id")?))?),
        None => None,
    };
    let through = place((last, column(row, "contact_id")?))?;
    Ok(Some(ContactRange { after, through }))
}

fn place((owner, contact): (String, String)) -> Result<ContactPlace, PortError> {
    match (OrganizationId::parse(owner), ContactId::parse(contact)) {
        (Ok(organization_id), Ok(contact_id)) => Ok(ContactPlace { organization_id, contact_id }),
        (Err(error), _) | (_, Err(error)) => Err(unreadable(&error.to_string())),
    }
}

fn key(row: &Row) -> Result<ContactKey, PortError> {
    let place = place((column(row, "organization_id")?, column(row, "contact_id")?))?;
    Ok((place.organization_id, place.contact_id))
}

/// Whose row it is, as the database orders them; no copy is made of the names.
fn names(row: &Row) -> Result<(&str, &str), PortError> {
    Ok((column(row, "organization_id")?, column(row, "contact_id")?))
}

pub(crate) type Contacts = BTreeMap<ContactKey, Result<ContactInput, PortError>>;

/// Contacts with their signals: both are in the order of the contacts. Features or
/// signals that cannot be read are their contact's matter, and no other's.
pub(crate) fn contacts_of(features: &[Row], signals: &[Row]) -> Result<Contacts, PortError> {
    let mut contacts = BTreeMap::new();
    let mut rest = signals;
    for row in features {
        let of = names(row)?;
        let mut own = Vec::new();
        while let Some((next, others)) = rest.split_first() {
            match names(next)?.cmp(&of) {
                // A signal without its contact's row is none of a score's.
                Ordering::Less => {}
                Ordering::Equal => own.push(signal(next)),
                Ordering::Greater => break,
            }
            rest = others;
        }
        contacts.insert(key(row)?, input(row, own));
    }
    Ok(contacts)
}

fn input(row: &Row, signals: Vec<Result<Signal, PortError>>) -> Result<ContactInput, PortError> {
    Ok(ContactInput {
        features: json(row, "features")?,
        signals: signals.into_iter().collect::<Result<_, _>>()?,
        input_version: column(row, "input_version")?,
    })
}

pub(crate) fn signal(row: &Row) -> Result<Signal, PortError> {
    let weight: i32 = column(row, "weight")?;
    let hours: i16 = column(row, "decay_hours")?;
    let weight = SignalWeight::from_hundredths(i64::from(weight));
    let hours = DecayHours::new(u64::from(hours.unsigned_abs()));
    let model = DecayModel::from_name(column(row, "decay_model")?);
    Ok(Signal {
        weight: weight.map_err(|error| unreadable(&format!("column weight {error}")))?,
        decay: Decay {
            model: model.ok_or_else(|| unreadable("column decay_model"))?,
            hours: hours.map_err(|error| unreadable(&format!("column decay_hours {error}")))?,
        },
        detected_at: column(row, "detected_at")?,
    })
}

/// What the build before wrote tells nothing: it is written anew.
fn current_of(rows: &[Row]) -> Result<BTreeMap<ContactKey, CurrentScore>, PortError> {
    let mut current = BTreeMap::new();
    for row in rows {
        if let Some(digest) = column(row, "digest")? {
            let input_version = column(row, "input_version")?;
            let config_version = column(row, "config_version")?;
            current.insert(key(row)?, CurrentScore { digest, input_version, config_version });
        }
    }
    Ok(current)
}

type Configs = BTreeMap<OrganizationId, Result<(Config, i64), PortError>>;

/// A configuration that cannot be read is its organization's matter alone.
fn configs_of(rows: &[Row]) -> Result<Configs, PortError> {
    let of_owner = |row| {
        let owner = OrganizationId::parse(column::<String>(row, "organization_id")?)
            .map_err(|error| unreadable(&error.to_string()))?;
        Ok((owner, config(row)))
    };
    rows.iter().map(of_owner).collect()
}

pub(crate) fn config(row: &Row) -> Result<(Config, i64), PortError> {
    let config = Config::new(json(row, "factors")?);
    let config = config.map_err(|error| unreadable(&format!("column factors: {error}")))?;
    Ok((config, column(row, "version")?))
}
