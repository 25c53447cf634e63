//! Lines of text between the fake engine and its server.
//!
//! A request is a word and its arguments, a blank between them; an answer is `OK` and its values, or `ERR class code` and a
//! message, or `PANIC`. A session begins with `LOGIN`, a request to stop another one is `CANCEL` and its number.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt};

/// The longest line, in bytes: something else that answers is not read for ever.
const LONGEST: u64 = 4096;

/// A way to the other side.
pub(super) trait Stream: AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Stream for S {}

/// The next line without its end; `None` at the end of the stream, also in the middle of a line.
///
/// # Errors
/// Those of the stream; kind `InvalidData` for what is not a line of text.
pub(super) async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let count = stream.take(LONGEST).read_until(b'\n', &mut bytes).await?;
    if bytes.pop() != Some(b'\n') {
        return if count as u64 == LONGEST { Err(io::ErrorKind::InvalidData.into()) } else { Ok(None) };
    }
    String::from_utf8(bytes).map(Some).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Any text as one word.
pub(super) fn word(text: &str) -> String {
    text.bytes().fold("x".to_owned(), |word, byte| word + &format!("{byte:02x}"))
}
