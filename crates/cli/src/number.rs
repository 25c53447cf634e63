//! Whole numbers within limits, whose errors do not repeat what was written.

/// Reads a whole number from `LEAST` to `MOST`.
///
/// # Errors
/// The limits, and nothing of `text`: whoever mixes options up has perhaps written a secret there.
pub(crate) fn parse<const LEAST: u32, const MOST: u32>(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
    number.ok_or_else(|| format!("a whole number from {LEAST} to {MOST} is expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_within_the_limits_are_read() {
        assert_eq!(parse::<1, 9>("9"), Ok(9));
        for text in ["0", "10", "-1", "x", "", "1.5", "99999999999999999999"] {
            assert_eq!(parse::<1, 9>(text), Err("a whole number from 1 to 9 is expected".to_owned()), "{text}");
        }
    }
}
