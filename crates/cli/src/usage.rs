//! What is wrong with a command line, said without repeating it.
//!
//! clap quotes what the user wrote. That may be a DSN in the wrong place, so its text is not used: only the names that
//! this program defines, and the messages of its own value parsers, which quote nothing.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What is wrong with `arguments`, and what to do about it, in lines for standard error.
pub(crate) fn explain(error: &clap::Error, arguments: &[String]) -> String {
    let fact = fact(error, arguments);
    let command = crate::arguments::command();
    let subcommand = arguments.iter().skip(1).find(|word| command.find_subcommand(word).is_some());
    let help = subcommand.map_or("dbprobe --help".to_owned(), |name| format!("dbprobe {name} --help"));
    let advice = match error.kind() {
        ErrorKind::MissingRequiredArgument => advice_on_missing(subcommand.map(String::as_str)),
        ErrorKind::InvalidSubcommand if looks_like_dsn(arguments.get(1)) => {
            "to check a DSN, write `dbprobe check <DSN>`".to_owned()
        }
        _ => format!("`{help}` lists what is possible"),
    };
    format!("dbprobe: {fact}\n  advice: {advice}\n")
}

fn fact(error: &clap::Error, arguments: &[String]) -> String {
    let argument = text(error, ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            format!("unknown command{}", suggestion(error, ContextKind::SuggestedSubcommand))
        }
        ErrorKind::UnknownArgument => unknown(error, argument.as_deref()),
        ErrorKind::MissingRequiredArgument => missing(argument.as_deref()),
        ErrorKind::MissingSubcommand => "a command is missing".to_owned(),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => invalid_value(error, argument.as_deref(), arguments),
        ErrorKind::ArgumentConflict => match (argument, text(error, ContextKind::PriorArg)) {
            (Some(one), Some(other)) => format!("`{one}` cannot be used with `{other}`"),
            _ => "two of the options exclude each other".to_owned(),
        },
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        ErrorKind::NoEquals | ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("wrong number of values for `{}`", argument.as_deref().unwrap_or("an option"))
        }
        _ => "the arguments cannot be understood".to_owned(),
    }
}

fn unknown(error: &clap::Error, argument: Option<&str>) -> String {
    let suggestion = suggestion(error, ContextKind::SuggestedArg);
    match argument.and_then(|argument| argument.split('=').next()).filter(|name| is_option_name(name)) {
        Some(name) => format!("unknown option `{name}`{suggestion}"),
        None if argument.is_some_and(|argument| argument.starts_with('-')) => format!("unknown option{suggestion}"),
        None => "one argument too many".to_owned(),
    }
}

fn missing(argument: Option<&str>) -> String {
    match argument {
        Some(argument) if argument.starts_with("<DSN") => "no DSN is given".to_owned(),
        Some(argument) => format!("{argument} is missing"),
        None => "an argument is missing".to_owned(),
    }
}

fn advice_on_missing(subcommand: Option<&str>) -> String {
    let command = subcommand.unwrap_or("check");
    format!("write for example `dbprobe {command} postgres://user@host/database` or `dbprobe {command} @env:NAME`")
}

fn invalid_value(error: &clap::Error, argument: Option<&str>, arguments: &[String]) -> String {
    let argument = argument.unwrap_or("an option");
    let place =
        twin(argument, arguments).map_or_else(|| format!("`{argument}`"), |twin| format!("`{argument}` ({twin})"));
    if let Some(values) = list(error, ContextKind::ValidValue) {
        let suggestion = suggestion(error, ContextKind::SuggestedValue);
        return format!("unknown value for {place}{suggestion}: one of {values} is expected");
    }
    // Only this program's own value parsers have errors here, and those do not repeat the value.
    match std::error::Error::source(error) {
        Some(reason) => format!("bad value for {place}: {reason}"),
        None => format!("{place} needs a value"),
    }
}

/// The environment variable, where the value can only have come from there.
fn twin(argument: &str, arguments: &[String]) -> Option<String> {
    let long = argument.split_whitespace().next().filter(|name| name.starts_with("--"))?;
    let command = crate::arguments::command();
    let all = std::iter::once(&command).chain(command.get_subcommands()).flat_map(clap::Command::get_arguments);
    let definition = all.into_iter().find(|it| it.get_long() == long.strip_prefix("--"))?;
    let short = definition.get_short().map(|short| format!("-{short}"));
    let written =
        |word: &String| word.starts_with(long) || short.as_ref().is_some_and(|short| word.starts_with(short.as_str()));
    let name = definition.get_env()?.to_str()?;
    (std::env::var_os(name).is_some() && !arguments.iter().any(written)).then(|| format!("from {name}"))
}

fn suggestion(error: &clap::Error, kind: ContextKind) -> String {
    list(error, kind).map_or_else(String::new, |names| format!(", did you mean {names}?"))
}

/// Words that this program defines.
fn list(error: &clap::Error, kind: ContextKind) -> Option<String> {
    let quoted = |word: &String| format!("`{word}`");
    match error.get(kind)? {
        ContextValue::String(word) => Some(quoted(word)),
        ContextValue::Strings(words) if !words.is_empty() => {
            Some(words.iter().map(quoted).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

/// Whether it can be shown: a word like an option's name, not a DSN behind two dashes.
fn is_option_name(text: &str) -> bool {
    let name = text.trim_start_matches('-');
    text.starts_with('-')
        && !name.is_empty()
        && name.len() <= 24
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn looks_like_dsn(word: Option<&String>) -> bool {
    word.is_some_and(|word| word.contains(':') || word.starts_with('@') || word.contains('.'))
}
