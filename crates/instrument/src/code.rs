//! What an error is called in `errors_total`.

mod erased;
mod io;

#[cfg(all(feature = "bb8", feature = "tokio-postgres"))]
mod bb8;
#[cfg(feature = "deadpool-postgres")]
mod deadpool;
#[cfg(feature = "mysql_async")]
mod mysql_async;
#[cfg(feature = "r2d2")]
mod r2d2;
#[cfg(feature = "sqlx")]
mod sqlx;
#[cfg(feature = "tokio-postgres")]
mod tokio_postgres;

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;

use erased::Erased;

/// The word for an error that nothing is known of.
pub(crate) const OTHER: &str = "other";

/// How many causes of causes are looked at: an error that is its own cause shall not hang a query.
const DEPTH: usize = 16;

/// Names the errors of one crate; `None` for those of another.
type Namer = for<'e> fn(Erased<'e>) -> Option<Cow<'e, str>>;

const NAMERS: &[Namer] = &[
    #[cfg(feature = "tokio-postgres")]
    tokio_postgres::code,
    #[cfg(feature = "deadpool-postgres")]
    deadpool::code,
    #[cfg(all(feature = "bb8", feature = "tokio-postgres"))]
    bb8::code,
    #[cfg(feature = "r2d2")]
    r2d2::code,
    #[cfg(feature = "mysql_async")]
    mysql_async::code,
    #[cfg(feature = "sqlx")]
    sqlx::code,
    io::code,
];

/// What an error is called in `errors_total`: the server's own code (a SQLSTATE, a number) where there is one, else a
/// word such as `pool_timeout`; `None` for an error of a type that no enabled feature knows.
///
/// Known are the errors of the drivers and pools whose features are on, [`std::io::Error`], and what is inside of a
/// `Box<dyn Error>`, `Box<dyn Error + Send>` or `Box<dyn Error + Send + Sync>`. The words stand in the crate's README
/// and stay what they are. Never the error's text, which may name hosts, roles and values.
pub fn error_code(error: &dyn Any) -> Option<Cow<'_, str>> {
    named(Erased::Any(error)).or_else(|| cause_code(boxed(error)?))
}

/// The code of the first error in the chain of causes that [`error_code`] knows, `error` itself included: for errors
/// that wrap those of a database, such as an application's own enum, in the function for
/// [`TrackerBuilder::classify`](crate::TrackerBuilder::classify).
pub fn cause_code<'e>(error: &'e (dyn Error + 'static)) -> Option<Cow<'e, str>> {
    let mut chain =
        std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source()).take(DEPTH);
    chain.find_map(|error| named(Erased::Error(error)))
}

fn named(error: Erased<'_>) -> Option<Cow<'_, str>> {
    NAMERS.iter().find_map(|namer| namer(error))
}

/// What is inside of a box.
fn boxed(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    if let Some(inner) = error.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        return Some(inner.as_ref());
    }
    if let Some(inner) = error.downcast_ref::<Box<dyn Error + Send>>() {
        return Some(inner.as_ref());
    }
    error.downcast_ref::<Box<dyn Error>>().map(AsRef::as_ref)
}
