//! JUnit XML, as CI servers read it: a suite a target, a case a phase.

use std::time::Duration;

use dbprobe::{Outcome, Phase, Report, Step};
use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::printable::printable;

/// A step that failed is a failure; a target that was never asked is an error; a skipped step is skipped.
///
/// # Errors
/// What the XML writer says, which does not happen when it writes into memory.
pub(super) fn render(reports: &[&Report], elapsed: Duration) -> Result<String, String> {
    let mut document = Document::new("dbprobe");
    document.set_time(elapsed);
    document
        .add_test_suites(reports.iter().zip(super::distinct_names(reports)).map(|(report, name)| suite(report, &name)));
    document.to_string().map_err(|error| error.to_string())
}

fn suite(report: &Report, name: &str) -> TestSuite {
    let name = printable(name);
    let mut suite = TestSuite::new(name.as_ref());
    suite.set_time(report.duration);
    let known = [
        ("status", Some(report.status().as_str())),
        ("checked_at", Some(&*report.checked_at.to_string())),
        ("engine", report.engine.as_deref()),
        ("version", report.inspection.version.as_deref()),
        ("role", report.role().map(|role| role.as_str())),
    ]
    .map(|(key, value)| Some((key, printable(value?).into_owned())));
    for property in known.into_iter().flatten() {
        suite.add_property((property.0, property.1.as_str()));
    }
    suite.add_test_cases(report.steps.iter().map(|step| case(step, &name)));
    suite
}

fn case(step: &Step, target: &str) -> TestCase {
    let mut case = TestCase::new(step.phase.as_str(), status(step));
    case.set_classname(target);
    if let Some(duration) = step.duration {
        case.set_time(duration);
    }
    case
}

fn status(step: &Step) -> TestCaseStatus {
    let (mut status, message) = match &step.outcome {
        Outcome::Passed => return TestCaseStatus::success(),
        Outcome::Skipped(reason) => (TestCaseStatus::skipped(), reason.clone()),
        // A failed goodbye spoils nothing, so it must not turn a build red.
        Outcome::Failed(failure) if step.phase == Phase::Close => (TestCaseStatus::skipped(), failure.message.clone()),
        Outcome::Failed(failure) => {
            let kind = if step.phase == Phase::Configure { NonSuccessKind::Error } else { NonSuccessKind::Failure };
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(failure.class.as_str());
            if let Some(advice) = &failure.advice {
                status.set_description(format!("advice: {}", printable(advice)));
            }
            (status, failure.to_string())
        }
    };
    status.set_message(printable(&message).as_ref());
    status
}

#[cfg(test)]
mod tests {
    use super::super::sample::{degraded, down, hostile, is_harmless, unknown, up};
    use super::*;
    use dbprobe::{Class, Failure};

    fn xml(reports: &[Report]) -> String {
        render(&reports.iter().collect::<Vec<_>>(), Duration::from_millis(8)).expect("XML")
    }

    #[test]
    fn a_suite_is_a_target_and_a_case_a_phase() {
        let xml = xml(&[up("orders"), degraded("b"), down("c"), unknown("d")]);
        assert!(
            xml.contains(r#"<testsuites name="dbprobe" tests="16" skipped="5" failures="2" errors="1" time="0.008">"#),
            "{xml}"
        );
        assert!(xml.contains(r#"<testcase name="write" classname="orders" time="0.002"/>"#), "{xml}");
        assert!(xml.contains(r#"<failure message="write: permission denied for table _health_check (42501)" type="permission">advice: run `dbprobe init`</failure>"#), "{xml}");
        assert!(xml.contains(r#"<error message="configure: this is not a DSN" type="config"/>"#), "{xml}");
        assert!(xml.contains(r#"<skipped message="not connected"/>"#), "{xml}");
    }

    #[test]
    fn a_failed_goodbye_turns_no_build_red() {
        let mut report = up("orders");
        let outcome = Outcome::Failed(Failure::new(Class::Reset, "cut in the goodbye").in_phase(Phase::Close));
        report.steps.push(Step { phase: Phase::Close, outcome, start: None, duration: None, proof: None });
        let xml = xml(&[report]);
        assert!(xml.contains(r#"failures="0" errors="0""#) && xml.contains("cut in the goodbye"), "{xml}");
    }

    #[test]
    fn a_hostile_text_cannot_leave_its_attribute() {
        let xml = xml(&[hostile()]);
        assert!(is_harmless(&xml) && !xml.contains("<x>"), "{xml}");
        assert!(xml.contains("&quot;&lt;x&gt;&quot; &amp;"), "{xml}");
    }
}
