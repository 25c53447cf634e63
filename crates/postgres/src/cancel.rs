//! Asking the server to stop a statement: a second connection, as the protocol has it.

use async_trait::async_trait;
use dbprobe_core::{Cancel, Failure};
use dbprobe_net::handshake;
use tokio_postgres::CancelToken;

use crate::opening::request_tls;
use crate::place::Place;
use crate::tls::Security;
use crate::wire::{AsItIs, Heard, Wire};

/// How a session's TLS was made, to make the same again.
#[derive(Clone)]
pub(crate) struct Encryption {
    pub(crate) security: Security,
    pub(crate) name: String,
    pub(crate) direct: bool,
}

/// A way to cancel what one session runs (protocol documentation, "Canceling Requests in Progress").
///
/// The request is encrypted where the session is: its key would let anybody cancel the session's statements.
pub(crate) struct CancelRequest {
    pub(crate) token: CancelToken,
    pub(crate) place: Place,
    pub(crate) encryption: Option<Encryption>,
}

impl CancelRequest {
    async fn send(&self) -> Result<(), Failure> {
        let mut socket = self.place.dial().await?;
        let wire = match &self.encryption {
            Some(encryption) => {
                if !encryption.direct {
                    request_tls(&mut socket, &Heard::default()).await?;
                }
                let stream = handshake(encryption.security.config.clone(), &encryption.name, socket).await?;
                Wire::secure(stream)
            }
            None => Wire::plain(socket),
        };
        self.token.cancel_query_raw(wire, AsItIs).await.map_err(crate::classify::session_error)
    }
}

#[async_trait]
impl Cancel for CancelRequest {
    async fn cancel(&self) {
        // The server answers nothing either way, and the deadline comes in any case.
        let _ = self.send().await;
    }
}
