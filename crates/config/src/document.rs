//! From the file's text to a tree.

use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, Options};
use serde_saphyr::{Error, from_str_with_options};

use crate::node::{Kind, Node, Raw, place};
use crate::place::Place;

/// What keeps a text from being YAML, and where.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) place: Option<Place>,
    pub(crate) message: &'static str,
    pub(crate) advice: Option<&'static str>,
}

/// Reads `text`, which is one YAML document.
///
/// Anchors and merge keys are expanded, as far as an honest file has them: a text that grows without bounds is refused.
pub(crate) fn parse(text: &str) -> Result<Node, SyntaxError> {
    if let Some(error) = illegal_character(text) {
        return Err(error);
    }
    // An empty document is not a mapping to the deserialiser, and nothing to us.
    match from_str_with_options::<Raw>(text, options()) {
        Ok(raw) => Ok(raw.into_node(text)),
        Err(Error::Eof { .. }) => Ok(Node { place: Place { line: 1, column: 1 }, kind: Kind::Nothing }),
        Err(error) => Err(explain(&error)),
    }
}

fn options() -> Options {
    serde_saphyr::options! {
        // Ten thousand targets, each with everything that one can have, and each merged from an anchor.
        budget: serde_saphyr::budget! {
            max_nodes: 2_000_000,
            max_events: 4_000_000,
            max_depth: 32,
            max_documents: 2,
            max_aliases: 50_000,
            max_recorded_anchor_events: 200_000,
            max_recorded_anchor_bytes: 16 << 20,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 200_000,
            max_replay_stack_depth: 16,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Merge,
        emit_comments: false,
        strict_booleans: true,
        reject_unsupported_tags: true,
        reject_non_finite_typeless_float: false,
        // A snippet shows lines of the file, and those hold passwords.
        with_snippet: false,
    }
}

/// Control characters have no place in YAML, but a file with them could write on the terminal of whoever reads it.
fn illegal_character(text: &str) -> Option<SyntaxError> {
    let (mut line, mut column) = (1, 1);
    for c in text.chars() {
        match c {
            '\n' => (line, column) = (line + 1, 1),
            '\t' | '\r' => column += 1,
            c if c.is_control() && c != '\u{85}' => {
                return Some(SyntaxError {
                    place: Some(Place { line, column }),
                    message: "a control character",
                    advice: Some("write it as an escape in double quotes, for example \"\\x07\""),
                });
            }
            _ => column += 1,
        }
    }
    None
}

/// The library's own words may repeat what stands in the file, so only its kinds of errors are used.
fn explain(error: &Error) -> SyntaxError {
    let (message, advice) = match error {
        Error::DuplicateMappingKey { .. } => ("this key stands twice in the same mapping", Some("keep one of them")),
        Error::MultipleDocuments { .. } => {
            ("a second document begins", Some("leave `---` out: a configuration is one document"))
        }
        Error::UnknownAnchor { .. } => ("this alias has no anchor", Some("quote a value that begins with `*`")),
        Error::MergeValueNotMapOrSeqOfMaps { .. } => ("`<<` merges mappings, and this is none", None),
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. } => {
            ("the aliases expand to more than a configuration can be", Some("write out what they stand for"))
        }
        Error::Budget { .. } => ("this is more than a configuration can be", Some("split it over several exporters")),
        _ => (
            "this is not valid YAML",
            Some(
                "look at the indentation, at the quotes, and at a `: ` or ` #` inside a value: \
                 quote a value that has them",
            ),
        ),
    };
    SyntaxError { place: error.location().filter(|location| location.line() > 0).map(|it| place(&it)), message, advice }
}
