//! What `CLIENT LIST` says.
//!
//! Source: <https://redis.io/docs/latest/commands/client-list/>; `catClientInfoString` in `networking.c`.

use std::collections::BTreeMap;
use std::time::Duration;

use dbprobe_core::{Activities, Activity, ActivityState, Failure};
use redis::Value;

use crate::classify::unexpected;
use crate::flight::{accepted, withheld};
use crate::greeting::text;

/// What a role that may not look is told.
const HIDDEN: &str = "this role may not list the connections: \
     let an administrator carry out `ACL SETUSER` with its name and `+client|list +client|id`";

/// Reads the answers to [`commands::activity`](crate::commands::activity).
pub(crate) fn read(answers: &[Value]) -> Result<Activities, Failure> {
    let [id, list] = answers else { return Err(unexpected()) };
    if withheld(list) {
        return Ok(Activities { list: Vec::new(), hidden: Some(HIDDEN.to_owned()) });
    }
    let own = match id {
        Value::Int(id) => Some(id.to_string()),
        _ => None,
    };
    let lines = text(accepted(list)?).ok_or_else(unexpected)?.lines();
    // The connection to its own primary is not a client's.
    let fields = lines.map(fields).filter(|fields| !flags(fields).contains('M'));
    let mut list: Vec<Activity> = fields.map(|fields| connection(&fields, own.as_deref())).collect();
    // There is no way to ask for some of them only: what is too much is left out here, the own one never.
    list.sort_by_key(|one| !one.is_own);
    list.truncate(Activities::MOST);
    Ok(Activities { list, hidden: None })
}

type Fields<'a> = BTreeMap<&'a str, &'a str>;

/// `id=3 addr=127.0.0.1:51944 …`
fn fields(line: &str) -> Fields<'_> {
    line.split(' ').filter_map(|field| field.split_once('=')).filter(|(_, value)| !value.is_empty()).collect()
}

fn flags<'a>(fields: &Fields<'a>) -> &'a str {
    fields.get("flags").copied().unwrap_or_default()
}

fn connection(fields: &Fields<'_>, own: Option<&str>) -> Activity {
    let owned = |name: &str| fields.get(name).map(|value| (*value).to_owned());
    let seconds = |name: &str| fields.get(name).and_then(|value| value.parse().ok()).map(Duration::from_secs);
    let (flags, command) = (flags(fields), fields.get("cmd").copied().unwrap_or_default());
    // Who may not ask for its number is the one that lists.
    let is_own = own.map_or(command == "client|list", |own| fields.get("id") == Some(&own));
    let state = if is_own { ActivityState::Active } else { state(flags) };
    Activity {
        id: owned("id").unwrap_or_default(),
        user: owned("user"),
        application: owned("name").or_else(|| owned("lib-name")),
        database: owned("db"),
        address: fields.get("addr").and_then(|address| host(address)),
        state,
        age: seconds("age"),
        in_state: seconds("idle").filter(|_| !is_own),
        waits_for: flags.contains('b').then(|| format!("blocking command: {command}")),
        is_own,
        ..Activity::default()
    }
}

/// By the flags of the list: `b` waits in a blocking command, `x` is between MULTI and EXEC; replicas (`S`), monitors (`O`)
/// and subscribers (`P`) are none of what a client usually is.
fn state(flags: &str) -> ActivityState {
    match flags {
        _ if flags.contains(['S', 'O', 'P']) => ActivityState::Unknown,
        _ if flags.contains('b') => ActivityState::Active,
        _ if flags.contains('x') => ActivityState::IdleInTransaction,
        _ => ActivityState::Idle,
    }
}

/// `10.0.0.7:51234`, `[::1]:51234`; a Unix socket is `/path:0`.
fn host(address: &str) -> Option<String> {
    let (host, _) = address.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty() && !host.starts_with('/')).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(line: &str) -> Value {
        Value::BulkString(line.as_bytes().to_vec())
    }

    #[test]
    fn connections_are_read_from_their_fields() {
        let list = "id=3 addr=127.0.0.1:51944 laddr=127.0.0.1:6379 name=dbprobe age=7 idle=0 flags=N db=0 cmd=client|list user=app\n\
            id=4 addr=[::1]:51945 name= age=60 idle=50 flags=x db=2 multi=1 cmd=set user=default lib-name=redis-py\n\
            id=5 addr=/run/redis.sock:0 name=worker age=60 idle=50 flags=b db=0 cmd=blpop user=default\n\
            id=6 addr=10.0.0.9:6379 name= age=60 idle=1 flags=S db=0 cmd=replconf user=default\n\
            id=7 addr=10.0.0.1:6379 name= age=60 idle=1 flags=M db=0 cmd=ping user=(superuser)\n";
        let listed = read(&[Value::Int(3), line(list)]).expect("a list").list;
        let [own, open, blocked, replica] = listed.as_slice() else { panic!("{listed:?}") };
        assert_eq!((own.is_own, own.state, own.application.as_deref()), (true, ActivityState::Active, Some("dbprobe")));
        assert_eq!((open.state, open.in_state), (ActivityState::IdleInTransaction, Some(Duration::from_secs(50))));
        assert_eq!((open.address.as_deref(), open.application.as_deref()), (Some("::1"), Some("redis-py")));
        assert_eq!((blocked.address.as_deref(), blocked.waits_for.as_deref()), (None, Some("blocking command: blpop")));
        assert_eq!((replica.state, replica.is_own), (ActivityState::Unknown, false));
    }

    #[test]
    fn a_refusal_is_said_and_is_no_failure() {
        let refused = |line: &str| redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).expect("an answer");
        let no = "NOPERM User little has no permissions to run the 'client|list' command";
        let listed = read(&[refused(no), refused(no)]).expect("an answer");
        assert!(listed.list.is_empty() && listed.hidden.is_some_and(|why| why.contains("+client|list")));
        let own = read(&[refused(no), line("id=3 cmd=client|list user=app\nid=4 cmd=get user=app\n")]).expect("a list");
        assert_eq!(own.list.iter().map(|one| one.is_own).collect::<Vec<_>>(), [true, false]);
        assert!(read(&[refused("LOADING wait"), refused("LOADING wait")]).is_err());
    }
}
