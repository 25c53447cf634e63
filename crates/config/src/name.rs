//! Names that become labels: of targets, modules, queries, and of the labels themselves.

use crate::findings::Findings;
use crate::node::Key;

/// The longest name.
const LONGEST: usize = 128;

/// The labels that dbprobe's own families have.
const TAKEN: &[&str] = &[
    "class", "code", "db_name", "db_role", "endpoint", "le", "phase", "quantile", "query", "role", "service", "status",
    "target", "version",
];

/// The name of a target or a module, which is written on command lines, in URLs and in labels.
pub(crate) fn target<'a>(what: &str, key: &'a Key, findings: &mut Findings) -> Option<&'a str> {
    let name = key.text.as_str();
    let fault = if name.trim().is_empty() {
        "is empty"
    } else if name.chars().count() > LONGEST {
        "has more than 128 characters"
    } else if name.trim() != name || name.chars().any(|c| c.is_control() || c == '/') {
        "has a `/`, a control character, or space around it"
    } else if name.contains(':') || name.starts_with('@') {
        // It could not be told from a DSN on the command line and in the URL of a probe.
        "has a `:`, or begins with `@`: it looks like a DSN"
    } else if matches!(name, "." | "..") {
        // Browsers and proxies drop such a part of a path.
        "cannot stand in a URL"
    } else {
        return Some(name);
    };
    findings.add(key.place, format!("the name of a {what} {fault}")).advise("write for example `orders-primary`");
    None
}

/// The name of a query.
pub(crate) fn query<'a>(key: &'a Key, findings: &mut Findings) -> Option<&'a str> {
    let name = key.text.as_str();
    let legal = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if name.is_empty() || name.len() > LONGEST || !name.chars().all(legal) {
        findings
            .add(key.place, "the name of a query has 1 to 128 characters of A-Z a-z 0-9 _ - .")
            .advise("write for example `orders_backlog`");
        return None;
    }
    Some(name)
}

/// The name of a label.
pub(crate) fn label<'a>(key: &'a Key, findings: &mut Findings) -> Option<&'a str> {
    let name = key.text.as_str();
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.starts_with(first) || !name.chars().all(legal) || name.len() > LONGEST {
        findings
            .add(key.place, "the name of a label has letters, digits and `_`, and begins with no digit")
            .show(name)
            .advise("write for example `team`");
    } else if name.starts_with("__") {
        findings
            .add(key.place, "a label that begins with `__` is Prometheus' own")
            .show(name)
            .advise("give it another name");
    } else if TAKEN.contains(&name) {
        findings
            .add(key.place, format!("the label `{name}` is dbprobe's own"))
            .show(name)
            .advise(format!("give it another name than {}", TAKEN.join(", ")));
    } else {
        return Some(name);
    }
    None
}
