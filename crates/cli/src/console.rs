//! Where output goes, and what can be shown there.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

/// The width where a terminal does not tell its own.
const USUAL_WIDTH: usize = 80;

/// The two streams of a command, and what can be shown on them.
pub struct Console<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Everything else.
    pub err: &'a mut dyn Write,
    /// What `out` can show.
    pub screen: Screen,
    /// What `err` can show.
    pub err_screen: Screen,
}

impl Console<'_> {
    /// Writes a result, at once. A reader that has gone away is no error: nobody misses the rest.
    ///
    /// # Errors
    /// What the operating system says, as on a full disk.
    pub(crate) fn print(&mut self, text: &str) -> io::Result<Reader> {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Ok(()) => Ok(Reader::Listens),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Err(error) => Err(error),
        }
    }

    /// Writes a remark. There is nobody to tell when that fails.
    pub(crate) fn remark(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }
}

/// Whether anybody reads what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Listens,
    Gone,
}

/// What a stream can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// The columns of a terminal; `None` where it is none.
    pub width: Option<usize>,
    /// Whether colours may be used.
    pub colour: bool,
    /// Whether only ASCII can be shown, as in the C locale.
    pub ascii: bool,
}

impl Screen {
    /// A pipe or a file.
    pub const PLAIN: Self = Self { width: None, colour: false, ascii: false };

    /// What standard output can show. Colours follow `NO_COLOR`, `CLICOLOR_FORCE` and `TERM`.
    pub fn of_stdout() -> Self {
        let stdout = io::stdout();
        let size = || terminal_size::terminal_size_of(io::stdout());
        Self::of(stdout.is_terminal(), anstream::AutoStream::choice(&stdout), size)
    }

    /// What standard error can show.
    pub fn of_stderr() -> Self {
        let stderr = io::stderr();
        let size = || terminal_size::terminal_size_of(io::stderr());
        Self::of(stderr.is_terminal(), anstream::AutoStream::choice(&stderr), size)
    }

    fn of(
        terminal: bool,
        colours: anstream::ColorChoice,
        size: impl Fn() -> Option<(terminal_size::Width, terminal_size::Height)>,
    ) -> Self {
        if !terminal {
            return Self::PLAIN;
        }
        let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
        let width = size().map(|(width, _)| usize::from(width.0)).or_else(columns).filter(|width| *width > 0);
        Self {
            width: Some(width.unwrap_or(USUAL_WIDTH)),
            colour: colours != anstream::ColorChoice::Never,
            ascii: !speaks_utf8(),
        }
    }

    /// `text` in `style`, where colours may be used.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// `text`, or `ascii` where only that can be shown.
    pub(crate) fn glyph(self, text: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { text }
    }
}

/// The locale's character set, as setlocale(3) looks it up.
fn speaks_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
    let locale = set.into_iter().find(|value| !value.is_empty());
    // A container often has no locale at all, and its terminal is somebody's modern one.
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const ODD: Style = AnsiColor::Magenta.on_default();
pub(crate) const CONNECTING: Style = AnsiColor::Cyan.on_default();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
