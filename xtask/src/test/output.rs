//! What `cargo test` prints, by test program: a line for one that passed, everything of one that did not.

use std::io::{self, Write};

/// The programs' output on its way to a reader. Thousands of lines that say `ok` would hide the one that does not.
#[derive(Debug)]
pub(super) struct Output<W> {
    reader: W,
    /// What the program that runs has printed so far, without the tests that passed.
    held: Vec<String>,
    program: String,
    /// Whether the program has come to its result: what follows is repeated in the table.
    ended: bool,
    failed: Vec<FailedTest>,
}

/// A test that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FailedTest {
    pub(super) name: String,
    /// Its program, in the words with which cargo runs it again: `-p dbprobe-core --lib`.
    pub(super) program: String,
}

impl<W: Write> Output<W> {
    pub(super) fn new(reader: W) -> Self {
        Self { reader, held: Vec::new(), program: "cargo".to_owned(), ended: false, failed: Vec::new() }
    }

    /// Takes the next line, which ends in a line feed or is the last one.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        let text = line.trim_end();
        if let Some(program) = program(text) {
            self.flush()?;
            program.clone_into(&mut self.program);
            self.ended = false;
            return self.pass_on(text);
        }
        if text.starts_with("test result: ok.") {
            self.held.clear();
            self.ended = true;
            return self.pass_on(text);
        }
        if text.starts_with("test result: ") {
            let failed = |name: &str| FailedTest { name: name.to_owned(), program: self.program.clone() };
            self.failed.extend(names(&self.held).map(failed));
            self.held.push(text.to_owned());
            self.ended = true;
            return self.flush();
        }
        if self.program == "cargo" {
            return self.pass_on(text);
        }
        if self.ended {
            self.name_program(text);
            return if text.starts_with("error") { self.pass_on(text) } else { Ok(()) };
        }
        if !passed(text) {
            self.held.push(text.to_owned());
        }
        Ok(())
    }

    /// What failed, once all lines were taken. What a program printed that never came to a result is passed on.
    pub(super) fn end(mut self) -> io::Result<Vec<FailedTest>> {
        self.flush()?;
        Ok(self.failed)
    }

    /// Takes cargo's own name of the program whose tests have just failed.
    fn name_program(&mut self, line: &str) {
        let Some((_, rest)) = line.split_once("to rerun pass `") else { return };
        let words = rest.trim_end_matches('`');
        for test in self.failed.iter_mut().filter(|test| test.program == self.program) {
            words.clone_into(&mut test.program);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        for line in std::mem::take(&mut self.held) {
            self.pass_on(&line)?;
        }
        Ok(())
    }

    fn pass_on(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.reader, "{line}")
    }
}

/// The program whose output begins with this line of cargo's.
fn program(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let name = line.strip_prefix("Running ").or_else(|| line.strip_prefix("Doc-tests "))?;
    Some(name.split(" (").next().unwrap_or(name))
}

fn passed(line: &str) -> bool {
    line.starts_with("test ") && [" ok", ")"].iter().any(|end| line.ends_with(end)) && !line.contains("FAILED")
}

/// The names below the last `failures:`, where a test program repeats them.
fn names(lines: &[String]) -> impl Iterator<Item = &str> {
    let from = lines.iter().rposition(|line| line == "failures:").map_or(lines.len(), |at| at + 1);
    lines.iter().skip(from).map(|line| line.trim()).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &str) -> (String, Vec<FailedTest>) {
        let mut shown = Vec::new();
        let mut output = Output::new(&mut shown);
        for line in lines.lines() {
            output.line(line).unwrap();
        }
        let failed = output.end().unwrap();
        (String::from_utf8(shown).unwrap(), failed)
    }

    #[test]
    fn a_program_that_passed_is_its_name_and_its_sums() {
        let lines = "   Compiling a v1\n     Running tests/a.rs (target/debug/a)\n\nrunning 2 tests\ntest a ... ok\n\
                     test b ... ignored (no server)\nnoise\n\ntest result: ok. 1 passed; 0 failed; 1 ignored\n\nskipped on a: b\n";
        let (shown, failed) = shown(lines);
        let wanted = "   Compiling a v1\n     Running tests/a.rs (target/debug/a)\n\
                      test result: ok. 1 passed; 0 failed; 1 ignored\n";
        assert_eq!((shown.as_str(), failed.len()), (wanted, 0));
    }

    #[test]
    fn a_program_that_failed_is_shown_without_what_passed_and_its_failures_are_named() {
        let lines = "     Running unittests src/lib.rs (target/debug/a)\n\nrunning 3 tests\ntest a ... ok\n\
                     test b ... FAILED\ntest c ... boom\nFAILED\n\nfailures:\n\n---- b stdout ----\nleft: 1\n\n\
                     failures:\n    b\n    c\n\ntest result: FAILED. 1 passed; 2 failed\n\n\
                     error: test failed, to rerun pass `-p a --lib`\nerror: 1 target failed:\n    `-p a --lib`\n";
        let (shown, failed) = shown(lines);
        assert!(shown.contains("---- b stdout ----\nleft: 1\n") && !shown.contains("test a"), "{shown}");
        let named: Vec<_> = failed.iter().map(|test| (test.name.as_str(), test.program.as_str())).collect();
        assert_eq!(named, [("b", "-p a --lib"), ("c", "-p a --lib")]);
    }

    #[test]
    fn a_program_that_died_is_shown() {
        let (shown, failed) = shown("     Running tests/a.rs (a)\ntest a ... ok\ntest b ... thread overflowed\n");
        assert!(shown.ends_with("test b ... thread overflowed\n"), "{shown}");
        assert_eq!(failed, []);
    }
}
