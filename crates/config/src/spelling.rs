//! Misspelt words.

/// The one of `known` that `text` is a misspelling of.
pub(crate) fn near<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    if text.len() > 64 {
        return None;
    }
    let text = text.trim().to_ascii_lowercase().replace('-', "_");
    let distance = |word: &&&str| strsim::damerau_levenshtein(&text, &word.replace('-', "_"));
    let best = known.iter().min_by_key(distance)?;
    (distance(&best) <= 2 && distance(&best) * 2 < best.len()).then_some(*best)
}
