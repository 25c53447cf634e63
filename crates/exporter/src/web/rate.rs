//! `rate_limit`: a token bucket for all requests together.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use super::file::RateSection;
use super::reader::Reader;

/// A token bucket: so many requests at once, then one for each interval.
#[derive(Debug)]
pub(super) struct Rate {
    interval: Duration,
    burst: u32,
    level: Mutex<(f64, Instant)>,
}

impl Rate {
    /// The limit of the file; none where the interval is 0.
    pub(super) fn read(reader: &mut Reader<'_>, section: &RateSection) -> Option<Self> {
        let text = section.interval.value.trim();
        let read = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
        let interval = match (text, read) {
            ("0", _) => Duration::ZERO,
            (_, Some(interval)) => interval,
            (_, None) => {
                reader.refuse(
                    section.interval.referenced,
                    "this is not a duration",
                    "write for example `100ms` or `1s`",
                );
                return None;
            }
        };
        (!interval.is_zero()).then(|| Self::new(interval, section.burst.unwrap_or(1)))
    }

    fn new(interval: Duration, burst: u32) -> Self {
        Self { interval, burst, level: Mutex::new((f64::from(burst), Instant::now())) }
    }

    /// Takes one token, where there is one.
    pub(super) fn admits(&self) -> bool {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, since) = *level;
        let now = Instant::now();
        let gained = (now - since).as_secs_f64() / self.interval.as_secs_f64();
        let tokens = (tokens + gained).min(f64::from(self.burst));
        let admitted = tokens >= 1.0;
        *level = (if admitted { tokens - 1.0 } else { tokens }, now);
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_admitted_and_then_one_for_each_interval() {
        let rate = Rate::new(Duration::from_secs(1), 2);
        assert_eq!([rate.admits(), rate.admits(), rate.admits()], [true, true, false]);
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert_eq!([rate.admits(), rate.admits()], [true, false]);
    }
}
