//! Single facts: what is asked, and what the answers say.

use dbprobe_core::{Class, Failure, Lookup};
use jiff::Timestamp;
use redis::{Pipeline, Value, pipe};

use crate::commands;
use crate::flight::{accepted, withheld};
use crate::greeting::text;

/// The commands for `wanted`. `is_remote` is whether the session itself came over a network.
///
/// # Errors
/// Class `unsupported` for a table.
pub(crate) fn question(wanted: &[Lookup], is_remote: bool) -> Result<Pipeline, Failure> {
    let mut flight = pipe();
    for lookup in wanted {
        match lookup {
            Lookup::Clock => commands::clock(&mut flight),
            Lookup::Extension(_) => commands::modules(&mut flight),
            Lookup::Network if !is_remote => commands::ports(&mut flight),
            Lookup::Setting(name) => commands::setting(&mut flight, name),
            Lookup::Table(_) => return Err(Failure::new(Class::Unsupported, "Redis has no tables")),
            _ => {}
        }
    }
    Ok(flight)
}

/// The answers to `wanted`. What the role may not ask is not told.
pub(crate) fn read(answers: &[Value], wanted: &[Lookup], is_remote: bool) -> Result<Vec<Option<String>>, Failure> {
    let mut answers = answers.iter();
    let mut next = || match answers.next() {
        Some(answer) if !withheld(answer) => accepted(answer).map(Some),
        _ => Ok(None),
    };
    let mut found = Vec::with_capacity(wanted.len());
    for lookup in wanted {
        found.push(match lookup {
            Lookup::Clock => next()?.and_then(clock),
            Lookup::Extension(name) => next()?.and_then(|modules| module(modules, name)),
            Lookup::Network if is_remote => Some("on".to_owned()),
            Lookup::Network => {
                let ports = [
                    next()?.and_then(|answer| setting(answer, "port")),
                    next()?.and_then(|answer| setting(answer, "tls-port")),
                ];
                network(&ports)
            }
            Lookup::Setting(name) => next()?.and_then(|answer| setting(answer, name)),
            _ => None,
        });
    }
    Ok(found)
}

/// Seconds and microseconds.
fn clock(answer: &Value) -> Option<String> {
    let Value::Array(parts) = answer else { return None };
    let [seconds, microseconds] = parts.as_slice() else { return None };
    let nanoseconds = text(microseconds)?.parse::<i32>().ok()?.checked_mul(1_000)?;
    let time = Timestamp::new(text(seconds)?.parse().ok()?, nanoseconds).ok()?;
    Some(format!("{time:.6}"))
}

/// The value of a setting: the pattern that was sent means this name and no other.
fn setting(answer: &Value, name: &str) -> Option<String> {
    let mut pairs = answer.as_map_iter()?;
    let value = pairs.find_map(|(known, value)| text(known)?.eq_ignore_ascii_case(name).then_some(value))?;
    text(value).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// The version of a module, as the number that it gives itself.
fn module(answer: &Value, name: &str) -> Option<String> {
    let Value::Array(modules) = answer else { return None };
    modules.iter().find_map(|module| {
        let field =
            |wanted: &str| module.as_map_iter()?.find_map(|(name, value)| (text(name)? == wanted).then_some(value));
        if text(field("name")?)? != name {
            return None;
        }
        match field("ver")? {
            Value::Int(version) => Some(version.to_string()),
            version => text(version).map(str::to_owned),
        }
    })
}

/// A port of 0 is none.
fn network(ports: &[Option<String>]) -> Option<String> {
    let known: Vec<&String> = ports.iter().flatten().collect();
    let word = if known.iter().any(|port| *port != "0") { "on" } else { "off" };
    (!known.is_empty()).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        redis::parse_redis_value(text.replace(' ', "\r\n").as_bytes()).expect("an answer")
    }

    #[test]
    fn answers_are_read_in_both_versions_of_the_protocol() {
        assert_eq!(clock(&value("*2 $10 1700000000 $2 42 ")).as_deref(), Some("2023-11-14T22:13:20.000042Z"));
        for settings in ["*2 $10 maxclients $3 100 ", "%1 $10 maxclients $3 100 "] {
            assert_eq!(setting(&value(settings), "MaxClients").as_deref(), Some("100"));
            assert_eq!(setting(&value(settings), "max*"), None);
        }
        for modules in ["*1 *4 $4 name $6 search $3 ver :20811 ", "*1 %2 $4 name $6 search $3 ver :20811 "] {
            assert_eq!(module(&value(modules), "search").as_deref(), Some("20811"));
            assert_eq!(module(&value(modules), "json"), None);
        }
    }

    #[test]
    fn a_server_without_a_port_is_off() {
        let ports = |ports: [Option<&str>; 2]| network(&ports.map(|port| port.map(str::to_owned)));
        assert_eq!(ports([Some("0"), Some("0")]).as_deref(), Some("off"));
        assert_eq!(ports([Some("0"), None]).as_deref(), Some("off"));
        assert_eq!(ports([Some("0"), Some("6380")]).as_deref(), Some("on"));
        assert_eq!(ports([None, None]), None);
    }
}
