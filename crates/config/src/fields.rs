//! A mapping whose keys are known.

use crate::error::is_word;
use crate::field::Field;
use crate::findings::Findings;
use crate::node::{Key, Kind, Node};
use crate::spelling::near;

/// A mapping whose keys are known.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    entries: &'a [(Key, Node)],
}

impl<'a> Fields<'a> {
    /// The mapping `node`, which is the value of `name`; every key that is not one of `known` is a mistake. Nothing is an
    /// empty mapping.
    pub(crate) fn read(name: &str, node: &'a Node, known: &[&[&str]], findings: &mut Findings) -> Self {
        let entries = entries(name, node, findings);
        for (key, value) in entries {
            if !known.iter().any(|keys| keys.contains(&key.text.as_str())) {
                refuse(key, value, &known.concat(), findings);
            }
        }
        Self { entries }
    }

    /// The key `name`, if it is there.
    pub(crate) fn field(self, name: &'a str) -> Option<Field<'a>> {
        self.entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| Field { name, node })
    }

    /// Sets `slot` to what `read` makes of the key `name`, if it is there and without mistakes.
    pub(crate) fn set<T>(
        self,
        name: &'a str,
        slot: &mut T,
        findings: &mut Findings,
        read: impl FnOnce(Field<'a>, &mut Findings) -> Option<T>,
    ) {
        if let Some(value) = self.field(name).and_then(|field| read(field, findings)) {
            *slot = value;
        }
    }

    /// Like [`Fields::set`], for what may be absent.
    pub(crate) fn set_some<T>(
        self,
        name: &'a str,
        slot: &mut Option<T>,
        findings: &mut Findings,
        read: impl FnOnce(Field<'a>, &mut Findings) -> Option<T>,
    ) {
        self.set(name, slot, findings, |field, findings| read(field, findings).map(Some));
    }
}

/// Every key of the mapping `node`, which is the value of `name`, where the keys are the user's own.
pub(crate) fn entries<'a>(name: &str, node: &'a Node, findings: &mut Findings) -> &'a [(Key, Node)] {
    match &node.kind {
        Kind::Mapping(entries) => entries,
        Kind::Nothing => &[],
        Kind::Scalar(_) | Kind::List(_) => {
            findings.add(node.place, format!("{name} is a mapping, and this is none")).advise("write `key: value`");
            &[]
        }
    }
}

/// A key without a value is perhaps the rest of a password with a comma in it, so it is shown only where it resembles a
/// known one.
fn refuse(key: &Key, value: &Node, known: &[&str], findings: &mut Findings) {
    let near = near(&key.text, known);
    let may_show = is_word(&key.text) && (near.is_some() || !matches!(value.kind, Kind::Nothing));
    let name = if may_show { format!(" `{}`", key.text) } else { String::new() };
    let question = near.map(|word| format!(", did you mean `{word}`?")).unwrap_or_default();
    let error = findings.add(key.place, format!("unknown key{name}{question}"));
    if may_show {
        error.show(&key.text);
    }
    error.advise(format!("known keys: {}", known.join(", ")));
}
