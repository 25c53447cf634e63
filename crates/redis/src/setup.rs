//! The role with the least privileges, for `dbprobe init`.

use dbprobe_core::{Setup, SetupOptions};

use crate::commands::KEYS;

/// What [`commands`](crate::commands) lists, and nothing else.
const PRIVILEGES: &str = "+ping +info +client|setname +select +multi +exec +hincrby +hset +expire +hmget +readonly \
     +cluster|nodes";

/// A user that may do what a check does. Redis needs no table: keys come and go by themselves.
pub(crate) fn setup(options: &SetupOptions) -> Setup {
    // A name with spaces cannot be a Redis user's (`acl.c`, ACLStringHasSpaces).
    let role = options.role.as_deref().filter(|role| !role.contains(char::is_whitespace) && !role.contains('\0'));
    let Some(role) = role else { return Setup::default() };
    // Nothing is reset: a new user has no privilege anyhow, and one that exists keeps its own.
    let sql = format!("ACL SETUSER {role} on ~{KEYS}* {PRIVILEGES}");
    Setup::default()
        .in_lines()
        .statement(format!("the user {role}, who may do what a check does (Redis 7, Valkey)"), sql)
        .by_hand(format!("set a password: ACL SETUSER {role} >PASSWORD"))
        .by_hand("keep the user beyond a restart: ACL SAVE where `aclfile` is set, else CONFIG REWRITE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_one_that_redis_cli_takes() {
        let script = setup(&SetupOptions { role: Some("probe".to_owned()) }).script();
        let command = script.lines().find(|line| !line.starts_with('#')).unwrap_or_default();
        assert!(command.starts_with("ACL SETUSER probe on ") && command.ends_with("+cluster|nodes"), "{script}");
    }

    #[test]
    fn a_name_that_is_more_than_one_word_is_no_user() {
        for role in [None, Some("a b".to_owned()), Some("a\nFLUSHALL".to_owned())] {
            assert!(setup(&SetupOptions { role }).statements.is_empty());
        }
    }
}
