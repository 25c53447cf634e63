//! From a configured target to a greeted session, each step on the clock.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{Class, Driver, Failure, Phase, Session, Steps, Target};
use dbprobe_net::{client_config, describe, dial, handshake, io_failure, resolve};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;

use crate::asked::Asked;
use crate::classify::refusal;
use crate::config::{Config, Encrypt};
use crate::extensions::Extensions;
use crate::hello;
use crate::line::Line;
use crate::login::log_in;
use crate::look::{is_allowed, second_look};
use crate::reply::Reply;
use crate::session::SmtpSession;

/// A mail server, configured.
pub(crate) struct SmtpDriver {
    config: Config,
    /// Made at the first connection that needs it; it also keeps what a resumed handshake needs.
    security: OnceLock<Arc<ClientConfig>>,
}

/// The configuration of TLS has nothing to show.
impl fmt::Debug for SmtpDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpDriver").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A server that has introduced itself.
struct Greeted {
    line: Line,
    banner: Reply,
    extensions: Extensions,
}

/// What came of asking for TLS.
enum Asking {
    Secured(Box<tokio_rustls::client::TlsStream<TcpStream>>, Reply),
    NotOffered(Greeted),
}

/// The longest that a mere look at the port waits for the server's first word.
const GLANCE: Duration = Duration::from_secs(2);
/// What is left for the report of a step that waited for a silent server.
const RESERVE: Duration = Duration::from_millis(5);

impl SmtpDriver {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, security: OnceLock::new() }
    }

    fn security(&self) -> Result<Arc<ClientConfig>, Failure> {
        if let Some(security) = self.security.get() {
            return Ok(Arc::clone(security));
        }
        let made = client_config(&self.config.tls)?;
        Ok(Arc::clone(self.security.get_or_init(|| made)))
    }

    async fn dial(&self, steps: &mut Steps) -> Result<(TcpStream, SocketAddr), Failure> {
        let addresses = steps.run(Phase::Resolve, resolve(&self.config.host, self.config.port)).await?;
        let stream = steps.run(Phase::Tcp, dial(&addresses)).await?;
        let peer = stream.peer_addr().map_err(|error| io_failure(&error, "connecting").in_phase(Phase::Tcp))?;
        steps.connected_to(peer.to_string());
        Ok((stream, peer))
    }

    /// The server's first word, within `limit`, and its answer to ours.
    async fn greet(&self, mut line: Line, limit: Duration) -> Result<Greeted, Failure> {
        let banner = timeout(limit, line.reply()).await.unwrap_or_else(|_| Err(silent()))?;
        if banner.code != 220 {
            return Err(refusal(Asked::Banner, &banner));
        }
        let extensions = self.hello(&mut line).await?;
        Ok(Greeted { line, banner, extensions })
    }

    /// EHLO, and HELO where the server is of the time before it (RFC 5321, section 3.2).
    async fn hello(&self, line: &mut Line) -> Result<Extensions, Failure> {
        let name = self.config.hello.clone().unwrap_or_else(|| hello::usual(line.local_address()));
        let reply = line.ask(&format!("EHLO {name}")).await?;
        if reply.code == 250 {
            return Ok(Extensions::of(&reply));
        }
        if !matches!(reply.code, 500 | 502) {
            return Err(refusal(Asked::Hello, &reply));
        }
        let reply = line.ask(&format!("HELO {name}")).await?;
        if reply.code == 250 { Ok(Extensions::default()) } else { Err(refusal(Asked::Hello, &reply)) }
    }

    /// Introduces itself in plain text, asks for TLS and negotiates it.
    async fn ask_for_tls(&self, stream: TcpStream, limit: Duration) -> Result<Asking, Failure> {
        let greeted = self.greet(Line::plain(stream), limit).await?;
        if !greeted.extensions.starttls() {
            let optional = self.config.encrypt == Encrypt::IfOffered;
            return if optional {
                Ok(Asking::NotOffered(greeted))
            } else {
                Err(not_offered(self.config.login.is_some()))
            };
        }
        let Greeted { mut line, banner, .. } = greeted;
        let reply = line.ask("STARTTLS").await?;
        if reply.code != 220 {
            return Err(refusal(Asked::StartTls, &reply));
        }
        let stream = handshake(self.security()?, &self.config.host, line.into_socket()?).await?;
        Ok(Asking::Secured(Box::new(stream), banner))
    }

    /// Everything from an open socket to a greeted server, with TLS as the DSN asks for it.
    async fn open(&self, steps: &mut Steps) -> Result<SmtpSession, Failure> {
        if self.config.encrypt != Encrypt::Never {
            self.security()?; // a file that is missing is found out before anybody is asked
        }
        let (stream, peer) = self.dial(steps).await?;
        match self.config.encrypt {
            Encrypt::Never => {
                let (limit, look) = (patience(steps), look(peer, steps));
                let work = async { self.log_in(self.greet(Line::plain(stream), limit).await?, None).await };
                steps.run_or_look(Phase::Auth, work, look).await
            }
            Encrypt::AtOnce => {
                let stream = steps.run(Phase::Tls, handshake(self.security()?, &self.config.host, stream)).await?;
                steps.secured(describe(&stream, self.config.verify()));
                let limit = patience(steps);
                let work = async { self.log_in(self.greet(Line::secure(stream), limit).await?, None).await };
                steps.run(Phase::Auth, work).await
            }
            Encrypt::IfOffered | Encrypt::Require => {
                let (limit, look) = (patience(steps), look(peer, steps));
                match steps.run_or_look(Phase::Tls, self.ask_for_tls(stream, limit), look).await? {
                    Asking::Secured(stream, banner) => {
                        steps.secured(describe(&stream, self.config.verify()));
                        steps.run(Phase::Auth, self.start_again(Line::secure(*stream), banner)).await
                    }
                    Asking::NotOffered(greeted) => {
                        steps.retract("the server does not offer STARTTLS");
                        steps.run(Phase::Auth, self.log_in(greeted, Some(false))).await
                    }
                }
            }
        }
    }

    /// What was said before TLS counts for nothing any more (RFC 3207, section 4.2).
    async fn start_again(&self, mut line: Line, banner: Reply) -> Result<SmtpSession, Failure> {
        let extensions = self.hello(&mut line).await?;
        self.log_in(Greeted { line, banner, extensions }, Some(true)).await
    }

    /// Logs in where the DSN asks for it. `starttls` is whether it was offered, where that was asked.
    async fn log_in(&self, greeted: Greeted, starttls: Option<bool>) -> Result<SmtpSession, Failure> {
        let Greeted { mut line, banner, extensions } = greeted;
        if let Some(login) = &self.config.login {
            log_in(&mut line, login, &extensions).await?;
        }
        let plain = self.config.encrypt == Encrypt::Never;
        let starttls = starttls.or_else(|| plain.then(|| extensions.starttls()));
        Ok(SmtpSession::new(line, extensions.facts(&banner, starttls), self.config.login.clone()))
    }
}

/// How long the server's first word is waited for: as long as there is time, less what a report of its own needs.
fn patience(steps: &Steps) -> Duration {
    steps.remaining().saturating_sub(RESERVE)
}

fn look(peer: SocketAddr, steps: &Steps) -> impl Future<Output = Option<Failure>> + use<> {
    let allowed = is_allowed(peer.port(), steps.remaining());
    async move { if allowed { second_look(peer).await } else { None } }
}

fn silent() -> Failure {
    Failure::new(Class::Timeout, "the server accepted the connection but did not greet in time").advise(
        "it may be stopped or overloaded, or make strangers wait: Postfix' postscreen does so for 6 s, look-ups of this \
         machine's name for longer; allow more time, or list this machine among those it trusts",
    )
}

fn not_offered(logs_in: bool) -> Failure {
    let advice = if logs_in {
        "no password is sent in clear: let the server offer it (smtpd_tls_security_level=may), or try `smtps`"
    } else {
        "let the server offer it (smtpd_tls_security_level=may in Postfix); something in between may have left it out, too"
    };
    Failure::new(Class::Tls, "the server does not offer STARTTLS").advise(advice)
}

#[async_trait]
impl Driver for SmtpDriver {
    fn target(&self) -> &Target {
        &self.config.target
    }

    /// A server that greets is answered with QUIT: whoever hangs up without it is noted as a lost connection.
    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        let (stream, _) = self.dial(steps).await?;
        if self.config.encrypt != Encrypt::AtOnce {
            let mut line = Line::plain(stream);
            let limit = GLANCE.min(steps.remaining() / 2);
            let leave = async {
                line.reply().await?;
                line.ask("QUIT").await
            };
            let _ = timeout(limit, leave).await;
        }
        Ok(())
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        Ok(Box::new(self.open(steps).await?))
    }
}
