//! The tokens of an answer ([MS-TDS] 2.2.7).

use super::buffer::Write;
use super::column::COLLATION;
use super::login::{TDS_7_2, TDS_7_3_B, rank};
use super::reply::{Cell, Column, ServerError};

const RETURN_STATUS: u8 = 0x79;
const COLUMN_METADATA: u8 = 0x81;
const ERROR: u8 = 0xaa;
const INFO: u8 = 0xab;
const LOGIN_ACKNOWLEDGED: u8 = 0xad;
const FEATURES_ACKNOWLEDGED: u8 = 0xae;
const ROW: u8 = 0xd1;
const ROW_WITHOUT_NULLS: u8 = 0xd2; // NBCROW
const ENVIRONMENT: u8 = 0xe3;
const DONE: u8 = 0xfd;
const DONE_PROCEDURE: u8 = 0xfe;
const DONE_IN_PROCEDURE: u8 = 0xff;

/// `UTF8_SUPPORT`, the one feature that is agreed to: it changes nothing in what is sent here.
const FEATURE_UTF8: u8 = 0x0a;

/// `Status` of a DONE ([MS-TDS] 2.2.7.6).
pub(super) mod done {
    pub(in crate::tds) const FINAL: u16 = 0x00;
    pub(in crate::tds) const MORE: u16 = 0x01;
    pub(in crate::tds) const ERROR: u16 = 0x02;
    pub(in crate::tds) const IN_TRANSACTION: u16 = 0x04;
    pub(in crate::tds) const COUNT: u16 = 0x10;
    pub(in crate::tds) const ATTENTION: u16 = 0x20;
    pub(in crate::tds) const SERVER_ERROR: u16 = 0x100;
}

/// Which of the three DONE tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Statement,
    InProcedure,
    Procedure,
}

/// An environment change as it is written ([MS-TDS] 2.2.7.9).
#[derive(Clone, Copy)]
pub(super) enum Change<'a> {
    Database { new: &'a str, old: &'a str },
    Language { new: &'a str, old: &'a str },
    PacketSize { new: u16, old: u16 },
    Collation,
    Begin { new: u64 },
    Commit { old: u64 },
    Rollback { old: u64 },
    TransactionEnded { old: u64 },
    Reset,
    Routing { host: &'a str, port: u16 },
}

/// The tokens of one message, as a version of the protocol writes them.
pub(super) struct Tokens {
    pub(super) bytes: Vec<u8>,
    version: u32,
}

impl Tokens {
    pub(super) fn new(version: u32) -> Self {
        Self { bytes: Vec::new(), version }
    }

    fn since(&self, version: u32) -> bool {
        rank(self.version) >= version
    }

    pub(super) fn done(&mut self, end: End, status: u16, command: u16, rows: u64) {
        self.bytes.push(match end {
            End::Statement => DONE,
            End::InProcedure => DONE_IN_PROCEDURE,
            End::Procedure => DONE_PROCEDURE,
        });
        self.bytes.u16(status);
        self.bytes.u16(command);
        if self.since(TDS_7_2) {
            self.bytes.u64(rows);
        } else {
            self.bytes.u32(u32::try_from(rows).unwrap_or(u32::MAX));
        }
    }

    pub(super) fn error(&mut self, error: &ServerError, server: &str) {
        self.message(ERROR, error, server);
    }

    pub(super) fn info(&mut self, info: &ServerError, server: &str) {
        self.message(INFO, info, server);
    }

    /// Errors that are the whole answer.
    pub(super) fn refusal(&mut self, errors: &[ServerError], server: &str) {
        for error in errors {
            self.error(error, server);
        }
        self.done(End::Statement, done::ERROR, 0, 0);
    }

    fn message(&mut self, token: u8, message: &ServerError, server: &str) {
        let mut body = Vec::new();
        body.u32(message.number);
        body.extend([message.state, message.class]);
        body.us_varchar(&shortened(&message.message));
        body.b_varchar(server);
        body.b_varchar(&message.procedure);
        if self.since(TDS_7_2) {
            body.u32(message.line);
        } else {
            body.u16(u16::try_from(message.line).unwrap_or(u16::MAX));
        }
        self.with_length(token, &body);
    }

    fn with_length(&mut self, token: u8, body: &[u8]) {
        self.bytes.push(token);
        self.bytes.u16(u16::try_from(body.len()).expect("a token of less than 64 KiB"));
        self.bytes.extend(body);
    }

    pub(super) fn login_acknowledged(&mut self, program: &str, (major, minor, build): (u8, u8, u16)) {
        let mut body = vec![1]; // SQL_TSQL
        body.extend(self.version.to_be_bytes());
        body.b_varchar(program);
        body.extend([major, minor]);
        body.extend(build.to_be_bytes());
        self.with_length(LOGIN_ACKNOWLEDGED, &body);
    }

    /// Nothing for a client that asked for none.
    pub(super) fn features_acknowledged(&mut self, asked: &[u8]) {
        if asked.is_empty() {
            return;
        }
        self.bytes.push(FEATURES_ACKNOWLEDGED);
        if asked.contains(&FEATURE_UTF8) {
            self.bytes.push(FEATURE_UTF8);
            self.bytes.u32(1);
            self.bytes.push(1);
        }
        self.bytes.push(0xff);
    }

    pub(super) fn change(&mut self, change: Change<'_>) {
        let mut body = Vec::new();
        let transaction = |body: &mut Vec<u8>, kind: u8, new: Option<u64>, old: Option<u64>| {
            body.push(kind);
            for descriptor in [new, old] {
                let bytes = descriptor.map(u64::to_le_bytes).unwrap_or_default();
                body.push(if descriptor.is_some() { 8 } else { 0 });
                body.extend(&bytes[..if descriptor.is_some() { 8 } else { 0 }]);
            }
        };
        let texts = |body: &mut Vec<u8>, kind: u8, new: &str, old: &str| {
            body.push(kind);
            body.b_varchar(new);
            body.b_varchar(old);
        };
        match change {
            Change::Database { new, old } => texts(&mut body, 1, new, old),
            Change::Language { new, old } => texts(&mut body, 2, new, old),
            Change::PacketSize { new, old } => texts(&mut body, 4, &new.to_string(), &old.to_string()),
            Change::Collation => {
                body.extend([7, 5]);
                body.extend(COLLATION);
                body.push(0);
            }
            Change::Begin { new } => transaction(&mut body, 8, Some(new), None),
            Change::Commit { old } => transaction(&mut body, 9, None, Some(old)),
            Change::Rollback { old } => transaction(&mut body, 10, None, Some(old)),
            Change::TransactionEnded { old } => transaction(&mut body, 17, None, Some(old)),
            Change::Reset => body.extend([18, 0, 0]),
            Change::Routing { host, port } => {
                let mut value = vec![0]; // TCP
                value.u16(port);
                value.us_varchar(host);
                body.push(20);
                body.u16(u16::try_from(value.len()).expect("a host name"));
                body.extend(value);
                body.u16(0);
            }
        }
        self.with_length(ENVIRONMENT, &body);
    }

    pub(super) fn columns(&mut self, columns: &[Column]) {
        self.bytes.push(COLUMN_METADATA);
        self.bytes.u16(u16::try_from(columns.len()).expect("at most 4,096 columns"));
        for column in columns {
            if self.since(TDS_7_2) {
                self.bytes.u32(0); // user type
            } else {
                self.bytes.u16(0);
            }
            // fNullable, and "whether it can be updated is unknown", as for an expression.
            self.bytes.u16(u16::from(column.nullable) | 0x08);
            column.kind.write_info(column.nullable, &mut self.bytes);
            self.bytes.b_varchar(&column.name);
        }
    }

    /// A row; its NULLs are left out where that is shorter and the client's version knows it.
    pub(super) fn row(&mut self, columns: &[Column], cells: &[Cell]) {
        assert_eq!(columns.len(), cells.len(), "a row of {cells:?} for {columns:?}");
        let is_null = |cell: &Cell| *cell == Cell::Null;
        let pairs = || columns.iter().zip(cells);
        let saved: usize = pairs().filter(|(_, cell)| is_null(cell)).map(|(column, _)| column.kind.null_bytes()).sum();
        let leave_out = self.since(TDS_7_3_B) && saved > columns.len().div_ceil(8);
        if leave_out {
            self.bytes.push(ROW_WITHOUT_NULLS);
            self.bytes.extend(
                cells.chunks(8).map(|eight| {
                    eight.iter().enumerate().map(|(bit, cell)| u8::from(is_null(cell)) << bit).sum::<u8>()
                }),
            );
        } else {
            self.bytes.push(ROW);
        }
        for (column, cell) in pairs().filter(|(_, cell)| !(leave_out && is_null(cell))) {
            column.kind.write_value(column.nullable, cell, &mut self.bytes);
        }
    }

    pub(super) fn return_status(&mut self, status: u32) {
        self.bytes.push(RETURN_STATUS);
        self.bytes.u32(status);
    }
}

/// A message's text may have 2,047 characters; a server cuts what is longer.
fn shortened(text: &str) -> String {
    text.chars().take(2047).collect()
}
