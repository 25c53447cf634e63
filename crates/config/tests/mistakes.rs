//! What is said about bad files, and what is never said.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

use std::path::Path;

use dbprobe_config::{Config, ConfigError};

fn errors(text: &str) -> Vec<ConfigError> {
    Config::parse(Path::new("f"), text, &dbprobe::registry()).expect_err(text)
}

/// A file, and the first line of its first error.
const MISTAKES: &[(&str, &str)] = &[
    ("targts: {}", "f:1:1: unknown key `targts`, did you mean `targets`?"),
    ("x: {a: 1}", "f:1:1: unknown key `x`"),
    ("[targets]", "f:1:1: the configuration is a mapping, and this is none"),
    ("targets: [a, b]", "f:1:10: `targets` is a mapping, and this is none"),
    ("targets: {a: {dsn: 'file:x.db', intervall: 5s}}", "f:1:33: unknown key `intervall`, did you mean `interval`?"),
    ("targets:\n  a: tcp://h:1\n  a: tcp://h:2", "f:3:3: this key stands twice in the same mapping"),
    ("targets:\n  a: 'hunter2\n  b: c", "f:3:3: this is not valid YAML"),
    ("a: b: hunter2", "f:1:5: this is not valid YAML"),
    ("targets: {}\n---\ntargets: {}", "f:3:1: a second document begins"),
    ("targets: {a: *hunter2}", "f:1:14: this alias has no anchor"),
    ("targets: {a: &x [*x, *x]}", "f:1:18: the aliases expand to more than a configuration can be"),
    ("targets: {a: tcp://h\u{7}}", "f:1:21: a control character"),
    ("targets: {a: }", "f:1:11: target `a` has no `dsn`"),
    ("targets: {a: {interval: 5s}}", "f:1:11: target `a` has no `dsn`"),
    ("targets: {a: {dsn: }}", "f:1:18: `dsn` has no value"),
    ("targets: {a: {dsn: [x]}}", "f:1:20: `dsn` is one value, and this is a list"),
    ("targets: {a: hunter2}", "f:1:14: `dsn`: this is not a DSN: it has no scheme"),
    ("targets: {a: 'hunter2://h'}", "f:1:15: `dsn`: unknown scheme"),
    ("targets: {a: '@hunter2'}", "f:1:14: `dsn`: a reference starts with `@env:` or `@file:`"),
    ("targets: {a: 'postgres://${hunter2'}", "f:1:14: `dsn`: a reference `${` has no closing brace"),
    (
        "targets:\n  a:\n    dsn: postgres://u:hunter2@h/db?sslmod=x",
        "f:3:36: `dsn`: unknown parameter `sslmod`, did you mean `sslmode`?",
    ),
    (
        "targets:\n  a:\n    dsn: 'postgres://u:hunter2@h/db?sslmod=x'",
        "f:3:37: `dsn`: unknown parameter `sslmod`, did you mean `sslmode`?",
    ),
    (
        // The escape makes it another text than stands there, so only its beginning can be pointed at.
        "targets:\n  a: \"postgres://u:hunter2@h/db?\\x73slmod=x\"",
        "f:2:6: `dsn`: unknown parameter `sslmod`, did you mean `sslmode`?",
    ),
    ("targets: {a: 'tcp://h'}", "f:1:21: `dsn`: the port is missing: plain TCP has no usual one"),
    ("targets: {a: {dsn: 'tcp://h:1', interval: 5}}", "f:1:44: `interval`: a unit is missing"),
    ("targets: {a: {dsn: 'tcp://h:1', interval: 1m5x}}", "f:1:46: `interval`: unknown unit"),
    ("targets: {a: {dsn: 'tcp://h:1', interval: 99ms}}", "f:1:43: `interval`: at least 100 ms are needed"),
    ("targets: {a: {dsn: 'tcp://h:1', timeout: 0s}}", "f:1:42: `timeout`: must be longer than nothing"),
    (
        "defaults: {thresholds: {connections: 120%}}",
        "f:1:38: `connections`: this is not a share of more than 0 % and at most 100 %",
    ),
    (
        "defaults: {thresholds: {connections: 80}}",
        "f:1:38: `connections`: this is not a share of more than 0 % and at most 100 %",
    ),
    ("defaults: {thresholds: {raed: 1s}}", "f:1:25: unknown key `raed`, did you mean `read`?"),
    ("defaults: {thresholds: {ping: 0s}}", "f:1:31: `ping`: must be longer than nothing"),
    ("defaults: {role: master}", "f:1:18: `role`: unknown value"),
    ("defaults: {write: tabel}", "f:1:19: `write`: unknown value, did you mean `table`?"),
    ("defaults: {create_health_table: maybe}", "f:1:33: `create_health_table`: unknown value"),
    ("defaults: {retries: -1}", "f:1:21: `retries`: a whole number from 0 to 1000 is expected"),
    ("defaults: {history: 0}", "f:1:21: `history`: a whole number from 1 to 100000 is expected"),
    ("defaults: {labels: {__x: 1}}", "f:1:21: a label that begins with `__` is Prometheus' own"),
    ("defaults: {labels: {target: 1}}", "f:1:21: the label `target` is dbprobe's own"),
    (
        "defaults: {labels: {1a: 1}}",
        "f:1:21: the name of a label has letters, digits and `_`, and begins with no digit",
    ),
    ("defaults: {labels: {a: '${DBPROBE_NOT_SET}'}}", "f:1:24: `a`: ${DBPROBE_NOT_SET} is not set"),
    ("targets: {'': 'tcp://h:1'}", "f:1:11: the name of a target is empty"),
    ("targets: {a/b: 'tcp://h:1'}", "f:1:11: the name of a target has a `/`, a control character, or space around it"),
    (
        "targets: {'tcp://u:hunter2@h': x}",
        "f:1:11: the name of a target has a `/`, a control character, or space around it",
    ),
    ("targets: {'..': 'tcp://h:1'}", "f:1:11: the name of a target cannot stand in a URL"),
    (
        "targets: {'h:1': 'tcp://h:1'}",
        "f:1:11: the name of a target has a `:`, or begins with `@`: it looks like a DSN",
    ),
    (
        "targets: {a: {dsn: 'tcp://h:1', http: {status: 200}}}",
        "f:1:39: `http` is for targets whose DSN begins with `http://` or `https://`",
    ),
    (
        "targets: {a: {dsn: 'http://h', http: {status: [200, 999]}}}",
        "f:1:47: `http`: a status is a number from 200 to 599, a range of them, or `2xx`",
    ),
    (
        "targets: {a: {dsn: 'http://h', http: {contains: x, matches: '('}}}",
        "f:1:61: `http`: this is not a regular expression",
    ),
    (
        "targets: {a: {dsn: 'tcp://h:1', queries: {q: {sql: x}}}}",
        "f:1:11: target `a` has `queries`, but the engine tcp runs none",
    ),
    ("targets: {a: {dsn: 'file:x', queries: {q: {max: 1}}}}", "f:1:40: this query has no `sql`"),
    (
        "targets: {a: {dsn: 'file:x', queries: {'a b': {sql: x}}}}",
        "f:1:40: the name of a query has 1 to 128 characters of A-Z a-z 0-9 _ - .",
    ),
    (
        "targets: {a: {dsn: 'file:x', queries: {q: {sql: x, min: 2, max: 1}}}}",
        "f:1:40: this query's `min` is greater than its `max`: no value could be right",
    ),
    ("listen: ['db:1']", "f:1:10: `listen`: this is not an address with a port"),
    ("listen: [':1']\napi_listen: ['0.0.0.0:1']", "f:2:14: `api_listen`: this address stands twice"),
    ("metrics: {naming: all}", "f:1:19: `naming`: unknown value"),
    ("metrics: {buckets: [1, 1]}", "f:1:24: `buckets`: the bounds are seconds, greater than 0 and ascending"),
    ("prober: a b", "f:1:9: `prober`: a prober's name has 1 to 64 characters of A-Z a-z 0-9 . _ : @ / -"),
    (
        "probe: {modules: {m: {scheme: postgres}}}",
        "f:1:19: this module has no `allow`: it says where its credentials may be sent",
    ),
    ("probe: {modules: {m: {allow: [h]}}}", "f:1:19: this module has no `scheme`"),
    (
        "probe: {modules: {m: {scheme: postgrs, allow: [h]}}}",
        "f:1:31: `scheme`: unknown scheme, did you mean `postgres`?",
    ),
    (
        "probe: {modules: {m: {scheme: sqlite, allow: [h]}}}",
        "f:1:19: a module of `sqlite://` does not connect to the host that a target names",
    ),
    (
        "probe: {modules: {m: {scheme: postgres, allow: [h], parameters: {host: evil}}}}",
        "f:1:19: a module of `postgres://` does not connect to the host that a target names",
    ),
    (
        "probe: {modules: {m: {scheme: postgres, allow: [h], parameters: {sslmode: require, sslmod: x}}}}",
        "f:1:84: the module `m`: unknown parameter `sslmod`, did you mean `sslmode`?",
    ),
    (
        "probe: {modules: {m: {scheme: postgres, allow: ['10.*']}}}",
        "f:1:49: `allow`: a `*` stands for a part of a name: write a network of addresses, for example 10.0.0.0/8",
    ),
    (
        "probe: {modules: {m: {scheme: http, allow: [h], http: {follow: 2}}}}",
        "f:1:64: `follow`: a redirect could lead to a host that `allow` does not name",
    ),
];

#[test]
fn every_mistake_is_said_with_its_place() {
    let wrong: Vec<_> = MISTAKES
        .iter()
        .map(|(text, expected)| (text, *expected, errors(text)[0].to_string()))
        .filter(|(_, expected, said)| expected != said)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn all_mistakes_are_said_at_once() {
    let text = "listen: x\ndefaults: {role: x}\ntargets:\n  a: x\n  b: {dsn: 'tcp://h:1', timeout: x, retries: x}\n";
    let places: Vec<_> = errors(text).iter().map(|error| (error.line, error.column)).collect();
    let expected = [(1, 9), (2, 18), (4, 6), (5, 34), (5, 46)].map(|(line, column)| (Some(line), Some(column)));
    assert_eq!(places, expected);
}

#[test]
fn what_is_shown_is_a_word() {
    let error = &errors("defaults: {interval: 5}")[0];
    assert_eq!(error.excerpt.as_deref(), Some("5"));
    assert_eq!(error.advice.as_deref(), Some("write for example 500ms, 5s, 1m30s or 30d"));
    let error = &errors("defaults: {interval: 'postgres://u:p@h'}")[0];
    assert_eq!(error.excerpt, None);
}

/// Every place where a password may stand, and every way to write it wrong.
#[test]
fn a_password_is_never_shown() {
    for text in [
        "targets: {a: {dsn: postgres://u:pa,hunter2@h/db}}",
        "targets: {a: {dsn: x, hunter2}}",
        "targets: {a: {password: pa,hunter2}}",
        "targets: {'postgres://u:hunter2@h': }",
        "postgres://u:hunter2@h/db",
        "targets: {a: postgres://u:hunter2@h:x/db}",
        "targets: {a: postgres://u:hunter2@h/db?sslmod=x}",
        "targets: {a: 'mysql://u:hunter2@tcp(h:3306)/db?tls=x'}",
        "targets: {a: 'sqlserver://h?password=hunter2&x=y'}",
        "targets: {a: {dsn: 'tcp://h:1', interval: 'postgres://u:hunter2@h'}}",
        "targets: {a: {dsn: 'tcp://h:1', role: 'u:hunter2@h'}}",
        "targets: {a: 'http://h/#header=hunter2'}",
        "targets: {a: {dsn: 'http://h', http: {headers: {hunter2@: x}}}}",
        "targets: {a: {dsn: 'http://h', http: {headers: {'A B': hunter2}}}}",
        "targets: {a: {dsn: 'http://h', http: {headers: {Connection: hunter2}}}}",
        "targets: {a: {dsn: 'file:x', queries: {q: {sql: [hunter2]}}}}",
        "targets:\n  a: \"postgres://u:hunter2@h\n  b: x",
        "targets:\n  a: postgres://u:x: hunter2@h",
        "targets:\n\ta: hunter2",
        "a: hunter2\na: hunter2",
        "probe: {modules: {m: {scheme: postgres, password: [hunter2], allow: [h]}}}",
        "probe: {modules: {m: {scheme: postgres, password: hunter2, allow: ['u:hunter2@h']}}}",
        "probe: {modules: {m: {scheme: postgres, password: hunter2, parameters: {x: hunter2}, allow: [h]}}}",
        "probe: {modules: {m: {scheme: 'postgres://u:hunter2@h', allow: [h]}}}",
        "prober: 'u:hunter2 @h'",
        "listen: 'u:hunter2@h'",
        "listen: &hunter2 x\nprober: *hunter3",
    ] {
        let all = format!("{:?}", errors(text));
        assert!(!all.contains("hunter2"), "{text}: {all}");
    }
}

#[test]
fn a_bomb_does_not_go_off() {
    let mut text = "a: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        text += &format!("b{level}: &a{level} [{aliases}]\n");
    }
    assert_eq!(errors(&text).len(), 1);
    assert!(!errors(&"[".repeat(100_000)).is_empty());
}

#[test]
fn a_file_that_cannot_be_read_is_said() {
    let said = |file: &str| Config::load(Path::new(file), &dbprobe::registry()).expect_err(file)[0].to_string();
    assert_eq!(said("/does/not/exist"), "/does/not/exist: there is no such file");
    assert_eq!(said("/"), "/: is a directory: this is not a configuration");
    assert_eq!(said("/dev/zero"), "/dev/zero: is not a file: this is not a configuration");
}
