//! One person's request while it is answered: who they are, what they asked, and the API by
//! their keys.

use crate::client::{Api, Client};
use crate::form::Signed;
use crate::moment::Moment;
use crate::request::Asked;
use crate::session::{Holder, Session};
use crate::stop::{Kind, Stop};

/// A request of somebody signed in.
pub(crate) struct Visit<'v, A> {
    pub(crate) api: &'v A,
    pub(crate) session: &'v Session,
    pub(crate) asked: &'v Asked,
    pub(crate) moment: &'v Moment,
    pub(crate) request_id: &'v str,
    /// For the forms of its page.
    pub(crate) signed: Signed<'v>,
}

impl<'v, A: Api> Visit<'v, A> {
    /// The API as the operator.
    pub(crate) fn operator(&self) -> Result<Client<'v, A>, Stop> {
        self.client(self.session.operator.as_ref(), Kind::Operator)
    }

    /// The API as the organization.
    pub(crate) fn tenant(&self) -> Result<Client<'v, A>, Stop> {
        self.client(self.session.tenant.as_ref(), Kind::Organization)
    }

    /// The API as whoever it is.
    pub(crate) fn anybody(&self) -> Result<Client<'v, A>, Stop> {
        let holder = self.session.operator.as_ref().or(self.session.tenant.as_ref());
        self.client(holder, Kind::Operator)
    }

    fn client(&self, holder: Option<&'v Holder>, kind: Kind) -> Result<Client<'v, A>, Stop> {
        let holder = holder.ok_or(Stop::NeedsKey(kind))?;
        Ok(Client::new(self.api, &holder.key, self.request_id))
    }

    /// Whether the organization's key may change what is its own.
    pub(crate) fn may_write(&self) -> bool {
        self.session.tenant.as_ref().is_some_and(|holder| holder.has("write"))
    }
}
