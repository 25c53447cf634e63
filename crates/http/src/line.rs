//! One connection, polled by whoever waits for an answer.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;

use dbprobe_core::Failure;
use futures_util::future::poll_fn;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::classify::{exchange_error, lost};
use crate::origin::Origin;
use crate::wire::{Allowance, Wire};

/// The most that the head of an answer may be: four times what nginx and eight times what Apache let through.
const HEAD: usize = 64 << 10;
/// What an answer may send beside its head and its body: interim answers, the sizes of chunks, trailers.
const AROUND: usize = 256 << 10;
/// How much of a redirect's body is read to keep the connection.
const REST: usize = 64 << 10;

type Body = Empty<Bytes>;

/// One connection.
///
/// It is driven by whoever waits for an answer, not by a task of its own: nothing runs between two steps, and dropping
/// it closes the socket there and then.
pub(crate) struct Line {
    pub(crate) origin: Origin,
    sender: SendRequest<Body>,
    /// `None` once it has ended.
    connection: Option<Connection<TokioIo<Wire>, Body>>,
    allowance: Allowance,
}

/// What was read of a body.
pub(crate) struct ReadBody {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_whole: bool,
}

impl Line {
    /// Puts HTTP/1.1 on `wire`; nothing is sent.
    pub(crate) async fn open(wire: Wire, origin: Origin) -> Result<Self, Failure> {
        let allowance = wire.allowance();
        let opened = http1::Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(wire)).await;
        let (sender, connection) = opened.map_err(|error| exchange_error(error, "opening the connection"))?;
        Ok(Self { origin, sender, connection: Some(connection), allowance })
    }

    /// Sends `request` and waits for the head of its answer. A body may be as long as `longest`.
    pub(crate) async fn ask(&mut self, request: Request<Body>, longest: usize) -> Result<Response<Incoming>, Failure> {
        // A chunk may hold a single byte, with five around it.
        self.allowance.fill(HEAD + AROUND + longest.saturating_mul(6));
        let Self { sender, connection, .. } = self;
        let ready = drive(connection, poll_fn(|cx| sender.poll_ready(cx))).await;
        ready.map_err(|error| broken(error, "sending the request"))?;
        let answer = drive(connection, sender.send_request(request)).await;
        answer.map_err(|error| broken(error, "waiting for the answer"))
    }

    /// Reads at most `longest` bytes of `body`, and a little more to know whether that is all of it.
    pub(crate) async fn read(&mut self, body: &mut Incoming, longest: usize) -> Result<ReadBody, Failure> {
        let mut bytes = Vec::new();
        loop {
            let frame = drive(&mut self.connection, async { body.frame().await.transpose() }).await;
            let frame = frame.map_err(|error| broken(error, "reading the body"))?;
            let Some(frame) = frame else { return Ok(ReadBody { bytes, is_whole: true }) };
            let data = frame.data_ref().map_or(&[] as &[u8], |data| data);
            let room = longest - bytes.len();
            if data.len() > room {
                bytes.extend_from_slice(&data[..room]);
                return Ok(ReadBody { bytes, is_whole: false });
            }
            bytes.extend_from_slice(data);
        }
    }

    /// Reads the rest of an answer that nobody wants; whether the connection can be used again.
    pub(crate) async fn skip(&mut self, mut body: Incoming) -> bool {
        let read = self.read(&mut body, REST).await;
        drop(body);
        read.is_ok_and(|read| read.is_whole) && self.is_open()
    }

    /// Whether nobody has closed it so far.
    pub(crate) fn is_open(&self) -> bool {
        self.connection.is_some() && !self.sender.is_closed()
    }

    /// Closes the connection, TLS first.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        let Self { sender, connection, .. } = self;
        drop(sender); // the connection ends when nobody can ask any more
        match connection {
            None => Ok(()),
            Some(connection) => connection.await.map_err(|error| exchange_error(error, "closing the connection")),
        }
    }
}

/// Polls the connection and the work that waits for it until the work is done.
///
/// A connection that fails tells more than the work that it leaves undone, so its error is the one returned; nothing
/// where the connection ended without one and the work does not notice.
async fn drive<T>(
    connection: &mut Option<Connection<TokioIo<Wire>, Body>>,
    work: impl Future<Output = hyper::Result<T>>,
) -> Result<T, Option<hyper::Error>> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(done.map_err(Some));
        }
        let ended = match connection {
            Some(open) => match Pin::new(open).poll(cx) {
                Poll::Ready(result) => Some(result.err()),
                Poll::Pending => None,
            },
            None => Some(None),
        };
        if ended.is_some() {
            *connection = None; // what it leaves undone learns of its end only by this
        }
        match (work.as_mut().poll(cx), ended) {
            (Poll::Ready(Ok(value)), _) => Poll::Ready(Ok(value)),
            (_, Some(Some(error))) => Poll::Ready(Err(Some(error))),
            (Poll::Ready(Err(error)), _) => Poll::Ready(Err(Some(error))),
            (Poll::Pending, Some(None)) => Poll::Ready(Err(None)),
            (Poll::Pending, None) => Poll::Pending,
        }
    })
    .await
}

fn broken(error: Option<hyper::Error>, doing: &str) -> Failure {
    match error {
        Some(error) => exchange_error(error, doing),
        None => lost(doing),
    }
}
