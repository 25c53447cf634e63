//! Asking the server to stop a statement: an attention on the same connection, as the protocol has it.

use async_trait::async_trait;
use dbprobe_core::Cancel;

use crate::line::Bell;

/// A way to stop what one session runs ([MS-TDS] 2.2.1.7).
pub(crate) struct Attention(pub(crate) Bell);

#[async_trait]
impl Cancel for Attention {
    async fn cancel(&self) {
        // The answer to it is for whoever awaits the statement.
        self.0.ring().await;
    }
}
