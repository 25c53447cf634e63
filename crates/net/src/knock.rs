//! Whether anybody is behind an address.

use std::net::SocketAddr;

use dbprobe_core::Failure;

use crate::classify::io_failure;
use crate::dial::dial;

/// Connects to `address`, says nothing, and leaves: from which address of this side it was reached.
///
/// MySQL and MariaDB count such a connection as an aborted login (`max_connect_errors`), so it is made sparingly. It keeps
/// no time: whoever waits longer than the caller's patience is behind a firewall, or away.
///
/// # Errors
/// Those of [`dial`].
pub async fn knock(address: SocketAddr) -> Result<SocketAddr, Failure> {
    let stream = dial(&[address]).await?;
    stream.local_addr().map_err(|error| io_failure(&error, "connecting"))
}
