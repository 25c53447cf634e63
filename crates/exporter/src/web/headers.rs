//! `http_server_config.headers`.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use dbprobe_config::ConfigError;

use super::file::{HeaderSection, Text};
use super::reader::Reader;

/// The headers of the file, for every answer. An empty text sets none.
pub(super) fn headers(reader: &mut Reader<'_>, section: &HeaderSection) -> HeaderMap {
    let known: [(HeaderName, &Option<Text>, &[&str]); 5] = [
        (header::CONTENT_SECURITY_POLICY, &section.content_security_policy, &[]),
        (header::X_FRAME_OPTIONS, &section.x_frame_options, &["deny", "sameorigin"]),
        (header::X_CONTENT_TYPE_OPTIONS, &section.x_content_type_options, &["nosniff"]),
        (header::X_XSS_PROTECTION, &section.x_xss_protection, &[]),
        (header::STRICT_TRANSPORT_SECURITY, &section.strict_transport_security, &[]),
    ];
    let mut headers = HeaderMap::new();
    for (name, text, allowed) in known {
        let Some(text) = text.as_ref().filter(|text| !text.value.is_empty()) else { continue };
        if !allowed.is_empty() && !allowed.iter().any(|word| word.eq_ignore_ascii_case(&text.value)) {
            let fault = reader.fault(text.referenced, "this header has no such value");
            reader.push(ConfigError { advice: Some(format!("write {}", allowed.join(" or "))), ..fault });
            continue;
        }
        match HeaderValue::from_str(&text.value) {
            Ok(value) => {
                headers.insert(name, value);
            }
            Err(_) => {
                let fault = reader.fault(text.referenced, "a header cannot hold this text");
                reader.push(ConfigError { advice: Some("write it in one line of visible characters".into()), ..fault });
            }
        }
    }
    headers
}
