//! One person's request while it is answered: who they are, what they asked, and the API by
//! their keys.

use maud::{Markup, html};

use crate::client::{Api, Client};
use crate::form::Signed;
use crate::moment::Moment;
use crate::paths::with_query;
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
    signed: Signed,
}

impl<'v, A: Api> Visit<'v, A> {
    /// Of a session; `signed` is for the forms of its page.
    pub(crate) fn new(
        api: &'v A,
        session: &'v Session,
        asked: &'v Asked,
        moment: &'v Moment,
        request_id: &'v str,
        signed: Signed,
    ) -> Self {
        Self { api, session, asked, moment, request_id, signed }
    }

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

    /// What signs a form by which an operator, or an organization, acts; none where the key
    /// only looks. Forms are signed by nothing else, so that none is offered in vain.
    pub(crate) fn signs(&self, kind: Kind) -> Option<&Signed> {
        self.session.may_act(kind).then_some(&self.signed)
    }

    /// Why there is nothing to act by.
    pub(crate) fn only_looks(&self, kind: Kind) -> Markup {
        let scope = match kind {
            Kind::Operator => "operate",
            Kind::Organization => "write",
        };
        let other = with_query("/admin/sign-in", [("return", Some(self.asked.here.as_str()))]);
        html! {
            p.hint {
                "Your key only looks. To act here, " a href=(other) { "sign in" }
                " with one that has the scope " code { (scope) } " as well."
            }
        }
    }
}
