//! Successes in a row, counted apart for every incarnation of a server.

use std::time::Duration;

use super::outcome::WaitServer;

/// How far two start times of one incarnation may be apart. Engines tell it from the server's own clock, to the millisecond
/// or to the second, and always the same. One that does not is counted apart for each of its answers, so that it takes
/// longer to be ready; a restart must never be taken for none.
const SAME: Duration = Duration::from_millis(2);
/// More incarnations than this are not remembered: a name with so many servers behind it is ready by chance only.
const MOST: usize = 64;

/// Successes in a row, counted apart for every incarnation of a server.
///
/// A name may lead to several servers in turn, which is no restart, so an answer from another one does not undo what the
/// first has shown; a failure undoes everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Streak(Vec<(WaitServer, u32)>);

impl Streak {
    /// Counts a success of `server`, and returns how many it has.
    pub(super) fn count(&mut self, server: &WaitServer) -> u32 {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| same(known, server)) {
            *count = count.saturating_add(1);
            return *count;
        }
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push((server.clone(), 1));
        1
    }

    /// Forgets all.
    pub(super) fn end(&mut self) {
        self.0.clear();
    }
}

/// Whether both answers come from one incarnation. Where nothing is told about the start, as by a level that does not
/// inspect, the address alone decides.
fn same(one: &WaitServer, other: &WaitServer) -> bool {
    let started = match (one.started_at, other.started_at) {
        (Some(one), Some(other)) => one.duration_since(other).unsigned_abs() <= SAME,
        (None, None) => true,
        _ => false,
    };
    started && one.incarnation == other.incarnation && one.address == other.address
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn server(address: &str, started: Option<&str>) -> WaitServer {
        let started_at = started.map(|text| text.parse().expect("a time"));
        WaitServer { address: Some(address.to_owned()), started_at, ..WaitServer::default() }
    }

    #[test]
    fn only_the_same_incarnation_counts_on() {
        let mut streak = Streak::default();
        let temporary = server("a", Some("2026-11-21T07:00:00.123Z"));
        let last = server("a", Some("2026-11-21T07:00:01.456Z"));
        assert_eq!([streak.count(&temporary), streak.count(&last), streak.count(&last)], [1, 1, 2]);
        streak.end();
        assert_eq!(streak.count(&last), 1);
    }

    #[test]
    fn a_restart_within_a_second_is_one() {
        let mut streak = Streak::default();
        let at = |second: u32| server("a", Some(&format!("2026-11-21T07:00:{second:02}Z")));
        assert_eq!([streak.count(&at(10)), streak.count(&at(11)), streak.count(&at(11))], [1, 1, 2]);
        let run = |word: &str| WaitServer { incarnation: Some(word.to_owned()), ..at(20) };
        assert_eq!([streak.count(&run("x")), streak.count(&run("y")), streak.count(&run("y"))], [1, 1, 2]);
    }

    #[test]
    fn servers_that_answer_in_turn_are_counted_apart() {
        let mut streak = Streak::default();
        let (one, other) = (server("a", Some("2026-11-21T07:00:00.1Z")), server("b", Some("2026-11-21T07:00:00.1Z")));
        assert_eq!([streak.count(&one), streak.count(&other), streak.count(&one)], [1, 1, 2]);
        for second in 0..200 {
            streak.count(&WaitServer { started_at: Timestamp::from_second(second * 10).ok(), ..one.clone() });
        }
        assert_eq!(streak.0.len(), MOST);
    }

    #[test]
    fn without_a_start_the_address_decides() {
        let mut streak = Streak::default();
        assert_eq!([streak.count(&server("a", None)), streak.count(&server("a", None))], [1, 2]);
        assert_eq!(streak.count(&server("b", None)), 1);
    }
}
