//! How routes are added: each handler by its name alone, whose path and method are
//! those of its `#[utoipa::path]`. A worker's router has nothing of their
//! descriptions, which are a quarter of its code: it serves the document as text.

use axum::Router;
use axum::routing::MethodRouter;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// What routes are added to.
pub(super) trait Registry<S>: Sized {
    /// Adds one: bare, or with its description.
    fn add(
        self,
        bare: impl FnOnce() -> (String, MethodRouter<S>),
        described: impl FnOnce() -> UtoipaMethodRouter<S>,
    ) -> Self;
}

impl<S: Clone + Send + Sync + 'static> Registry<S> for Router<S> {
    fn add(
        self,
        bare: impl FnOnce() -> (String, MethodRouter<S>),
        _: impl FnOnce() -> UtoipaMethodRouter<S>,
    ) -> Self {
        let (path, handlers) = bare();
        self.route(&path, handlers)
    }
}

impl<S: Clone + Send + Sync + 'static> Registry<S> for OpenApiRouter<S> {
    fn add(
        self,
        _: impl FnOnce() -> (String, MethodRouter<S>),
        described: impl FnOnce() -> UtoipaMethodRouter<S>,
    ) -> Self {
        self.routes(described())
    }
}

/// Adds handlers to a registry.
macro_rules! add {
    ($registry:expr, $($module:ident :: $handler:ident),+ $(,)?) => {{
        let registry = $registry;
        $(let registry = $crate::routes::registry::Registry::add(
            registry,
            || ::utoipa_axum::paste! {{
                let path = <$module::[<__path_ $handler>] as ::utoipa::Path>::path();
                let methods = <$module::[<__path_ $handler>] as ::utoipa::Path>::methods();
                let handlers = methods.iter().fold(
                    ::axum::routing::MethodRouter::new(),
                    |to, method| {
                        let filter = ::utoipa_axum::PathItemExt::to_method_filter(method);
                        to.on(filter, $module::$handler)
                    },
                );
                (path, handlers)
            }},
            || ::utoipa_axum::routes!($module::$handler),
        );)+
        registry
    }};
}

pub(super) use add;
