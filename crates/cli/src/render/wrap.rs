//! Lines that fit a terminal.

/// `text` in lines of at most `width` characters, cut at spaces; later lines begin with `indent` spaces.
///
/// A word that is longer than a line is left whole: it is likely to be something to copy.
pub(crate) fn wrap(text: &str, width: usize, indent: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    let leading: String = text.chars().take_while(|c| *c == ' ').collect();
    let mut column = leading.len();
    wrapped.push_str(&leading);
    let mut first = true;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !first && column + 1 + length > width {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            column = indent;
        } else if !first {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
        first = false;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_lines_hang() {
        assert_eq!(wrap("  one two three four", 10, 4), "  one two\n    three\n    four");
        assert_eq!(wrap("averyveryverylongword x", 5, 2), "averyveryverylongword\n  x");
        assert_eq!(wrap("", 5, 2), "");
    }
}
