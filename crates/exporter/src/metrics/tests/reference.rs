//! The table of families in the README is the one in the code. `DBPROBE_UPDATE_METRICS=1` writes it anew.

use std::path::Path;

use dbprobe_config::Naming;

use super::super::families::families;
use super::super::family::{Family, Output, Source};

const BEGIN: &str = "<!-- families -->\n";
const END: &str = "<!-- end of families -->\n";

fn row(family: &Family) -> String {
    let header = &family.header;
    let labels =
        if family.header.labels.is_empty() { String::new() } else { format!("{{{}}}", family.header.labels.join(",")) };
    let unit = if header.name.ends_with("_ms") { "milliseconds" } else { header.unit().unwrap_or_default() };
    let dialect = match family.naming {
        Naming::Both => "both",
        Naming::Compat => "compat",
        Naming::Prometheus => "prometheus",
    };
    let of = match family.source {
        Source::Exporter(_) => "exporter",
        Source::Probe(_) => "probe",
        Source::Target(_) => "target",
    };
    let word = |output: &Output| match output {
        Output::Check => "check",
        Output::Probe => "/probe",
        Output::Scrape => "/metrics",
    };
    let shown = family.outputs.iter().rev().map(word).collect::<Vec<_>>().join(" ");
    let (name, kind, help) = (header.name, header.kind.as_str(), header.help);
    format!("| `{name}{labels}` | {kind} | {unit} | {of} | {dialect} | {shown} | {help} |\n").replace("|  |", "| |")
}

#[test]
fn the_readme_lists_every_family() {
    let rows: String = families().map(row).collect();
    let table = format!("| family | type | unit | of | dialect | shown by | |\n|---|---|---|---|---|---|---|\n{rows}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&file).expect("the README");
    let (before, rest) = readme.split_once(BEGIN).expect("a place for the table");
    let (written, after) = rest.split_once(END).expect("an end of the table");
    if std::env::var_os("DBPROBE_UPDATE_METRICS").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}\n{table}\n{END}{after}")).expect("written");
    } else {
        assert_eq!(written.trim(), table.trim());
    }
}
