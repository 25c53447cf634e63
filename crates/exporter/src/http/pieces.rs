//! Long answers, piece by piece.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt, stream};

/// A body of `pieces`. Between two of them other tasks have their turn, and a piece is made only when there is room for
/// it: neither ten thousand targets nor a slow reader hold a thread or fill the memory.
pub(super) fn body(pieces: impl Iterator<Item = String> + Send + 'static) -> Body {
    let pieces = stream::unfold(pieces, |mut pieces| async move {
        tokio::task::yield_now().await;
        let piece = pieces.next()?;
        Some((Ok::<_, Infallible>(Bytes::from(piece)), pieces))
    });
    // The compression asks once more after the end, which an unfolded stream takes for a mistake.
    Body::from_stream(pieces.fuse())
}
