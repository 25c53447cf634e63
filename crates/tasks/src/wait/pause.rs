//! How long to wait before the next attempt.

use std::time::Duration;

use dbprobe_core::Nonce;

use super::options::WaitOptions;

/// Pauses that grow, and vary.
#[derive(Clone, Debug)]
pub(super) struct Pauses {
    first: Duration,
    next: Duration,
}

impl Pauses {
    pub(super) fn new(first: Duration) -> Self {
        Self { first, next: first }
    }

    /// The next pause; the one after it is twice as long.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(WaitOptions::LONGEST_PAUSE.max(self.first));
        pause.mul_f64(0.75 + 0.5 * random())
    }

    /// Begins anew: something has happened, so more may happen soon.
    pub(super) fn restart(&mut self) {
        self.next = self.first;
    }
}

/// A number from 0 to 1; one half where the system has no random bytes.
fn random() -> f64 {
    let nonce = Nonce::random().ok();
    let number = nonce.and_then(|nonce| u16::from_str_radix(nonce.as_str().get(..4)?, 16).ok());
    number.map_or(0.5, |number| f64::from(number) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(pause: Duration, milliseconds: u64) -> bool {
        let middle = Duration::from_millis(milliseconds);
        pause >= middle.mul_f64(0.75) && pause <= middle.mul_f64(1.25)
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew() {
        let mut pauses = Pauses::new(Duration::from_millis(500));
        for expected in [500, 1_000, 2_000, 4_000, 5_000, 5_000] {
            let pause = pauses.next();
            assert!(within(pause, expected), "{pause:?} for {expected} ms");
        }
        pauses.restart();
        assert!(within(pauses.next(), 500));
    }

    #[test]
    fn a_first_pause_beyond_the_longest_stays_as_it_is() {
        let mut pauses = Pauses::new(Duration::from_secs(20));
        assert!(within(pauses.next(), 20_000) && within(pauses.next(), 20_000));
    }

    #[test]
    fn pauses_vary() {
        let pauses: std::collections::BTreeSet<Duration> =
            (0..20).map(|_| Pauses::new(Duration::from_secs(1)).next()).collect();
        assert!(pauses.len() > 10, "{pauses:?}");
    }
}
