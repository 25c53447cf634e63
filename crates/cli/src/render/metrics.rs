//! Reports in the text format of Prometheus, by the crate that speaks it.

use dbprobe::{ExpectedRole, Report};
use dbprobe_exporter::{Naming, Subject, exposition};

pub(super) fn render(reports: &[&Report], role: impl Fn(usize) -> ExpectedRole) -> String {
    let named: Vec<Report> = reports
        .iter()
        .zip(super::distinct_names(reports))
        .map(|(report, target)| Report { target, ..(*report).clone() })
        .collect();
    let subjects: Vec<_> = named.iter().enumerate().map(|(at, report)| Subject { report, role: role(at) }).collect();
    exposition(&subjects, Naming::Both)
}
