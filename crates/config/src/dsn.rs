//! The DSN of a target.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use dbprobe_core::{Driver, Dsn, DsnError, Failure, Registry, Source, Template};

use crate::field::Field;
use crate::findings::Findings;
use crate::page::Page;

/// Reads the DSN of a target, and the name of its engine where that is known already.
///
/// A DSN without references is opened, to see whether the engine takes it; nothing is sent.
pub(crate) fn read(
    field: Field<'_>,
    page: Option<&Page>,
    registry: &Registry,
    findings: &mut Findings,
) -> Option<(Source, Option<&'static str>)> {
    let text = field.scalar(findings)?.text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        field.complain(findings, "nothing is written").advise("write for example `postgres://user@host/database`");
        return None;
    }
    let source = match page {
        Some(page) if !page.fragment.is_empty() => with_page(text, page),
        _ if text.starts_with('@') => Source::parse(text),
        _ if text.contains('$') => Template::parse(text).map(Source::Template),
        _ => Dsn::parse(text).map(Source::Literal).map_err(Failure::from),
    };
    let source = match source {
        Ok(source) => source,
        Err(failure) => {
            field.complain(findings, failure.message).advice = failure.advice;
            return None;
        }
    };
    let engine = check(text, field, page, registry, findings)?;
    Some((source, engine))
}

/// The DSN with its page behind it; a reference becomes a part of a template.
fn with_page(text: &str, page: &Page) -> Result<Source, Failure> {
    let base = match Source::parse(text) {
        Ok(Source::Environment(name)) => format!("${{{name}}}"),
        Ok(Source::File(path)) => format!("${{file:{}}}", path.display()),
        Err(failure) if text.starts_with('@') => return Err(failure),
        _ => text.to_owned(),
    };
    Template::parse(&page.behind(&base)).map(Source::Template)
}

/// Whether the engine takes what is known of the DSN without its references, and its name.
fn check(
    text: &str,
    field: Field<'_>,
    page: Option<&Page>,
    registry: &Registry,
    findings: &mut Findings,
) -> Option<Option<&'static str>> {
    let literal = literal(text);
    let beginning = literal.as_deref().unwrap_or_else(|| text.split('$').next().unwrap_or_default());
    if let Some(page) = page.filter(|_| beginning.contains(':') && !text.starts_with('@') && !is_page(beginning)) {
        findings
            .add(page.place, "`http` is for targets whose DSN begins with `http://` or `https://`")
            .advise("leave the block out");
        return None;
    }
    let mut engine = None;
    if let Some(base) = &literal {
        match open(base, registry) {
            Ok(driver) => engine = Some(driver.target().engine),
            Err(error) => {
                complain(&error, field, base, findings);
                return None;
            }
        }
    }
    let Some(page) = page.filter(|page| !page.fragment.is_empty()) else { return Some(engine) };
    // A stand-in is as good as the real URL where that is not known yet.
    let base = literal.unwrap_or_else(|| "http://host/".to_owned());
    if let Err(error) = open(&page.expanded_behind(&base), registry) {
        let place = page.place_of(&error, &base);
        findings.add(place, format!("`http`: {}", fact(&error))).advice = error.advice().map(str::to_owned);
        return None;
    }
    Some(engine)
}

fn is_page(dsn: &str) -> bool {
    let scheme = dsn.split(':').next().unwrap_or_default();
    ["http", "https"].iter().any(|page| scheme.eq_ignore_ascii_case(page))
}

/// The DSN, where it has no references.
fn literal(text: &str) -> Option<String> {
    if text.starts_with('@') {
        return None;
    }
    let template = Template::parse(text).ok().filter(|template| !template.has_references())?;
    template.expand().ok().map(|text| text.expose().to_owned())
}

/// Configures the engine of `dsn`. A driver that panics while it reads is an error of this DSN, and not the end of the
/// program; the panic's message is left out, since it may quote the DSN.
pub(crate) fn open(dsn: &str, registry: &Registry) -> Result<Arc<dyn Driver>, DsnError> {
    let opened = catch_unwind(AssertUnwindSafe(|| Dsn::parse(dsn).and_then(|dsn| registry.open(&dsn))));
    opened.unwrap_or_else(|_| {
        Err(DsnError::new("the driver panicked while it read the DSN")
            .advise("this is a defect of dbprobe: please report it with the form of the DSN, without its password"))
    })
}

fn complain(error: &DsnError, field: Field<'_>, base: &str, findings: &mut Findings) {
    let place = error.columns().map_or(field.node.place, |columns| field.character(base, columns.start));
    findings.add(place, format!("`dsn`: {}", fact(error))).advice = error.advice().map(str::to_owned);
}

/// The error without its column, which counts from the beginning of the DSN and not of the line.
pub(crate) fn fact(error: &DsnError) -> String {
    let text = error.to_string();
    match error.columns() {
        Some(columns) => text.replacen(&format!(" at column {}", columns.start), "", 1),
        None => text,
    }
}
