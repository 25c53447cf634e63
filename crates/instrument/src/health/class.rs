//! What kind of failure a code means, in the words that `dbprobe` has for every engine.

/// A check that panicked, or that nobody could run.
pub(super) const INTERNAL: &str = "internal";
/// A failure of which nothing more is known.
pub(super) const QUERY: &str = "query";
/// A limit that is exceeded.
pub(super) const THRESHOLD: &str = "threshold";
/// No answer in time.
pub(super) const TIMEOUT: &str = "timeout";

/// Beginnings of SQLSTATEs, the longer ones first: PostgreSQL's manual, appendix A.
const SQLSTATES: &[(&str, &str)] = &[
    ("08001", "unreachable"),
    ("08004", "refused"),
    ("08P01", "protocol"),
    ("25006", "read_only"),
    ("25P03", "reset"),
    ("25P04", "timeout"),
    ("3D000", "not_found"),
    ("3F000", "not_found"),
    ("40001", "locked"),
    ("40P01", "locked"),
    ("42501", "permission"),
    ("42P01", "not_found"),
    ("53100", "disk_full"),
    ("55006", "locked"),
    ("55P03", "locked"),
    ("57014", TIMEOUT),
    ("57P04", "not_found"),
    ("57P05", "reset"),
    ("08", "reset"),
    ("0A", "unsupported"),
    ("28", "auth"),
    ("53", "overloaded"),
    ("57P", "starting"),
    ("XX001", "corrupt"),
    ("XX002", "corrupt"),
];

/// Numbers of MySQL and MariaDB: the server's error message reference.
const NUMBERS: &[(&str, &str)] = &[
    ("1021", "disk_full"),
    ("1040", "overloaded"),
    ("1044", "permission"),
    ("1045", "auth"),
    ("1049", "not_found"),
    ("1142", "permission"),
    ("1146", "not_found"),
    ("1203", "overloaded"),
    ("1205", "locked"),
    ("1213", "locked"),
    ("1290", "read_only"),
    ("3024", TIMEOUT),
];

/// The words of [`error_code`](crate::error_code) for what no server said.
const WORDS: &[(&str, &str)] = &[
    ("config", "config"),
    ("connection_closed", "reset"),
    ("io_broken_pipe", "reset"),
    ("io_connection_aborted", "reset"),
    ("io_connection_refused", "refused"),
    ("io_connection_reset", "reset"),
    ("io_host_unreachable", "unreachable"),
    ("io_network_unreachable", "unreachable"),
    ("io_not_connected", "reset"),
    ("io_not_found", "refused"), // the socket of a server that does not run
    ("io_permission_denied", "permission"),
    ("io_timed_out", TIMEOUT),
    ("io_unexpected_eof", "reset"),
    ("pool_timeout", TIMEOUT),
    ("protocol", "protocol"),
    ("tls", "tls"),
];

/// The class of a failure with this code.
pub(super) fn of_code(code: &str) -> &'static str {
    let exact = || WORDS.iter().chain(NUMBERS).find(|(known, _)| code == *known);
    let sqlstate = || SQLSTATES.iter().find(|(beginning, _)| code.len() == 5 && code.starts_with(beginning));
    exact().or_else(sqlstate).map_or(QUERY, |(_, class)| class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_code_comes_before_its_class() {
        for (at, (longer, _)) in SQLSTATES.iter().enumerate() {
            let hidden = SQLSTATES[..at].iter().find(|(earlier, _)| longer.starts_with(earlier));
            assert_eq!(hidden, None, "{longer} is never found");
        }
        assert_eq!([of_code("57014"), of_code("57P01"), of_code("57P04")], ["timeout", "starting", "not_found"]);
    }

    #[test]
    fn words_and_numbers_are_no_sqlstates() {
        assert_eq!([of_code("1045"), of_code("pool_timeout"), of_code("io")], ["auth", "timeout", "query"]);
        assert_eq!([of_code("2800"), of_code("23505"), of_code("")], ["query"; 3]);
    }
}
