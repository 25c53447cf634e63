//! From a socket to the beginning of a login: the greeting, TLS, and a goodbye where neither leads to a login.

use std::time::Duration;

use dbprobe_core::{Class, Failure, Tls};
use dbprobe_net::describe;
use mysql_common::constants::CapabilityFlags;
use tokio::time::{Instant, timeout};

use crate::greeting::{Greeting, Hello, greet};
use crate::login::{Credentials, capabilities, say_goodbye, tls_request};
use crate::tls::Security;
use crate::wire::Wire;

/// How long a goodbye to a server that nobody logged in to may take. One that takes longer is left with it.
const GOODBYE: Duration = Duration::from_millis(250);

/// What asking for TLS came to.
pub(crate) enum Asked {
    /// It was agreed on.
    Secured(Wire, Greeting),
    /// The server does not offer it, and it was not demanded.
    Plain(Wire, Greeting),
    /// The server turned us away before.
    Refused(Failure),
}

/// Whether a connection without TLS will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    Always,
    IfOffered,
}

/// When dialling began, and how much time there was then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) began: Instant,
    pub(crate) limit: Duration,
}

impl Clock {
    /// Returns at once where the time will do for a round trip as slow as those to the greeting, which were two; else
    /// never, until the deadline comes.
    ///
    /// A TLS handshake that breaks off is held against this host, and of all the states of a login it is the one in which
    /// no goodbye can be said. On a line that is too slow for the time-out each probe would end in it.
    async fn enough_for_a_trip(self) {
        let waited = self.began.elapsed();
        if self.limit.saturating_sub(waited) < waited / 2 {
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for the greeting and puts TLS round the connection. What the handshake told is left in `seen`, also where the
/// certificate is not accepted.
///
/// # Errors
/// Those of the handshake; class `tls` where TLS is demanded and not offered. The server has been said goodbye to.
pub(crate) async fn secure(
    mut wire: Wire,
    (security, name): (&Security, &str),
    demand: Demand,
    clock: Clock,
    credentials: &Credentials,
    seen: &mut Option<Tls>,
) -> Result<Asked, Failure> {
    let greeting = match greet(&mut wire).await? {
        Hello::Greeting(greeting) => greeting,
        Hello::Refused(failure) => return Ok(Asked::Refused(failure)),
    };
    clock.enough_for_a_trip().await;
    if !greeting.offers_tls() {
        if demand == Demand::IfOffered {
            return Ok(Asked::Plain(wire, greeting));
        }
        leave(wire).await;
        return Err(not_offered());
    }
    let (mut wire, told, judgement) = negotiate(wire, &greeting, (security, name), credentials).await?;
    if let Err(failure) = judgement {
        *seen = Some(Tls { verified: None, ..told });
        say_goodbye_in_time(&mut wire).await;
        return Err(failure);
    }
    *seen = Some(told);
    Ok(Asked::Secured(wire, greeting))
}

type Negotiated = (Wire, Tls, Result<(), Failure>);

async fn negotiate(
    mut wire: Wire,
    greeting: &Greeting,
    (security, name): (&Security, &str),
    credentials: &Credentials,
) -> Result<Negotiated, Failure> {
    let said = capabilities(greeting, credentials) | CapabilityFlags::CLIENT_SSL;
    wire.write(&tls_request(said)).await?;
    let (socket, sequence) = wire.into_socket()?;
    let (stream, judgement) = security.tls.handshake(name, socket).await?;
    let told = describe(&stream, security.verify);
    Ok((Wire::secure(stream, sequence, said), told, judgement))
}

/// Leaves a server that nobody logged in to.
pub(crate) async fn leave(mut wire: Wire) {
    say_goodbye_in_time(&mut wire).await;
}

/// Greets and leaves, as a probe of the transport does. Where TLS is offered by MariaDB it is used: with
/// `require_secure_transport` its newer versions take a login without TLS for a broken one.
pub(crate) async fn greet_and_leave(mut wire: Wire, security: Option<(&Security, &str)>, credentials: &Credentials) {
    let visit = async {
        let Ok(Hello::Greeting(greeting)) = greet(&mut wire).await else { return };
        match security {
            Some(security) if greeting.is_mariadb() && greeting.offers_tls() => {
                let Ok((mut wire, ..)) = negotiate(wire, &greeting, security, credentials).await else { return };
                say_goodbye(&mut wire).await;
            }
            _ => say_goodbye(&mut wire).await,
        }
    };
    // Whatever is still to say when the time is over is said by the wire's drop.
    let _ = timeout(GOODBYE, visit).await;
}

async fn say_goodbye_in_time(wire: &mut Wire) {
    let _ = timeout(GOODBYE, say_goodbye(wire)).await;
}

fn not_offered() -> Failure {
    Failure::new(Class::Tls, "the server does not offer TLS").code("2026").advise(
        "give the server a certificate (ssl_cert, ssl_key), or say ssl-mode=PREFERRED where the network is trusted",
    )
}
