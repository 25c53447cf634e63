//! What may be shown of a URL.

use std::collections::BTreeMap;

use dbprobe_core::{Endpoint, Target, percent_encode};

use crate::url::Url;

/// The value of the setting `name` as it may be shown: a header may be a token.
pub(super) fn value(name: &str, text: &str) -> String {
    match text.split_once(':') {
        Some((header, _)) if name == "header" => format!("{}: ***", header.trim()),
        _ if name == "header" => "***".to_owned(),
        _ => text.to_owned(),
    }
}

/// Everything but secrets; `settings` are those of the fragment.
pub(super) fn target(url: &Url<'_>, settings: &[(&'static str, String)]) -> Target {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in settings {
        // One that may be given several times is shown as all of them.
        parameters
            .entry((*name).to_owned())
            .and_modify(|shown| {
                shown.push_str(", ");
                shown.push_str(value);
            })
            .or_insert_with(|| value.clone());
    }
    let query = query(url);
    if !query.is_empty() {
        parameters.insert("query".to_owned(), query.clone());
    }
    Target {
        engine: "http",
        endpoints: vec![Endpoint { host: url.origin.host.clone(), port: Some(url.origin.port) }],
        user: url.user.clone(),
        has_password: url.password.is_some(),
        // What tells two targets on one server apart, as a database's name does.
        database: Some(url.path.trim_start_matches('/').to_owned()).filter(|path| !path.is_empty()),
        redacted: redacted(url, &query, settings),
        parameters,
    }
}

/// The query with its values hidden. What has no `=` may be a token by itself.
fn query(url: &Url<'_>) -> String {
    let parts = url.query.iter().flat_map(|query| query.split('&')).filter(|part| !part.is_empty());
    let hidden = parts.map(|part| match part.cut('=') {
        (name, Some(_)) => format!("{}=***", name.as_str()),
        (_, None) => "***".to_owned(),
    });
    hidden.collect::<Vec<_>>().join("&")
}

fn redacted(url: &Url<'_>, query: &str, settings: &[(&'static str, String)]) -> String {
    let login = match (&url.user, &url.password) {
        (None, None) => String::new(),
        (user, password) => {
            let user = percent_encode(user.as_deref().unwrap_or_default(), "");
            format!("{user}{}@", if password.is_some() { ":***" } else { "" })
        }
    };
    let mut shown = format!("{}://{login}{}{}", url.origin.scheme(), url.origin.authority(), url.path);
    if !query.is_empty() {
        shown.push_str(&format!("?{query}"));
    }
    for (at, (name, value)) in settings.iter().enumerate() {
        let mark = if at == 0 { '#' } else { '&' };
        shown.push_str(&format!("{mark}{name}={}", percent_encode(value, "/:,=*")));
    }
    shown
}
