//! A database that understands a few words, and remembers what it was told.

use std::future::pending;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use dbprobe_testkit::tds::{
    Cell, Column, Database, Environment, Kind, Length, LoggedIn, Login, Moment, Reply, ServerError, SessionContext,
};
use tokio::sync::watch;

pub(crate) const PASSWORD: &str = "pä§$word'1";

/// More than a packet of any size holds.
pub(crate) const LONG: usize = 100_000;

#[derive(Default)]
pub(crate) struct Clerk {
    heard: Mutex<Vec<String>>,
    changes: watch::Sender<usize>,
}

impl Clerk {
    fn note(&self, what: impl Into<String>) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(what.into());
        self.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has heard this.
    pub(crate) async fn hears(&self, what: &str) {
        let mut changes = self.changes.subscribe();
        while !self.heard().iter().any(|heard| heard == what) {
            changes.changed().await.expect("the sender is in self");
        }
    }
}

#[async_trait]
impl Database for Clerk {
    fn login(&self, login: &Login) -> Result<LoggedIn, Vec<ServerError>> {
        self.note(format!("login {} {}", login.user, login.application));
        if login.user == "wanderer" {
            return Ok(LoggedIn::to("master").routed("elsewhere.example", 14_330));
        }
        if login.password != PASSWORD {
            return Err(vec![ServerError::new(18456, 14, format!("Login failed for user '{}'.", login.user))]);
        }
        match login.database.as_str() {
            "" => Ok(LoggedIn::to("master")),
            "orders" => Ok(LoggedIn::to("orders")),
            other => Err(vec![
                ServerError::new(4060, 11, format!("Cannot open database \"{other}\" requested by the login.")),
                ServerError::new(18456, 14, format!("Login failed for user '{}'.", login.user)),
            ]),
        }
    }

    async fn batch(&self, session: &SessionContext, sql: &str) -> Vec<Reply> {
        self.note(if sql.len() < 200 { sql } else { "something long" });
        match sql {
            "one" => vec![Reply::rows([Column::int("one").not_null()], [[Cell::Int(1)]])],
            "two" => vec![
                Reply::rows([Column::int("a")], [[Cell::Int(1)], [Cell::Null]]),
                Reply::done(3),
                Reply::Info(ServerError::new(0, 0, "said between")),
                Reply::rows([Column::text("b")], [[Cell::text("zwei")]]),
            ],
            "database" => {
                vec![Reply::Environment(Environment::Database("orders".to_owned())), Reply::Done { rows: None }]
            }
            "types" => vec![types()],
            "nulls" => vec![nulls()],
            "long" => {
                vec![Reply::rows([Column::new("long", Kind::NVarChar(Length::Max))], [[Cell::Text("ö".repeat(LONG))]])]
            }
            "many" => {
                let rows = (0..5000).map(|number| [Cell::Int(number), Cell::text("x".repeat(20))]);
                vec![Reply::rows([Column::int("n"), Column::text("t")], rows)]
            }
            "fail" => vec![Reply::error(208, 16, "Invalid object name 'nowhere'.")],
            "duplicate" => vec![
                Reply::error(2627, 14, "Violation of PRIMARY KEY constraint."),
                Reply::Info(ServerError::new(3621, 0, "The statement has been terminated.")),
                Reply::rows([Column::int("after")], [[Cell::Int(2)]]),
            ],
            "fatal" => vec![Reply::error(823, 24, "The operating system returned error 21.")],
            "wait" => pending().await,
            "cut" => vec![Reply::rows([Column::int("one")], [[Cell::Int(1)]]), Reply::Close],
            "reset" => vec![Reply::Reset],
            "variant" => vec![Reply::rows(
                [Column::new("v", Kind::SqlVariant)],
                [
                    [Cell::Variant(Box::new((Kind::Int, Cell::Int(7))))],
                    [Cell::Variant(Box::new((Kind::NVarChar(Length::Most(10)), Cell::text("sieben"))))],
                    [Cell::Null],
                ],
            )],
            "unknown" => vec![Reply::rows(
                [Column::new("u", Kind::Unknown { id: 0xf7, info: vec![1, 2] })],
                [[Cell::Raw(vec![1, 2, 3])]],
            )],
            "who" => vec![Reply::rows(
                [Column::text("user"), Column::text("host"), Column::bit("intent"), Column::bit("encrypted")],
                [[
                    Cell::text(&session.login.user),
                    Cell::text(&session.login.host),
                    Cell::Bit(session.login.read_only_intent),
                    Cell::Bit(session.login.encrypted),
                ]],
            )],
            // Whatever else there is comes back: its length in characters, and itself.
            other => {
                let count = i64::try_from(other.chars().count()).expect("a short text");
                vec![Reply::rows(
                    [Column::bigint("length"), Column::new("text", Kind::NVarChar(Length::Max))],
                    [[Cell::BigInt(count), Cell::text(other)]],
                )]
            }
        }
    }

    fn cancelled(&self, _session: &SessionContext) {
        self.note("cancelled");
    }

    fn ended(&self, session: &SessionContext) {
        self.note(format!("ended {}", session.login.application));
    }
}

/// 2026-11-21T12:34:56.789Z
pub(crate) const MOMENT: Moment = Moment { seconds: 1_795_264_496, nanoseconds: 789_000_000 };

fn columns() -> Vec<Column> {
    vec![
        Column::bigint("bigint"),
        Column::bit("bit"),
        Column::int("int"),
        Column::new("smallint", Kind::SmallInt),
        Column::new("tinyint", Kind::TinyInt),
        Column::new("float", Kind::Float),
        Column::new("decimal", Kind::Decimal { precision: 20, scale: 3 }),
        Column::new("nvarchar", Kind::NVarChar(Length::Most(40))),
        Column::new("nvarchar(max)", Kind::NVarChar(Length::Max)),
        Column::new("varchar", Kind::VarChar(Length::Most(40))),
        Column::new("varbinary", Kind::VarBinary(Length::Most(8))),
        Column::new("varbinary(max)", Kind::VarBinary(Length::Max)),
        Column::new("guid", Kind::UniqueIdentifier),
        Column::new("datetime2", Kind::DateTime2(7)),
        Column::new("datetimeoffset", Kind::DateTimeOffset(3)),
    ]
}

fn types() -> Reply {
    let row = vec![
        Cell::BigInt(i64::MIN),
        Cell::Bit(true),
        Cell::Int(-1),
        Cell::Int(-300),
        Cell::Int(255),
        Cell::Float(1.5),
        Cell::Decimal(-1_234_567_890_123_456),
        Cell::text("Zürich 🦀"),
        Cell::text(""),
        Cell::text("Köln"),
        Cell::Bytes(vec![1, 2, 3]),
        Cell::Bytes(vec![7; 20_000]),
        Cell::Bytes((0..16).collect()),
        Cell::Time(MOMENT),
        Cell::TimeWithOffset(MOMENT, 120),
    ];
    Reply::Rows { columns: columns(), rows: vec![row] }
}

fn nulls() -> Reply {
    let columns = columns();
    let count = columns.len();
    let mut some = vec![Cell::Null; count];
    some[2] = Cell::Int(5);
    Reply::Rows { columns, rows: vec![vec![Cell::Null; count], some] }
}
