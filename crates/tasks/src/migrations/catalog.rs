//! Every tool that is known.

use super::tool::Tool;
use super::{
    alembic, dbmate, diesel, django, ef_core, flyway, golang_migrate, goose, knex, liquibase, prisma, rails, refinery,
    sqlx,
};

/// In the order of their names. A further tool is one file and one line here.
pub(super) const TOOLS: &[&Tool] = &[
    &alembic::TOOL,
    &dbmate::TOOL,
    &diesel::TOOL,
    &django::TOOL,
    &ef_core::TOOL,
    &flyway::TOOL,
    &golang_migrate::TOOL,
    &goose::TOOL,
    &knex::TOOL,
    &liquibase::TOOL,
    &prisma::TOOL,
    &rails::TOOL,
    &refinery::TOOL,
    &sqlx::TOOL,
];
