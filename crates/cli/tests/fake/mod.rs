//! An engine that behaves as the host in its DSN says, so that the command can be tested without a server.

#![allow(dead_code, reason = "each test program uses its part")]
#![allow(clippy::expect_used, clippy::panic, reason = "a helper of a test may fail as the test itself does")]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe::{
    Absent, Capability, Class, Driver, Dsn, DsnError, Endpoint, Engine, Failure, Inspection, Lookup, Phase, Pong,
    Registry, Role, Session, Setup, SetupOptions, Steps, Target, Tls, WriteProof, WriteRequest, Written,
};
use dbprobe_cli::{Console, Screen, run};

pub(crate) const ENGINE: Engine = Engine {
    name: "fake",
    schemes: &["fake"],
    capabilities: &[Capability::Query, Capability::Role],
    knowledge: &[],
    open,
};

const ABSENT: &[Absent] = &[Absent { feature: "oracle", schemes: &["oracle"] }];

/// The text that no output may contain.
pub(crate) const PASSWORD: &str = "hunter2";

/// What a command left: its exit code and its two streams.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `dbprobe` with `arguments` as in a pipe.
pub(crate) fn dbprobe(arguments: &[&str]) -> Ran {
    dbprobe_on(Screen::PLAIN, arguments)
}

/// Runs `dbprobe` with `arguments` on a terminal like `screen`.
pub(crate) fn dbprobe_on(screen: Screen, arguments: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let console = Console { out: &mut out, err: &mut err, screen, err_screen: Screen::PLAIN };
    let registry = Registry::new(&[&ENGINE]).with_absent(ABSENT);
    let words = std::iter::once("dbprobe").chain(arguments.iter().copied()).map(OsString::from);
    let code = run(&registry, ABSENT, words, console);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code, out: text(out), err: text(err) }
}

fn open(dsn: &Dsn) -> Result<Arc<dyn Driver>, DsnError> {
    let text = dsn.expose();
    let (user, place) =
        text.trim_start_matches("fake://").rsplit_once('@').unwrap_or(("", text.trim_start_matches("fake://")));
    if let Some(at) = text.find('!') {
        return Err(DsnError::new("unknown parameter, did you mean `mode`?")
            .at(text, at..at + 1)
            .advise("leave it out"));
    }
    if place == "panics-while-reading" {
        panic!("byte index 3 is out of bounds of `{text}`");
    }
    let user = user.split(':').next().filter(|user| !user.is_empty()).map(str::to_owned);
    let redacted = format!("fake://{}{place}", user.as_ref().map(|user| format!("{user}:***@")).unwrap_or_default());
    let target = Target {
        engine: "fake",
        endpoints: vec![Endpoint { host: place.to_owned(), port: Some(1) }],
        user,
        has_password: text.contains(PASSWORD),
        database: None,
        parameters: BTreeMap::new(),
        redacted,
    };
    Ok(Arc::new(Fake { target, mode: place.to_owned() }))
}

#[derive(Debug)]
struct Fake {
    target: Target,
    mode: String,
}

#[async_trait]
impl Driver for Fake {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        steps.run(Phase::Tcp, async { Ok(()) }).await
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let mode = self.mode.clone();
        steps
            .run(Phase::Tcp, async {
                match mode.as_str() {
                    "refused" => Err(Failure::new(Class::Refused, "nobody listens on the port").code("ECONNREFUSED")),
                    "hangs" => std::future::pending().await,
                    "panics" => panic!("the driver lost its way"),
                    _ => Ok(()),
                }
            })
            .await?;
        steps.connected_to("192.0.2.1:1");
        steps.secured(Tls { version: Some("TLSv1.3".to_owned()), days_left: Some(29), ..Tls::default() });
        steps
            .run(Phase::Auth, async {
                match mode.as_str() {
                    "hostile" => Err(Failure::new(Class::Auth, HOSTILE).code("\u{1b}[31m28P01").advise(HOSTILE)),
                    "password" => Err(Failure::new(Class::Auth, "the server refused the password")
                        .code("28P01")
                        .advise("check the password that the DSN resolves to; the server and the database answer")),
                    _ => Ok(()),
                }
            })
            .await?;
        Ok(Box::new(Open { mode }))
    }

    fn setup(&self, options: &SetupOptions) -> Option<Setup> {
        let setup = Setup::default().statement("the health table", "CREATE TABLE _health_check (prober text)");
        Some(match &options.role {
            Some(role) => setup.statement("the role", format!("CREATE ROLE {role}")).by_hand("set its password"),
            None => setup,
        })
    }
}

/// What a malicious server may answer.
pub(crate) const HOSTILE: &str = "no\u{1b}[2J\u{9b}31m | entry\nfor \"<x>\" & 'y' = \\ \u{202e}; end]]>\u{0}";

struct Open {
    mode: String,
}

#[async_trait]
impl Session for Open {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        Ok(Pong::new()
            .role(if self.mode == "replica" { Role::Replica } else { Role::Primary })
            .read_only(self.mode == "replica"))
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        if self.mode == "denied" {
            return Err(Failure::new(Class::Permission, "permission denied for table _health_check")
                .code("42501")
                .advise("run `dbprobe init` as the owner of the table")
                .caused_by(std::io::Error::other("the server's own words")));
        }
        Ok(Written::new(request, WriteProof::Table, ""))
    }

    async fn read(&mut self, _: Option<&Written>) -> Result<(), Failure> {
        Ok(())
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let mut inspection = Inspection::default();
        inspection.version = Some(if self.mode == "hostile-version" { HOSTILE } else { "15.20" }.to_owned());
        inspection.connections = Some(4);
        inspection.connections_max = Some(97);
        inspection.size_bytes = Some(7_864_320);
        if self.mode == "full-memory" {
            let facts = [("maxmemory_bytes", "1000"), ("maxmemory_policy", "noeviction"), ("used_memory_bytes", "810")];
            inspection.facts = facts.map(|(fact, value)| (fact.to_owned(), value.to_owned())).into();
        }
        Ok(inspection)
    }

    async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        let found = |lookup: &Lookup| match (self.mode.as_str(), lookup) {
            ("clock-ahead", Lookup::Clock) => {
                Some((jiff::Timestamp::now() + jiff::SignedDuration::from_secs(90)).to_string())
            }
            ("pooled", Lookup::Proxy) => Some("PgBouncer".to_owned()),
            _ => None,
        };
        Ok(wanted.iter().map(found).collect())
    }

    async fn apply(&mut self, _: &Setup) -> Result<(), Failure> {
        match self.mode.as_str() {
            "denied" => Err(Failure::new(Class::Permission, "permission denied to create role").code("42501")),
            "stuck" => std::future::pending().await,
            _ => Ok(()),
        }
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        match self.mode.as_str() {
            "rude" => Err(Failure::new(Class::Reset, "cut in the goodbye")),
            "slow-goodbye" => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
