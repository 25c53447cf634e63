//! What the service speaks of.

use serde::{Deserialize, Serialize};

/// A piece of content.
#[derive(Serialize)]
pub(crate) struct Content {
    pub(crate) id: i64,
    pub(crate) slug: String,
    pub(crate) title: String,
}

/// A piece of content that is to be made.
#[derive(Deserialize)]
pub(crate) struct NewContent {
    pub(crate) slug: String,
    pub(crate) title: String,
}

/// Credits that go from one author to another.
#[derive(Deserialize)]
pub(crate) struct Transfer {
    pub(crate) giver: i64,
    pub(crate) taker: i64,
    pub(crate) amount: i64,
}
