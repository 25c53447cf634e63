//! Which text format a scraper wants.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::metrics::Format;

/// The format that fits the `Accept` headers best; Prometheus' text where nothing fits, as Prometheus' own client does.
pub(super) fn negotiate(headers: &HeaderMap) -> Format {
    let ranges = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut best = (Format::Text, 0.0);
    for (format, quality) in ranges.flat_map(|value| value.split(',')).filter_map(wanted) {
        if quality > best.1 {
            best = (format, quality);
        }
    }
    best.0
}

/// The content type of a format.
pub(super) fn content_type(format: Format) -> HeaderValue {
    HeaderValue::from_static(match format {
        Format::Text => "text/plain; version=0.0.4; charset=utf-8",
        Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
    })
}

/// The format that a media range (RFC 9110, section 12.5.1) means, and how much it is wanted. A range with a version
/// that is not spoken here means none.
fn wanted(range: &str) -> Option<(Format, f64)> {
    let mut parts = range.split(';').map(str::trim);
    let kind = parts.next()?.to_ascii_lowercase();
    let (mut version, mut quality) = (None, 1.0);
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "version" => version = Some(value.to_owned()),
            "q" => quality = value.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?,
            _ => {}
        }
    }
    let speaks = |spoken: &str| version.as_deref().is_none_or(|version| version == spoken);
    match kind.as_str() {
        "application/openmetrics-text" if speaks("1.0.0") => Some((Format::OpenMetrics, quality)),
        "text/plain" if speaks("0.0.4") => Some((Format::Text, quality)),
        "text/*" | "*/*" => Some((Format::Text, quality)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_that_is_wanted_most_is_chosen() {
        use Format::{OpenMetrics, Text};
        // As Prometheus 2.42, 2.53 and 3.5 send it.
        let old = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                   text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,\
                        application/openmetrics-text;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        let new = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                   application/openmetrics-text;version=0.0.1;q=0.4,\
                   text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        let only_text = "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let cases = [
            (old, OpenMetrics),
            (protobuf, OpenMetrics),
            (new, OpenMetrics),
            (only_text, Text),
            ("*/*", Text),
            ("", Text),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Text),
            ("application/openmetrics-text;version=0.0.1", Text),
            ("application/openmetrics-text", OpenMetrics),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"; Q=0.3, text/plain; q=0.2", OpenMetrics),
            ("application/openmetrics-text;q=0.2, text/plain;q=0.7", Text),
            ("application/openmetrics-text;q=0, text/plain;q=0", Text),
            ("application/openmetrics-text;q=nonsense", Text),
            ("application/openmetrics-text;q=7", Text),
            ("text/plain, application/openmetrics-text", Text),
        ];
        for (accept, format) in cases {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(negotiate(&headers), format, "{accept}");
        }
        assert_eq!(negotiate(&HeaderMap::new()), Text);
    }
}
