//! A second look at a peer that says nothing.

use std::time::Duration;

use dbprobe_core::{Failure, Steps};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::classify::not_mysql;
use crate::farewell;
use crate::peer::{is_mysql, whose};
use crate::place::Place;
use crate::socket::Socket;
use crate::wire::Heard;

/// What is found out where there is time to be patient first: a server that is merely slow must not be bothered.
pub(crate) fn look<'a>(place: &'a Place, heard: Heard, steps: &Steps) -> impl Future<Output = Option<Failure>> + 'a {
    let patient = steps.remaining() >= Duration::from_secs(1);
    async move { if patient && !heard.anything() { second_look(place).await } else { None } }
}

/// Says something on a second connection that MySQL takes for a goodbye, whenever it comes to read it, and that a server
/// of lines, such as HTTP or Redis, answers with what it is: see [`farewell`].
///
/// Whoever hangs up on that is no MySQL, which would have greeted before. PostgreSQL does, and says more when it is
/// asked in its own words, so it is.
async fn second_look(place: &Place) -> Option<Failure> {
    let mut socket = place.dial().await.ok()?;
    // As a blind goodbye, so that nothing is owed to the server when this is dropped.
    socket.write_all(&farewell::all_at_once(1, None)).await.ok()?;
    socket.flush().await.ok()?;
    let beginning = beginning(&mut socket).await;
    if beginning.is_empty() {
        return postgres(place).await;
    }
    (!is_mysql(&beginning)).then(|| not_mysql(whose(&beginning)))
}

/// `SSLRequest` of PostgreSQL: length 8, code 80877103. A server answers with one letter.
async fn postgres(place: &Place) -> Option<Failure> {
    let mut socket = place.dial().await.ok()?;
    socket.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]).await.ok()?;
    let beginning = beginning(&mut socket).await;
    matches!(beginning.as_slice(), [b'S' | b'N'] | [b'E', ..]).then(|| not_mysql(whose(b"S")))
}

async fn beginning(socket: &mut Socket) -> Vec<u8> {
    let mut bytes = [0; 64];
    let count = socket.read(&mut bytes).await.unwrap_or(0);
    bytes[..count].to_vec()
}
