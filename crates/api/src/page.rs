//! A page of a list: how it is asked for, and how it is answered.
//! Places are kept by what lines are ordered by, never by their number, so that
//! pages meet without gap or overlap whatever is added or removed meanwhile.

use axum::Json;
use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue, Uri};
use mauntic_domain::ids::OrganizationId;
use mauntic_flows::ports::{Page, Paged};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::{Place, seal, unseal};
use crate::query::Query;
use crate::source::Source;

/// How many lines a page has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// When nobody says.
    pub(crate) usual: u16,
    /// At most.
    pub(crate) most: u16,
}

/// Of a list that people look at: 100 × about 1 KB = 100 KB.
const LISTED: Limits = Limits { usual: 20, most: 100 };

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// The lines; possibly fewer than `limit`, or none, before the last page.
    items: Vec<T>,
    /// Most lines of this page.
    limit: u16,
    /// Cursor of the next page; none on the last. It stands in the header Link
    /// too.
    #[schema(required)]
    next: Option<String>,
}

impl<T> Listed<T> {
    /// The lines.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }
}

/// A page with its header Link.
pub(crate) type Answer<T> = (HeaderMap, Json<Listed<T>>);

/// Which page of which list.
pub(crate) struct Asked<'u> {
    uri: &'u Uri,
    scope: String,
    limit: u16,
}

impl<'u> Asked<'u> {
    /// Takes `limit` and `cursor` from a query; before any other parameter,
    /// because all of them decide which list it is.
    pub(crate) fn read<C: Place>(uri: &'u Uri, query: &mut Query) -> (Self, Option<C>) {
        let scope = format!("{}{}", uri.path(), query.scope());
        Self::within(scope, uri, query, LISTED)
    }

    /// The same of an organization's list, whose cursors open no other's.
    pub(crate) fn of_tenant<C: Place>(
        organization: &OrganizationId,
        uri: &'u Uri,
        query: &mut Query,
    ) -> (Self, Option<C>) {
        Self::of_tenant_by(LISTED, organization, uri, query)
    }

    /// The same with limits of its own.
    pub(crate) fn of_tenant_by<C: Place>(
        limits: Limits,
        organization: &OrganizationId,
        uri: &'u Uri,
        query: &mut Query,
    ) -> (Self, Option<C>) {
        let scope = format!("{organization} {}{}", uri.path(), query.scope());
        Self::within(scope, uri, query, limits)
    }

    fn within<C: Place>(
        scope: String,
        uri: &'u Uri,
        query: &mut Query,
        limits: Limits,
    ) -> (Self, Option<C>) {
        let limit = query.number("limit", 1, limits.most).unwrap_or(limits.usual);
        let after = query.text("cursor").and_then(|text| {
            let place = unseal(&scope, &text);
            if place.is_none() {
                let message = "must be the `next` of a page of this very list, unchanged";
                query.fault("cursor", message.to_owned());
            }
            place
        });
        (Self { uri, scope, limit }, after)
    }

    /// What a list that is ordered by id is asked for.
    pub(crate) fn page(&self, before: Option<Uuid>) -> Page {
        Page { before, limit: i64::from(self.limit) }
    }

    /// How many lines to ask a list for that does not say whether more follow:
    /// one more than is shown tells.
    pub(crate) fn one_more(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The page of a list that says whether more follow.
    pub(crate) fn answer<S, T: From<S>>(&self, paged: Paged<S>) -> Answer<T> {
        self.of(paged.items.into_iter().map(T::from).collect(), paged.next.as_ref())
    }

    /// The page of up to [`Self::one_more`] lines.
    pub(crate) fn cut<S, T: From<S>, C: Place>(
        &self,
        mut lines: Vec<S>,
        place: impl Fn(&S) -> C,
    ) -> Answer<T> {
        let limit = usize::from(self.limit);
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| has_more).map(place);
        self.of(lines.into_iter().map(T::from).collect(), next.as_ref())
    }

    fn of<T>(&self, items: Vec<T>, next: Option<&impl Place>) -> Answer<T> {
        let next = next.map(|place| seal(&self.scope, place));
        let mut headers = HeaderMap::new();
        // A path, a query and a cursor are visible ASCII, which is a header's value.
        let link = next.as_ref().and_then(|next| HeaderValue::from_str(&self.link(next)).ok());
        if let Some(link) = link {
            headers.insert(LINK, link);
        }
        (headers, Json(Listed { items, limit: self.limit, next }))
    }

    fn link(&self, next: &str) -> String {
        let is_ours = |pair: &&str| !pair.starts_with("cursor=") && !pair.starts_with("limit=");
        let others = self.uri.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty());
        let others: String = others.filter(is_ours).flat_map(|pair| [pair, "&"]).collect();
        let (path, limit) = (self.uri.path(), self.limit);
        format!("<{path}?{others}limit={limit}&cursor={next}>; rel=\"next\"")
    }
}
