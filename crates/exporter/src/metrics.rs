//! `/metrics`, `/probe` and `dbprobe check -o prometheus`: what is known of targets, as Prometheus' text format and as
//! OpenMetrics. One table of families, one writer.

mod format;
mod label;
mod number;
mod process;

mod exporter;
mod header;
mod target;

mod series;

mod family;

mod families;

mod pieces;

mod rehearsal;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use dbprobe_config::Naming;

use crate::record::Record;
use crate::service::Service;
use exporter::Exporter;
use family::Output;
use pieces::{Contents, Pieces};
use target::Known;

pub(crate) use format::Format;
pub use rehearsal::Rehearsal;
pub use target::Subject;

/// The exposition of every target and of the exporter itself, piece by piece: each piece is some 64 KiB, so that ten
/// thousand targets neither fill the memory nor hold a thread.
///
/// All pieces are of the moment of this call.
pub(crate) fn scrape(service: &Service, format: Format) -> impl Iterator<Item = String> + Send + use<> {
    let records = service.fleet.records();
    let exporter = Exporter::now(service, records.len());
    Pieces::new(of_records(records, exporter, service.config().metrics.naming, format))
}

/// The exposition of one target for `/probe`, where the probe that was asked for is the record's last.
pub(crate) fn probe(service: &Service, record: &Arc<Record>, format: Format) -> String {
    of_probe(Known::Record(Arc::clone(record)), service.config().metrics.naming, format)
}

/// The last probe of each of `subjects` in the text format of Prometheus (version 0.0.4), for example for the textfile
/// collector of node_exporter.
///
/// A value that was not measured has no series. Of two subjects with one name, engine and role only the later one is
/// shown, since their series would be the same: give targets different names.
pub fn exposition(subjects: &[Subject<'_>], naming: Naming) -> String {
    let known = subjects.iter().map(|subject| Known::Report(*subject)).collect();
    let contents = Contents {
        known: distinct(known),
        exporter: Exporter::default(),
        output: Output::Check,
        naming,
        format: Format::Text,
    };
    if contents.known.is_empty() { String::new() } else { Pieces::new(contents).collect() }
}

fn of_records(records: Vec<Arc<Record>>, exporter: Exporter, naming: Naming, format: Format) -> Contents<'static> {
    let known = records.into_iter().map(Known::Record).collect();
    Contents { known, exporter, output: Output::Scrape, naming, format }
}

fn of_probe(known: Known<'_>, naming: Naming, format: Format) -> String {
    let exporter = Exporter::default();
    Pieces::new(Contents { known: vec![known], exporter, output: Output::Probe, naming, format }).collect()
}

/// Those that no later one has the series of.
fn distinct(mut known: Vec<Known<'_>>) -> Vec<Known<'_>> {
    let mut seen = BTreeSet::new();
    let mut keep: Vec<bool> = known
        .iter()
        .rev()
        .map(|known| {
            let (name, engine, role) = known.target().identity();
            seen.insert((name.to_owned(), engine.to_owned(), role))
        })
        .collect();
    known.retain(|_| keep.pop().unwrap_or(true));
    known
}
