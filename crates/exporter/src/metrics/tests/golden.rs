//! The text as it was agreed on, so that a change of mind shows as a difference. `DBPROBE_UPDATE_METRICS=1` writes it
//! anew.

use std::path::Path;

use dbprobe_config::Naming;

use super::super::format::Format;
use super::fleet::{fleet, scrape};

#[test]
fn the_text_is_the_one_that_was_agreed_on() {
    let text = scrape(fleet(), Naming::Both, Format::Text);
    let text = text.replace(&format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), "version=\"0.0.0\"");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/metrics/tests/golden.txt");
    if std::env::var_os("DBPROBE_UPDATE_METRICS").is_some() {
        std::fs::write(&file, &text).expect("written");
    }
    let golden = std::fs::read_to_string(&file).expect("the golden text");
    for (number, (line, golden)) in text.lines().zip(golden.lines()).enumerate() {
        assert_eq!(line, golden, "line {}", number + 1);
    }
    assert_eq!(text.lines().count(), golden.lines().count());
}

#[test]
fn openmetrics_has_the_same_series_and_an_end() {
    let text = scrape(fleet(), Naming::Both, Format::Text);
    let open = scrape(fleet(), Naming::Both, Format::OpenMetrics);
    let series = |text: &str| text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(series(&text), series(&open));
    assert!(open.ends_with("\n# EOF\n") && !text.contains("EOF"), "{open}");
    assert_eq!(open.matches("# EOF").count(), 1);
    for line in [
        "# TYPE db_probes counter",
        "# HELP db_probes Probes that have ended, repetitions not counted.",
        "# TYPE db_phase_duration_seconds histogram",
        "# UNIT db_phase_duration_seconds seconds",
        "# UNIT process_cpu_seconds seconds",
        "# UNIT redis_memory_used_bytes bytes",
        "# TYPE db_server_info gauge",
    ] {
        assert!(open.lines().any(|it| it == line), "{line} in\n{open}");
    }
}

#[test]
fn pieces_together_are_the_whole() {
    let records = || (0..40).map(|number| super::fleet::healthy(&format!("t{number}"))).collect();
    for format in [Format::Text, Format::OpenMetrics] {
        let whole = scrape(records(), Naming::Both, format);
        for size in [1, 1_000, 64 * 1024, usize::MAX / 2] {
            let size = size.min(whole.len() * 2);
            let pieces: Vec<String> = super::fleet::pieces(records(), Naming::Both, format).of_size(size).collect();
            assert_eq!(pieces.concat(), whole, "pieces of {size}");
            let most = pieces.iter().map(String::len).max().unwrap_or_default();
            // One target's part of a family is not divided: here ten phases of five lines.
            assert!(most < size + 8_000, "{most} for {size}");
            assert!(size > whole.len() || pieces.len() >= whole.len() / (size + 8_000), "{}", pieces.len());
        }
    }
}
