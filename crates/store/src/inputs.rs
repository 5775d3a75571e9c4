//! What scoring reads: contacts and configurations of one snapshot, and how the
//! contacts are cut into ranges.

use std::collections::BTreeMap;

use mauntic_domain::ids::{ContactId, FactorName, OrganizationId};
use mauntic_domain::jobs::data::{ContactPlace, ContactRange};
use mauntic_domain::scoring::{Category, Config, ConfigEntry, Weight};
use mauntic_flows::ports::{ContactInput, ContactKey, PortError, ScoreInputs};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::Session;
use crate::error::{no_answer, statement_error};
use crate::flight::{ONE_SNAPSHOT, Param, Statement};
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
    let by_contact: &[Param<'_>] = &[(&owners, Type::TEXT_ARRAY), (&names, Type::TEXT_ARRAY)];
    let by_owner: &[Param<'_>] = &[(&distinct, Type::TEXT_ARRAY)];
    let features = Statement { sql: include_str!("../sql/read_features.sql"), params: by_contact };
    let configs = Statement { sql: include_str!("../sql/read_configs.sql"), params: by_owner };
    read(session, features, configs).await
}

pub(crate) async fn of_range(
    session: &Session,
    organization: Option<&OrganizationId>,
    range: &ContactRange,
) -> Result<ScoreInputs, PortError> {
    let owner = organization.map(OrganizationId::as_str);
    let after = range.after.as_ref();
    let after_owner = after.map(|place| place.organization_id.as_str());
    let after_contact = after.map(|place| place.contact_id.as_str());
    let params: &[Param<'_>] = &[
        (&owner, Type::TEXT),
        (&after_owner, Type::TEXT),
        (&after_contact, Type::TEXT),
        (&range.through.organization_id.as_str(), Type::TEXT),
        (&range.through.contact_id.as_str(), Type::TEXT),
    ];
    let features = Statement { sql: include_str!("../sql/read_range.sql"), params };
    let configs = Statement { sql: include_str!("../sql/read_range_configs.sql"), params };
    read(session, features, configs).await
}

async fn read(
    session: &Session,
    features: Statement<'_>,
    configs: Statement<'_>,
) -> Result<ScoreInputs, PortError> {
    let statements = [features, configs];
    let read = session.transact(ONE_SNAPSHOT, &statements);
    let read = session.within(read).await.map_err(no_answer)?;
    let read = read.map_err(|error| statement_error("reading contacts", &error))?;
    let [features, configs] = read.as_slice() else {
        return Err(unreadable("contacts and configurations"));
    };
    Ok(ScoreInputs {
        contacts: features.iter().map(contact).collect::<Result<_, _>>()?,
        configs: group_configs(configs)?,
    })
}

pub(crate) async fn plan_ranges(
    session: &Session,
    organization: Option<&OrganizationId>,
    contacts: u32,
    ranges: u32,
) -> Result<Vec<ContactRange>, PortError> {
    let owner = organization.map(OrganizationId::as_str);
    // At least one of each, or the cut would have no size.
    let (contacts, ranges) = (i64::from(contacts.max(1)), i64::from(ranges.max(1)));
    let params: &[Param<'_>] =
        &[(&owner, Type::TEXT), (&contacts, Type::INT8), (&ranges, Type::INT8)];
    let sql = include_str!("../sql/plan_ranges.sql");
    let rows = session.statement("planning ranges", sql, params).await?;
    rows.iter().map(range).collect()
}

fn range(row: &Row) -> Result<ContactRange, PortError> {
    let after = match column::<Option<String>>(row, "after_organization_id")? {
        Some(owner) => Some(place((owner, column(row, "after_contact_id")?))?),
        None => None,
    };
    let through = place((column(row, "organization_id")?, column(row, "contact_id")?))?;
    Ok(ContactRange { after, through })
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

type Contact = (ContactKey, Result<ContactInput, PortError>);

/// Features that cannot be read are their contact's matter, and no other's.
fn contact(row: &Row) -> Result<Contact, PortError> {
    let input_version = column(row, "input_version")?;
    let input = json(row, "features").map(|features| ContactInput { features, input_version });
    Ok((key(row)?, input))
}

type Configs = BTreeMap<OrganizationId, Result<(Config, i64), PortError>>;

/// A configuration that cannot be read is its organization's matter alone.
fn group_configs(rows: &[Row]) -> Result<Configs, PortError> {
    let mut entries: BTreeMap<OrganizationId, (Vec<Result<ConfigEntry, PortError>>, i64)> =
        BTreeMap::new();
    for row in rows {
        let owner = OrganizationId::parse(column::<String>(row, "organization_id")?)
            .map_err(|error| unreadable(&error.to_string()))?;
        let version = column(row, "version")?;
        let (of_owner, _) = entries.entry(owner).or_insert_with(|| (Vec::new(), version));
        if let Some(factor) = column::<Option<String>>(row, "factor")? {
            of_owner.push(entry(row, factor));
        }
    }
    let checked = |entries: Vec<_>, version| {
        let entries = entries.into_iter().collect::<Result<_, _>>()?;
        let config = Config::new(entries).map_err(|error| unreadable(&error.to_string()))?;
        Ok((config, version))
    };
    let of_owner = |(owner, (entries, version))| (owner, checked(entries, version));
    Ok(entries.into_iter().map(of_owner).collect())
}

fn entry(row: &Row, factor: String) -> Result<ConfigEntry, PortError> {
    let category: String = column(row, "category")?;
    let known = Category::ALL.into_iter().find(|known| known.as_str() == category);
    Ok(ConfigEntry {
        category: known.ok_or_else(|| unreadable("column category"))?,
        factor: FactorName::parse(factor).map_err(|error| unreadable(&error.to_string()))?,
        weight: Weight::from_e4(column(row, "weight")?),
        enabled: column(row, "enabled")?,
    })
}
