//! What a server says in the place of a greeting, as a failure. What its code means stands in the table of
//! [`crate::knowledge`].

use dbprobe_core::{Class, Failure, Knowledge};

use crate::knowledge::KNOWLEDGE;
use crate::protocol::Protocol;

const LOG: &str = "see the server's log";
const UNWANTED: &str = "the server does not want this client: see its log, and its list of allowed addresses";

/// What a server of `protocol` says with `code` in the place of a greeting.
pub(crate) fn refusal(protocol: Protocol, code: &str, said: &str) -> Failure {
    // A number of MySQL's has no kind: one that begins with a 4 is not a reply of that kind.
    let is_of = |row: &&Knowledge| protocol != Protocol::Mysql || !row.code.ends_with('*');
    let row = Knowledge::find(KNOWLEDGE, code).filter(is_of);
    let unknown = if protocol == Protocol::Mysql { LOG } else { UNWANTED };
    let (class, advice) = row.map_or((Class::Permission, unknown), |row| (row.class, row.advice));
    Failure::new(class, format!("the server lets nobody in: {said}")).code(code).advise(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_mysql_s_is_no_reply_of_a_mail_server() {
        assert_eq!(refusal(Protocol::Smtp, "450", "later").class, Class::Overloaded);
        assert_eq!(refusal(Protocol::Ftp, "530", "no").class, Class::Permission);
        assert_eq!(refusal(Protocol::Mysql, "4031", "no").class, Class::Permission);
        assert_eq!(refusal(Protocol::Mysql, "1040", "no").class, Class::Overloaded);
    }

    #[test]
    fn an_unknown_refusal_is_one_all_the_same() {
        let failure = refusal(Protocol::Mysql, "9999", "no");
        assert_eq!((failure.class, failure.code.as_deref()), (Class::Permission, Some("9999")));
        assert_eq!(refusal(Protocol::Ssh, "x", "no").class, Class::Permission);
    }
}
