//! The life of one connection: how it comes to a session, and the session's requests ([MS-TDS] 3.3.5).

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answer::{Answer, Of, Then};
use super::buffer::Malformed;
use super::connection::Over;
use super::database::Call;
use super::handshake::{Admitted, log_in};
use super::house::Place;
use super::packet::{kind, status};
use super::reply::{Environment, Reply, ServerError};
use super::request::{self, Request, with_change};
use super::settings::Stage;
use super::token::{Change, End, Tokens, done};

/// Serves a connection until it is over.
pub(super) async fn serve(place: &Place, tcp: Arc<TcpStream>, client: SocketAddr) -> Over {
    let limit = place.house.settings.login_limit;
    let mut admitted = match timeout(limit, log_in(place, tcp, client)).await {
        Ok(Ok(admitted)) => admitted,
        Ok(Err(over)) => return over,
        Err(_) => return Over::Closed,
    };
    match admitted.requests().await {
        Ok(never) => match never {},
        Err(over) => over,
    }
}

enum Never {}

impl Admitted {
    async fn requests(&mut self) -> Result<Never, Over> {
        loop {
            let message = self.connection.message().await?;
            let mut tokens = Tokens::new(self.version);
            if message.status & (status::RESET_CONNECTION | status::RESET_CONNECTION_SKIP_TRANSACTION) != 0 {
                self.session.house.database.reset(&self.session.context);
                tokens.change(Change::Reset);
            }
            if message.kind == kind::ATTENTION {
                // Too late for its request; it is answered all the same.
                self.acknowledge().await?;
                continue;
            }
            if message.status & status::IGNORE != 0 {
                tokens.done(End::Statement, done::ERROR, 0, 0);
                self.connection.answer(tokens.bytes, None).await?;
                continue;
            }
            let then = match request::read(&message, self.version) {
                Err(Malformed) => {
                    let error = ServerError::new(
                        4002,
                        16,
                        "The incoming tabular data stream (TDS) protocol stream is incorrect. The stream ended unexpectedly.",
                    );
                    tokens.refusal(&[error], &self.session.house.settings.server);
                    Then::Close
                }
                Ok(request) => match self.run(&mut tokens, request).await? {
                    Some(then) => then,
                    None => {
                        self.acknowledge().await?;
                        continue;
                    }
                },
            };
            match then {
                Then::Cut | Then::Reset => {
                    if !tokens.bytes.is_empty() {
                        self.connection.part(&tokens.bytes).await?;
                    }
                    return Err(if then == Then::Reset { Over::Reset } else { Over::Closed });
                }
                Then::Next | Then::Close => {
                    let damage = self.session.house.damage(Stage::Request);
                    self.connection.answer(tokens.bytes, damage.as_ref()).await?;
                }
            }
            if then == Then::Close {
                self.connection.close().await;
                return Err(Over::Closed);
            }
        }
    }

    /// Runs a request and writes its answer; `None` when the client took it back.
    async fn run(&mut self, tokens: &mut Tokens, request: Request) -> Result<Option<Then>, Over> {
        let steps = match request {
            Request::Batch(sql) => vec![Step::Batch(sql, None)],
            Request::Calls(calls) => {
                let last = calls.len().saturating_sub(1);
                let steps = calls.into_iter().enumerate();
                steps.map(|(index, call)| Step::Call(call, index < last)).collect()
            }
            Request::Transaction(transaction) => {
                transaction.steps().into_iter().map(|(sql, change)| Step::Batch(sql, change)).collect()
            }
        };
        let database = Arc::clone(&self.session.house.database);
        let mut then = Then::Next;
        for step in steps {
            let work = async {
                match &step {
                    Step::Batch(sql, _) => database.batch(&self.session.context, sql).await,
                    Step::Call(call, _) => database.rpc(&self.session.context, call).await,
                }
            };
            let replies = tokio::select! {
                replies = work => Some(replies),
                message = self.connection.message() => match message?.kind {
                    kind::ATTENTION => None,
                    // A client says nothing else before it has its answer.
                    _ => return Err(Over::Closed),
                },
            };
            let Some(replies) = replies else {
                database.cancelled(&self.session.context);
                return Ok(None);
            };
            let (replies, of) = match step {
                Step::Batch(_, change) => (with_change(replies, change), Of::Batch),
                Step::Call(_, more) => (replies, Of::Procedure { more }),
            };
            then = self.write(tokens, &replies, of);
            if then != Then::Next {
                break;
            }
        }
        Ok(Some(then))
    }

    fn write(&mut self, tokens: &mut Tokens, replies: &[Reply], of: Of) -> Then {
        Answer::new(tokens, &mut self.state, &self.session.house.settings.server, of).write(replies)
    }

    /// The answer to an attention ([MS-TDS] 2.2.1.7).
    async fn acknowledge(&mut self) -> Result<(), Over> {
        let mut tokens = Tokens::new(self.version);
        tokens.done(End::Statement, done::ATTENTION, 0, 0);
        self.connection.answer(tokens.bytes, None).await
    }
}

enum Step {
    Batch(String, Option<Environment>),
    /// A call, and whether another follows.
    Call(Call, bool),
}
