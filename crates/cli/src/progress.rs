//! A progress line for work on many targets.

use std::time::Duration;

use dbprobe::Status;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::Screen;

/// How many targets make a progress line worth its flicker.
const MANY: usize = 2;

/// A line on the terminal of standard error; nothing where that is none.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    counts: [usize; Status::ALL.len()],
}

impl Progress {
    /// A line for `targets`, or nothing where `screen` is no terminal or there are too few.
    pub(crate) fn new(screen: Screen, targets: usize) -> Self {
        let bar = (screen.width.is_some() && targets >= MANY).then(|| {
            let bar = ProgressBar::with_draw_target(Some(targets as u64), ProgressDrawTarget::stderr());
            let template = if screen.ascii {
                "{pos}/{len} checked {msg} {elapsed}"
            } else {
                "{spinner} {pos}/{len} checked {msg} {elapsed}"
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, counts: [0; Status::ALL.len()] }
    }

    /// One more target has answered.
    pub(crate) fn count(&mut self, status: Status) {
        let Some(bar) = &self.bar else { return };
        for (count, kind) in self.counts.iter_mut().zip(Status::ALL) {
            *count += usize::from(kind == status);
        }
        let counts = self.counts.iter().zip(Status::ALL).filter(|(count, _)| **count > 0);
        let message = counts.map(|(count, status)| format!("{count} {status}")).collect::<Vec<_>>().join(", ");
        bar.set_message(format!("({message})"));
        bar.inc(1);
    }

    /// Takes the line away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
