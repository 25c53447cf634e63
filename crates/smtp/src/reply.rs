//! A server's answer: a code of three digits and lines of text (RFC 5321, section 4.2).

/// The longest line, in octets with its end. RFC 5321, section 4.5.3.1.5 allows 512, and servers exceed it.
pub(crate) const LONGEST_LINE: usize = 1000;
/// The most lines of one answer: a server with every registered extension needs half of it.
pub(crate) const MOST_LINES: usize = 100;

/// A server's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    /// The text of each line, without the code and without anything that a terminal would obey.
    pub(crate) lines: Vec<String>,
}

/// What a line is within an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Last,
    More,
}

impl Reply {
    /// Takes one more line of the answer, without its end.
    ///
    /// # Errors
    /// What about the line no answer can have.
    pub(crate) fn take(&mut self, line: &[u8]) -> Result<Place, &'static str> {
        let [first @ b'2'..=b'5', second @ b'0'..=b'5', third @ b'0'..=b'9', rest @ ..] = line else {
            return Err("a line does not begin with a reply code");
        };
        let code = [first, second, third].iter().fold(0, |code, digit| code * 10 + u16::from(*digit - b'0'));
        if !self.lines.is_empty() && code != self.code {
            return Err("the code changes within one answer");
        }
        if self.lines.len() >= MOST_LINES {
            return Err("an answer has no end");
        }
        let place = match rest.first() {
            Some(b'-') => Place::More,
            Some(b' ') | None => Place::Last,
            Some(_) => return Err("a line does not begin with a reply code"),
        };
        let text = String::from_utf8_lossy(rest.get(1..).unwrap_or_default());
        self.code = code;
        self.lines.push(text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned());
        Ok(place)
    }

    /// Whether the server did what it was told.
    pub(crate) fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// The enhanced status code (RFC 3463), where the first line begins with one: `5.7.8`.
    pub(crate) fn enhanced(&self) -> Option<&str> {
        let word = self.lines.first()?.split(' ').next()?;
        let mut parts = word.split('.');
        let digits =
            |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let class = parts.next().is_some_and(|part| matches!(part, "2" | "4" | "5"));
        let rest = parts.next().is_some_and(|part| digits(part, 3)) && parts.next().is_some_and(|part| digits(part, 3));
        (class && rest && parts.next().is_none()).then_some(word)
    }

    /// Everything that was said, on one line.
    pub(crate) fn text(&self) -> String {
        self.lines.join(" ").trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(lines: &[&str]) -> Result<Reply, &'static str> {
        let mut reply = Reply::default();
        for (at, line) in lines.iter().enumerate() {
            let place = reply.take(line.as_bytes())?;
            assert_eq!(place == Place::Last, at + 1 == lines.len(), "{line}");
        }
        Ok(reply)
    }

    #[test]
    fn an_answer_ends_with_the_line_without_a_hyphen() {
        let seen = reply(&["250-mail", "250-SIZE 10", "250 HELP"]).expect("an answer");
        assert_eq!((seen.code, seen.text().as_str()), (250, "mail SIZE 10 HELP"));
        assert_eq!(reply(&["220"]).map(|reply| reply.text()), Ok(String::new()));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for lines in
            [&["HTTP/1.1 400"][..], &["2x0 a"], &["199 a"], &["260 a"], &["2500 a"], &[""], &["250-a", "251 b"]]
        {
            assert!(reply(lines).is_err(), "{lines:?}");
        }
        let mut endless = Reply::default();
        let ended = (0..=MOST_LINES).find_map(|_| endless.take(b"250-x").err());
        assert_eq!(ended, Some("an answer has no end"));
    }

    #[test]
    fn an_enhanced_code_is_seen_only_where_it_is_one() {
        for (line, enhanced) in [
            ("535 5.7.8 no", Some("5.7.8")),
            ("421 4.7.0 no", Some("4.7.0")),
            ("421 mail 4.7.0", None),
            ("250 1.2.3 x", None),
            ("250 5.7 x", None),
            ("250 5.7.8.9 x", None),
            ("250 5.7777.8 x", None),
        ] {
            assert_eq!(reply(&[line]).expect(line).enhanced(), enhanced, "{line}");
        }
    }

    #[test]
    fn nothing_that_a_terminal_obeys_gets_through() {
        assert_eq!(reply(&["220 a\x1b[31mb\rc"]).expect("an answer").text(), "a[31mbc");
    }
}
