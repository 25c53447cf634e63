//! The order of versions.

use std::cmp::Ordering;

/// Compares as people count: runs of digits by their value, everything else by its characters. `V1.10` comes after `V1.9`.
pub(super) fn natural(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left, right);
    loop {
        let ((a, left_rest), (b, right_rest)) = (piece(left), piece(right));
        let ordering = match (a.is_empty(), b.is_empty()) {
            (true, true) => return Ordering::Equal,
            (false, false) if is_number(a) && is_number(b) => value(a).cmp(&value(b)),
            _ => a.cmp(b),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
        (left, right) = (left_rest, right_rest);
    }
}

/// `00012` as `12`: tools that keep numbers lose the zeros in front.
pub(super) fn number(text: &str) -> String {
    let digits = text.trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

/// The digits in front, if there are any.
pub(super) fn leading_digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn piece(text: &str) -> (&str, &str) {
    let digit = text.starts_with(|char: char| char.is_ascii_digit());
    let end = text.find(|char: char| char.is_ascii_digit() != digit).unwrap_or(text.len());
    text.split_at(end)
}

fn is_number(piece: &str) -> bool {
    piece.starts_with(|char: char| char.is_ascii_digit())
}

/// Longer numbers are greater; versions may have more digits than an integer.
fn value(digits: &str) -> (usize, &str) {
    let digits = digits.trim_start_matches('0');
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_counted_and_not_spelt() {
        for (left, right) in [("1.9", "1.10"), ("1", "1.1"), ("2", "010"), ("9", "20240101000000"), ("a", "b")] {
            assert_eq!(natural(left, right), Ordering::Less, "{left} {right}");
            assert_eq!(natural(right, left), Ordering::Greater, "{left} {right}");
        }
        assert_eq!(natural("001.2", "1.2"), Ordering::Equal);
        assert_eq!((number("0007"), number("000")), ("7".to_owned(), "0".to_owned()));
        assert_eq!(leading_digits("0001_x"), Some(("0001", "_x")));
        assert_eq!(leading_digits("x1"), None);
    }
}
