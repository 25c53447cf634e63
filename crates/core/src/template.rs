//! Texts with references to secrets: `postgres://app:${file:/run/secrets/pg}@db/orders`.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::class::Class;
use crate::failure::Failure;
use crate::file::{is_missing, read_file};
use crate::phase::Phase;
use crate::secret::Secret;
use crate::target::percent_encode;

/// The longest value that is read from a file, in bytes. A larger file is no secret.
const LONGEST: u64 = 64 * 1024;

/// A text in which `${NAME}`, `${NAME:-default}` and `${file:PATH}` stand for values from elsewhere; `$$` is a dollar.
///
/// The values are read at every expansion, so that a rotated secret needs no restart. It cannot be printed, since what
/// stands between the references may be a secret, too.
#[derive(Clone)]
pub struct Template {
    parts: Vec<Part>,
    text: Secret,
}

#[derive(Clone)]
enum Part {
    Text(String),
    Environment { name: String, default: Option<String> },
    File(PathBuf),
}

impl Template {
    /// Reads `text`. A `$` that begins nothing stands for itself.
    ///
    /// # Errors
    /// Class `config` for a reference that has no end or no name.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            plain.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(reference) = after.strip_prefix('{') {
                let end = reference.find('}').ok_or_else(|| {
                    refused("a reference `${` has no closing brace").advise("write `$$` for a dollar sign itself")
                })?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::reference(&reference[..end])?);
                rest = &reference[end + 1..];
            } else {
                plain.push('$');
                rest = after.strip_prefix('$').unwrap_or(after);
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts, text: Secret::new(text) })
    }

    /// Whether it refers to anything; one that does not is the same at every expansion.
    pub fn has_references(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, Part::Text(_)))
    }

    /// The text with every value as it is now.
    ///
    /// # Errors
    /// Class `config` for a variable that is not set, and for a file that cannot be read.
    pub fn expand(&self) -> Result<Secret, Failure> {
        self.parts.iter().try_fold(String::new(), |text, part| Ok(text + &part.value()?)).map(Secret::new)
    }

    /// The text with every value as it is now; a value that stands for a user, a password or a parameter's value is
    /// percent-encoded, so that it may hold any character. A host, a path or a whole DSN is taken as it is.
    ///
    /// # Errors
    /// Those of [`Template::expand`].
    pub fn expand_dsn(&self) -> Result<Secret, Failure> {
        let mut text = String::new();
        for (at, part) in self.parts.iter().enumerate() {
            let value = part.value()?;
            let encoded = !matches!(part, Part::Text(_)) && (self.is_in_user_info(at) || is_in_value(&text));
            text.push_str(&if encoded { percent_encode(&value, "") } else { value });
        }
        Ok(Secret::new(text))
    }

    /// The first file that it refers to and that is not there, or still empty.
    pub fn missing_file(&self) -> Option<&Path> {
        let files = self.parts.iter().filter_map(|part| match part {
            Part::File(path) => Some(path.as_path()),
            Part::Text(_) | Part::Environment { .. } => None,
        });
        files.into_iter().find(|path| is_missing(path))
    }

    /// As it was written, for comparing two configurations.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// Whether part number `at` stands behind `//` and before the `@` of the authority.
    fn is_in_user_info(&self, at: usize) -> bool {
        let texts = |parts: &[Part]| -> String { parts.iter().map(Part::plain).collect() };
        let (before, after) = (texts(&self.parts[..at]), texts(&self.parts[at + 1..]));
        let Some((_, authority)) = before.split_once("//") else { return false };
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        // The Go form has its address in brackets behind the `@`, a path on a Unix socket with them.
        !authority.contains(['/', '?', '#', '@']) && after[..end].contains('@')
    }
}

/// Whether what follows `text` is in the value of a parameter or of a setting of the fragment, perhaps not at its
/// beginning: `?options=-c%20role%3D${ROLE}`, `#header=Authorization:%20Bearer%20${TOKEN}`.
fn is_in_value(text: &str) -> bool {
    let behind = text.split_once(['?', '#']).map(|(_, behind)| behind);
    behind.and_then(|behind| behind.rsplit(['?', '#', '&']).next()).is_some_and(|pair| pair.contains('='))
}

impl Part {
    fn reference(text: &str) -> Result<Self, Failure> {
        if let Some(path) = text.strip_prefix("file:") {
            return match path {
                "" => Err(refused("a reference `${file:…}` names no file").advise("write `${file:/run/secrets/name}`")),
                path => Ok(Self::File(PathBuf::from(path))),
            };
        }
        let (name, default) = match text.split_once(":-") {
            Some((name, default)) => (name, Some(default.to_owned())),
            None => (text, None),
        };
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(legal) {
            let mistake = refused("what stands between `${` and `}` is not the name of a variable");
            return Err(
                mistake.advise("write `${NAME}`, `${NAME:-default}`, `${file:/path}`, or `$$` for a dollar sign")
            );
        }
        Ok(Self::Environment { name: name.to_owned(), default })
    }

    /// Its text; a reference has none.
    fn plain(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Environment { .. } | Self::File(_) => "",
        }
    }

    fn value(&self) -> Result<String, Failure> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Environment { name, default } => match (std::env::var(name), default) {
                (Ok(value), None) => Ok(value),
                (Ok(value), Some(default)) => Ok(if value.is_empty() { default.clone() } else { value }),
                (Err(std::env::VarError::NotPresent), Some(default)) => Ok(default.clone()),
                // Shells know it without exporting it, and containers have it: whoever writes it means the host's name.
                (Err(std::env::VarError::NotPresent), None) if name == "HOSTNAME" => {
                    Ok(gethostname::gethostname().to_string_lossy().into_owned())
                }
                (Err(std::env::VarError::NotPresent), None) => Err(refused(format!("${{{name}}} is not set"))
                    .advise(format!("set the variable, or write `${{{name}:-default}}`"))),
                (Err(std::env::VarError::NotUnicode(_)), _) => Err(refused(format!("${{{name}}} is not UTF-8"))),
            },
            Self::File(path) => read(path),
        }
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let failure = |why: String| refused(format!("${{file:{}}} {why}", path.display()));
    let bytes = read_file(path, LONGEST).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::FileTooLarge => failure(format!("{error}: it is no secret")),
        _ => failure(format!("cannot be read: {error}")),
    })?;
    let text = String::from_utf8(bytes).map_err(|_| failure("is not UTF-8".to_owned()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn refused(what: impl Into<String>) -> Failure {
    Failure::new(Class::Config, what).in_phase(Phase::Configure)
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template(***)")
    }
}

/// What it refers to, without the text in between.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(_) => f.write_str("***")?,
                Part::Environment { name, .. } => write!(f, "${{{name}}}")?,
                Part::File(path) => write!(f, "${{file:{}}}", path.display())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        Template::parse(text).and_then(|template| template.expand_dsn()).expect(text).expose().to_owned()
    }

    #[test]
    fn a_password_from_a_file_may_hold_any_character() {
        let file = std::env::temp_dir().join(format!("dbprobe-template-{}", std::process::id()));
        std::fs::write(&file, "p@ss/w:rd %\n").expect("a file");
        let reference = format!("${{file:{}}}", file.display());
        let cases = [
            (format!("postgres://app:{reference}@db/x"), "postgres://app:p%40ss%2Fw%3Ard%20%25@db/x"),
            (format!("mysql://app:{reference}@tcp(db:3306)/x"), "mysql://app:p%40ss%2Fw%3Ard%20%25@tcp(db:3306)/x"),
            (format!("postgres://db/x?password={reference}"), "postgres://db/x?password=p%40ss%2Fw%3Ard%20%25"),
            (format!("postgres://db/x?options=a{reference}&b=c"), "postgres://db/x?options=ap%40ss%2Fw%3Ard%20%25&b=c"),
            (format!("http://h/#header=A:%20B%20{reference}"), "http://h/#header=A:%20B%20p%40ss%2Fw%3Ard%20%25"),
            (format!("file:{reference}"), "file:p@ss/w:rd %"),
            (reference.clone(), "p@ss/w:rd %"),
        ];
        for (text, expected) in cases {
            assert_eq!(expanded(&text), expected, "{text}");
        }
        std::fs::remove_file(&file).expect("it was there");
    }

    #[test]
    fn dollars_and_defaults() {
        assert_eq!(expanded("a$$b$c${DBPROBE_TEST_NOT_SET:-d}"), "a$b$cd");
        assert!(!expanded("${HOSTNAME}").is_empty());
        assert!(!Template::parse("a$b").expect("plain").has_references());
    }

    #[test]
    fn mistakes_say_what_is_wrong_and_show_no_text() {
        for (text, expected) in [
            ("hunter2${", "configure: a reference `${` has no closing brace"),
            ("hunter2${}", "configure: what stands between `${` and `}` is not the name of a variable"),
            ("hunter2${file:}", "configure: a reference `${file:…}` names no file"),
            ("hunter2${DBPROBE_TEST_NOT_SET}", "configure: ${DBPROBE_TEST_NOT_SET} is not set"),
        ] {
            let failure = Template::parse(text).and_then(|template| template.expand()).expect_err(text);
            assert_eq!(failure.to_string(), expected);
        }
        let template = Template::parse("hunter2${A}").expect("a template");
        assert_eq!(format!("{template} {template:?}"), "***${A} Template(***)");
    }
}
