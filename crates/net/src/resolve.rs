//! Host names to addresses.

use std::net::SocketAddr;

use dbprobe_core::{Class, Failure};

/// Resolves `host` to the addresses to dial.
///
/// # Errors
/// Class `dns` or `timeout`.
pub async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = tokio::net::lookup_host((host, port)).await;
    Ok(addresses.map_err(|_| Failure::new(Class::Dns, "the host name has no address"))?.collect())
}
