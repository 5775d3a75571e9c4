//! Analytics on the real PostgreSQL: months of activity, and roll-ups that equal a
//! recount by other code, whatever comes late, twice or in another order.

mod documented;
mod months;
mod races;
mod random;
mod recount;
mod sums;

use chrono::{DateTime, Utc};
use mauntic_domain::analytics::RollUp;
use mauntic_domain::jobs::data::OrganizationRange;
use mauntic_flows::ports::{Committed, Effect, EffectStore, RollUpWrite};
use mauntic_store::Session;
use mauntic_testkit::database::Role;
use mauntic_tests::world::{World, organization};
use uuid::Uuid;

use crate::duties::session;

/// Does a roll-up of a nominal time, as a job of its own.
async fn roll_up(session: &Session, of: RollUp, nominal: DateTime<Utc>) {
    roll_up_part(session, of, nominal, None, None).await;
}

/// The same of a part of the organizations.
async fn roll_up_part(
    session: &Session,
    of: RollUp,
    nominal: DateTime<Utc>,
    after: Option<&str>,
    through: Option<&str>,
) {
    let (after, through) = (after.map(organization), through.map(organization));
    let organizations = OrganizationRange { after, through };
    let (window, job_id) = (of.window(nominal), Uuid::new_v4());
    let write = RollUpWrite { roll_up: of, window, organizations, job_id };
    let effect = Effect { roll_ups: vec![write], ..Effect::of(nominal, Vec::new()) };
    let committed = session.commit(&effect).await.unwrap();
    assert_eq!(committed, Committed::Done { superseded: 0, refill: false });
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
