//! What a server says, as a failure. What an error number means stands in the table of [`crate::knowledge`].

use dbprobe_core::{Class, Failure, Knowledge};

use crate::knowledge::KNOWLEDGE;

use Class::{Auth, DiskFull, Locked, Overloaded, Protocol, Query, Reset, Timeout};

const ROOM: &str = "free disk space on the server, or raise the limit of the tablespace or of the temporary files";

/// SQLSTATE classes for numbers that the table does not have (SQL:2016, and MySQL's `08S01` and `70100`).
const BY_STATE: &[(&str, Class)] =
    &[("08", Reset), ("28", Auth), ("40", Locked), ("42", Query), ("70", Timeout), ("53", Overloaded)];

/// `No space left on device`, the number inside 1026, 1030 and 1180 on every Unix.
const ENOSPC: &str = "28";

/// What kind of failure a number is.
fn row(code: &str, state: &str, message: &str) -> (Class, &'static str) {
    // These wrap an error of the storage engine, whose number is the first one in the message.
    if matches!(code, "1026" | "1030" | "1180") && first_number(message) == Some(ENOSPC) {
        return (DiskFull, ROOM);
    }
    if let Some(row) = Knowledge::find(KNOWLEDGE, code) {
        return (row.class, row.advice);
    }
    let class = BY_STATE.iter().find(|(prefix, _)| state.starts_with(prefix)).map_or(Query, |(_, class)| *class);
    (class, "see the number in the server's error reference, and the server's log")
}

fn first_number(message: &str) -> Option<&str> {
    message.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())
}

/// What proxies answer, and servers that speak the protocol and are neither MySQL nor MariaDB, to what they do not know: a
/// syntax (1064), an empty statement (1065), a function or a variable (1105, 1193, 1305), one that cannot be set there
/// (1227, 1228, 1229, 1231, 1232, 1238), a table of the dictionary (1109, 1146), anything else (1235).
const FOREIGN: [&str; 14] =
    ["1064", "1065", "1105", "1109", "1146", "1193", "1227", "1228", "1229", "1231", "1232", "1235", "1238", "1305"];

/// Whether a server refuses a statement of ours about itself because it does not know it.
pub(crate) fn is_foreign(failure: &Failure) -> bool {
    failure.code.as_deref().is_some_and(|code| FOREIGN.contains(&code))
}

/// What the server says in an error packet (protocol documentation, "ERR_Packet"). Before the login it has no SQLSTATE.
pub(crate) fn refused(packet: &[u8]) -> Failure {
    let Some((&[low, high], rest)) = packet.get(1..).and_then(|rest| rest.split_first_chunk::<2>()) else {
        return not_mysql("the peer's error cannot be read");
    };
    let (state, text) = match rest {
        [b'#', state @ ..] if state.len() >= 5 => (String::from_utf8_lossy(&state[..5]), &state[5..]),
        _ => ("".into(), rest),
    };
    let (code, message) = (u16::from_le_bytes([low, high]).to_string(), String::from_utf8_lossy(text));
    let (class, advice) = row(&code, &state, &message);
    Failure::new(class, message).code(code).advise(advice)
}

/// The peer speaks, but not MySQL.
pub(crate) fn not_mysql(message: impl Into<String>) -> Failure {
    Failure::new(Protocol, message)
        .advise("check the port: 3306 is MySQL's usual one, and the DSN's scheme must fit the server behind it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: u16, rest: &str) -> Failure {
        refused(&[b"\xff".as_slice(), &code.to_le_bytes(), rest.as_bytes()].concat())
    }

    #[test]
    fn an_error_is_read_with_and_without_its_state() {
        let denied = error(1045, "#28000Access denied");
        assert_eq!(
            (denied.class, denied.code.as_deref(), denied.message.as_str()),
            (Auth, Some("1045"), "Access denied")
        );
        let full = error(1040, "Too many connections");
        assert_eq!((full.class, full.message.as_str()), (Overloaded, "Too many connections"));
        assert_eq!(refused(b"\xff\x10").class, Protocol);
    }

    #[test]
    fn what_the_table_does_not_have_goes_by_its_state() {
        assert_eq!(error(65_000, "#28ABCx").class, Auth);
        assert_eq!(error(65_000, "#HY000x").class, Query);
    }

    #[test]
    fn a_full_disk_is_told_by_the_engine_s_number() {
        assert_eq!(error(1030, "#HY000Got error 28 - 'No space left on device' from storage engine").class, DiskFull);
        assert_eq!(error(1030, "#HY000Got error 168 from storage engine").class, Query);
    }
}
