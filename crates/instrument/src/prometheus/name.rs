//! Legal names of metrics and labels.
//!
//! Source: <https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels>

use super::error::PrometheusError;

/// The beginning of a metric's name that `service` can be made to.
///
/// A colon is legal too, but belongs to recording rules.
pub(super) fn legal(service: &str) -> Result<String, PrometheusError> {
    if !service.contains(|c: char| c.is_ascii_alphanumeric()) {
        return Err(PrometheusError::Service(service.into()));
    }
    let digit_first = service.starts_with(|c: char| c.is_ascii_digit());
    let legal = service.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    Ok(digit_first.then_some('_').into_iter().chain(legal).collect())
}

/// Whether a label may have this name; two leading underscores belong to Prometheus itself.
pub(super) fn is_label(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && !name.starts_with("__");
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_made_a_legal_name() {
        let names = [
            ("content-service", "content_service"),
            ("content_service", "content_service"),
            ("orders.v2/eu:west", "orders_v2_eu_west"),
            ("3scale", "_3scale"),
            ("Größe", "Gr__e"),
            ("-x-", "_x_"),
        ];
        for (service, name) in names {
            assert_eq!(legal(service).unwrap(), name);
        }
    }

    #[test]
    fn a_service_without_a_letter_or_digit_is_refused_by_name() {
        for service in ["", " ", "---", "__", "サービス"] {
            let error = legal(service).unwrap_err();
            assert!(matches!(&error, PrometheusError::Service(name) if name == service), "{error}");
        }
    }

    #[test]
    fn labels_have_legal_names() {
        for name in ["a", "_a", "A9", "team_name"] {
            assert!(is_label(name), "{name}");
        }
        for name in ["", "9a", "a-b", "__name__", "a:b", "ä"] {
            assert!(!is_label(name), "{name}");
        }
    }
}
