//! Rows by where they are documented. SQL Server's numbers have no names.

/// A row about a number that has a page of its own.
macro_rules! own_page {
    ($code:literal, $class:ident) => {
        Knowledge::new(
            $code,
            "",
            $class,
            concat!(
                "https://learn.microsoft.com/sql/relational-databases/errors-events/mssqlserver-",
                $code,
                "-database-engine-error",
            ),
        )
    };
}

/// A row about a number that stands in the list of those from and to.
macro_rules! listed {
    ($code:literal, $class:ident, $range:literal) => {
        Knowledge::new(
            $code,
            "",
            $class,
            concat!(
                "https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors-",
                $range,
            ),
        )
    };
}

pub(super) use {listed, own_page};

/// Errors of Azure SQL.
pub(super) const AZURE: &str = "https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues";
/// Babelfish for PostgreSQL.
pub(super) const BABELFISH: &str = "https://babelfishpg.org/docs/";
/// What Microsoft's own client takes for transient.
pub(super) const RETRIES: &str =
    "https://learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconfigurableretryfactory";
/// Connectivity settings of Azure SQL.
pub(super) const SETTINGS: &str = "https://learn.microsoft.com/azure/azure-sql/database/connectivity-settings";
/// Firewall and virtual network rules of Azure SQL.
pub(super) const VNET: &str =
    "https://learn.microsoft.com/azure/azure-sql/database/vnet-service-endpoint-rule-overview";
