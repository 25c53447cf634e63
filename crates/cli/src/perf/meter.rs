//! How far a run is, on the terminal of standard error.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use dbprobe::tasks::PerfProgress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::Screen;
use crate::printable::printable;

/// A line on the terminal of standard error; nothing where that is none.
pub(super) struct Meter {
    bar: Option<ProgressBar>,
    shown: Mutex<Option<Instant>>,
}

/// The text is renewed no more often: drawing between two operations would disturb what is measured.
const PAUSE: Duration = Duration::from_millis(200);

impl Meter {
    pub(super) fn new(screen: Screen) -> Self {
        let bar = screen.width.is_some().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let template = if screen.ascii { "{msg} {elapsed}" } else { "{spinner} {msg} {elapsed}" };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, shown: Mutex::default() }
    }

    /// An operation was carried out.
    pub(super) fn show(&self, progress: PerfProgress<'_>) {
        let Some(bar) = &self.bar else { return };
        let now = Instant::now();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.is_some_and(|shown| now.duration_since(shown) < PAUSE) {
            return;
        }
        *shown = Some(now);
        let name = printable(progress.operation).into_owned();
        let of = if progress.of < 1_000_000 { format!("/{}", progress.of) } else { String::new() };
        bar.set_message(format!("{name} {}{of}", progress.done));
    }

    /// Takes the line away.
    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
