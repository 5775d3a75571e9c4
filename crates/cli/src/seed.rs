//! The demo organization: `org_123` with 200 contacts and a dozen portfolios, the same every
//! time.

mod portfolios;

use mauntic_domain::ids::{ContactId, OrganizationId};
use mauntic_domain::scoring::{Config, ConfigEntry, Features};
use mauntic_store::admin;
use mauntic_store::admin_portfolios::{GivenPortfolio, put_portfolios};
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::database;
use crate::output::{Output, line};

/// The demo organization's id, as the product's documents write it.
pub(crate) const ORGANIZATION: &str = "org_123";

/// Contacts of the demo organization: enough for two full batches.
pub(crate) const CONTACTS: u32 = 200;

/// What the demo organization consists of.
pub(crate) struct Demo {
    pub(crate) organization: OrganizationId,
    pub(crate) entries: Vec<ConfigEntry>,
    pub(crate) contacts: Vec<(ContactId, Features)>,
    pub(crate) portfolios: Vec<GivenPortfolio>,
}

impl Demo {
    /// Made by rule, so that the stored scores can be checked against it.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let entries = json!([
            {"category": "intent", "factor": "demo_request", "weight": 32.5},
            {"category": "engagement", "factor": "webinar", "weight": 7.25},
            {"category": "fit", "factor": "competitor", "weight": -15},
        ]);
        // Contact 456 is the one the documents ask for.
        let contacts = (456..456 + CONTACTS).map(|number| {
            let id = ContactId::parse(format!("contact_{number}"))?;
            Ok((id, serde_json::from_value(features(number))?))
        });
        Ok(Self {
            organization: OrganizationId::parse(ORGANIZATION)?,
            entries: serde_json::from_value(entries)?,
            contacts: contacts.collect::<anyhow::Result<_>>()?,
            portfolios: portfolios::portfolios()?,
        })
    }

    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        Ok(Config::new(self.entries.clone())?)
    }
}

/// Spreads the model's values over the contacts: each feature follows another
/// small prime, so that the combinations do not repeat among 200.
fn features(number: u32) -> Value {
    let nth = |prime: u32| number.is_multiple_of(prime);
    let pick = |names: &[&str], prime: u32| -> Value {
        let index = usize::try_from(number / prime).unwrap_or(0) % names.len().max(1);
        names.get(index).map_or(Value::Null, |name| json!(name))
    };
    json!({
        "hasEmail": !nth(7),
        "hasPhone": nth(3),
        "hasDirectPhone": nth(8),
        "companySize": pick(&["smb", "mid", "enterprise"], 2),
        "seniority": pick(&["individual", "manager", "director", "vp", "c_level"], 3),
        "engagementLevel": pick(&["low", "medium", "high"], 5),
        "contentDownloads": number % 4,
        "pricingPageVisit": nth(5),
        "demoRequest": nth(9),
        "freeTrialSignup": nth(11),
        "customFactors": {"webinar": nth(4), "competitor": nth(13)},
    })
}

pub(crate) async fn run(args: database::Args, output: Output) -> anyhow::Result<()> {
    let demo = Demo::new()?;
    put(&args.client().await?, &demo).await?;
    let portfolios = demo.portfolios.len();
    eprintln!(
        "organization {ORGANIZATION} with {CONTACTS} contacts and {portfolios} portfolios is there, \
         not scored yet"
    );
    if output == Output::Json {
        let told =
            json!({"organizationId": ORGANIZATION, "contacts": CONTACTS, "portfolios": portfolios});
        line(&told.to_string())?;
    }
    Ok(())
}

/// Puts it into a database; again changes nothing but versions.
pub(crate) async fn put(client: &Client, demo: &Demo) -> anyhow::Result<()> {
    admin::put_organization(client, &demo.organization, "Demo organization").await?;
    admin::replace_config(client, &demo.organization, &demo.entries).await?;
    admin::put_contacts(client, &demo.organization, &demo.contacts).await?;
    put_portfolios(client, &demo.organization, &demo.portfolios).await?;
    Ok(())
}
