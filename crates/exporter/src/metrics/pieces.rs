//! An exposition, piece by piece.

use dbprobe_config::Naming;

use super::exporter::Exporter;
use super::families::families;
use super::family::{Family, Output, Source};
use super::format::Format;
use super::series::{Bounds, Series};
use super::target::Known;

/// From this size on, in bytes, a piece is given away.
const PIECE: usize = 64 * 1024;

/// What an exposition is made of.
pub(crate) struct Contents<'a> {
    pub(crate) known: Vec<Known<'a>>,
    pub(crate) exporter: Exporter,
    pub(crate) output: Output,
    pub(crate) naming: Naming,
    pub(crate) format: Format,
}

/// The pieces of an exposition. All series of a family stand together, so it goes through the targets once a family.
pub(crate) struct Pieces<'a> {
    contents: Contents<'a>,
    /// The labels of each target, as they are written: they are the same in every family.
    labels: Vec<Box<str>>,
    families: Vec<&'static Family>,
    /// The family and the target that come next.
    next: (usize, usize),
    /// Whether the header of this family is there.
    begun: bool,
    bounds: Bounds,
    size: usize,
    ended: bool,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(contents: Contents<'a>) -> Self {
        let labels = contents.known.iter().map(|known| known.target().labels().into()).collect();
        let families = families().filter(|family| family.is_shown(contents.output, contents.naming)).collect();
        let bounds = Bounds::default();
        Self { contents, labels, families, next: (0, 0), begun: false, bounds, size: PIECE, ended: false }
    }

    #[cfg(test)]
    pub(crate) fn of_size(self, size: usize) -> Self {
        Self { size, ..self }
    }

    /// Writes the next target of the family, or what else the family is about, and moves on.
    fn step(&mut self, family: &Family, text: &mut String) {
        let (place, target) = self.next;
        let known = self.contents.known.get(target);
        let mut series = Series {
            text,
            header: &family.header,
            format: self.contents.format,
            begun: &mut self.begun,
            labels: "",
            bounds: &mut self.bounds,
        };
        let last = match (family.source, known) {
            (Source::Exporter(write), _) => {
                write(&self.contents.exporter, &mut series);
                true
            }
            (_, None) => true,
            (Source::Probe(write), Some(known)) => {
                write(&known.target(), &mut series);
                true
            }
            (Source::Target(write), Some(known)) => {
                series.labels = self.labels.get(target).map_or("", |labels| labels);
                write(&known.target(), &mut series);
                false
            }
        };
        if last {
            (self.next, self.begun) = ((place + 1, 0), false);
        } else {
            self.next = (place, target + 1);
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut text = String::with_capacity(self.size + self.size / 8);
        while let Some(family) = self.families.get(self.next.0).copied() {
            self.step(family, &mut text);
            if text.len() >= self.size {
                return Some(text);
            }
        }
        if !std::mem::replace(&mut self.ended, true) && self.contents.format == Format::OpenMetrics {
            text.push_str("# EOF\n");
        }
        (!text.is_empty()).then_some(text)
    }
}
