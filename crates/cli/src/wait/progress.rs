//! What is seen of a wait while it lasts: on a terminal a line for each target, redrawn; elsewhere a line whenever the
//! reason is another one.

use std::time::Duration;

use dbprobe::tasks::{Database, WaitProgress, WaitState, WaitUntil};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::{Console, Screen};
use crate::printable::printable;

/// More targets share one line.
const MOST: usize = 10;

pub(super) struct Progress<'a, 'b> {
    shown: Shown<'a, 'b>,
    until: WaitUntil,
    states: Vec<WaitState>,
}

enum Shown<'a, 'b> {
    Bars(MultiProgress, Vec<ProgressBar>),
    Lines(&'a mut Console<'b>),
    Nothing,
}

impl<'a, 'b> Progress<'a, 'b> {
    pub(super) fn new(databases: &[Database], until: WaitUntil, silent: bool, console: &'a mut Console<'b>) -> Self {
        let shown = match (silent, console.err_screen.width) {
            (true, _) => Shown::Nothing,
            (false, None) => Shown::Lines(console),
            (false, Some(_)) => bars(databases, console.err_screen),
        };
        Self { shown, until, states: vec![WaitState::Waiting; databases.len()] }
    }

    /// One more attempt was made.
    pub(super) fn show(&mut self, seen: &WaitProgress<'_>) {
        if let Some(state) = self.states.get_mut(seen.index) {
            *state = seen.state;
        }
        match &mut self.shown {
            Shown::Bars(_, bars) => match bars.as_slice() {
                [one] if self.states.len() > MOST => {
                    let ready = self.states.iter().filter(|state| **state == WaitState::Ready).count();
                    one.set_message(format!(
                        "{ready} of {} ready; last: {}",
                        self.states.len(),
                        text(seen, self.until)
                    ));
                }
                bars => {
                    if let Some(bar) = bars.get(seen.index) {
                        bar.set_message(text(seen, self.until));
                        if seen.state != WaitState::Waiting {
                            bar.abandon();
                        }
                    }
                }
            },
            Shown::Lines(console) => {
                // The end of a target is told with the result.
                if seen.changed && seen.state == WaitState::Waiting {
                    console.remark(&format!("{}\n", text(seen, self.until)));
                }
            }
            Shown::Nothing => {}
        }
    }

    /// Takes the lines away.
    pub(super) fn finish(self) {
        if let Shown::Bars(all, bars) = self.shown {
            bars.iter().for_each(ProgressBar::finish_and_clear);
            let _ = all.clear();
        }
    }
}

fn bars<'a, 'b>(databases: &[Database], screen: Screen) -> Shown<'a, 'b> {
    let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
    let template = if screen.ascii { "{elapsed:>4} {wide_msg}" } else { "{spinner} {elapsed:>4} {wide_msg}" };
    let count = if databases.len() > MOST { 1 } else { databases.len() };
    let bar = |database: &Database| {
        let bar = all.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(format!("{}: asking", printable(&database.name)));
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    };
    let bars = databases.iter().take(count).map(bar).collect();
    Shown::Bars(all, bars)
}

/// `TARGET: waiting: REASON`.
fn text(seen: &WaitProgress<'_>, until: WaitUntil) -> String {
    let name = printable(seen.target);
    let what = match (seen.failure, seen.state, until) {
        (Some(failure), _, _) => format!("{}: {failure}", seen.state.as_str()),
        (None, WaitState::Ready, _) => "ready".to_owned(),
        (None, _, WaitUntil::Usable) => format!("usable, {} of {} in a row", seen.in_a_row, seen.stable),
        (None, _, WaitUntil::Down) if seen.in_a_row == 0 => "waiting: it still answers".to_owned(),
        (None, _, WaitUntil::Down) => format!("down, {} of {} in a row", seen.in_a_row, seen.stable),
    };
    format!("{name}: {}", printable(&what))
}
