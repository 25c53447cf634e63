//! SQL Server: one server of Microsoft's image, which cannot be built from free packages.

use std::net::SocketAddr;
use std::time::Duration;

use super::node::Node;
use super::recipe::Recipe;
use crate::environment;
use crate::fixture::Missing;

const PORT: u16 = 1433;
/// The image upgrades its own databases at the first start.
const START: Duration = Duration::from_secs(180);
/// Where the command-line client is, by the version of the image.
const ANSWERS: &str = "for client in /opt/mssql-tools18/bin/sqlcmd /opt/mssql-tools/bin/sqlcmd; do \
     [ -x \"$client\" ] || continue; \
     \"$client\" -C -S 127.0.0.1 -U sa -P \"$MSSQL_SA_PASSWORD\" -b -Q 'SELECT 1' >/dev/null && exit 0; done; exit 1";

/// One SQL Server, with the certificate that it signs for itself.
pub struct Mssql {
    node: Node,
}

impl Mssql {
    /// The administrator's password: the image wants capitals, small letters, digits and marks.
    pub const PASSWORD: &str = "s3cret-Pa55";

    /// One server of `version`, such as `2022`: `DBPROBE_TEST_MSSQL_2022_IMAGE`, or the official image. Starting it
    /// accepts Microsoft's licence for developers.
    ///
    /// # Errors
    /// When there is no Docker or no image, or when the server lets nobody in.
    pub async fn start(version: &str) -> Result<Self, Missing> {
        let official = format!("mcr.microsoft.com/mssql/server:{version}-latest");
        let recipe = Recipe::new(&environment::image("mssql", Some(version), &official), PORT)
            .variable("ACCEPT_EULA", "Y")
            .variable("MSSQL_PID", "Developer")
            .variable("MSSQL_SA_PASSWORD", Self::PASSWORD);
        let node = Node::start(recipe).await?;
        node.until(&["bash", "-c", ANSWERS], START).await?;
        Ok(Self { node })
    }

    /// Where it is reached.
    pub fn address(&self) -> SocketAddr {
        self.node.address()
    }

    /// A DSN of the administrator's, in a database that is thrown away with every start.
    pub fn dsn(&self) -> String {
        format!("sqlserver://sa:{}@{}/tempdb?TrustServerCertificate=true", Self::PASSWORD, self.address())
    }
}
