//! Which fault comes when.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use dbprobe_testkit::proxy::{Mode, Proxy};
use dbprobe_testkit::server::Server;

use super::ground::Ground;
use super::ledger::{Expected, Ledger};

pub(super) const MINUTE: Duration = Duration::from_secs(60);
const BREAK: Duration = Duration::from_secs(5);
const HEAL: Duration = Duration::from_secs(35);

/// One fault of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Nothing comes back, on open connections and on new ones.
    Blackhole(&'static str),
    /// The server stands still, as by SIGSTOP.
    Freeze(&'static str),
    /// The server is killed by SIGKILL, and started again.
    Kill(&'static str),
    /// Nobody listens any more.
    Refuse(&'static str),
}

/// Two faults at once, and every fault of every victim in four minutes.
const MINUTES: [[Fault; 2]; 4] = [
    [Fault::Freeze("victim-redis"), Fault::Blackhole("proxied-postgres")],
    [Fault::Kill("victim-postgres"), Fault::Refuse("proxied-mysql")],
    [Fault::Freeze("victim-postgres"), Fault::Blackhole("proxied-mysql")],
    [Fault::Kill("victim-redis"), Fault::Refuse("proxied-postgres")],
];

/// Breaks and heals what this minute has; returns when the last one is healed.
pub(super) fn carry_out(minute: u32, ground: &Ground, ledger: &Ledger) -> Result<()> {
    let began = Instant::now();
    let faults = MINUTES[usize::try_from(minute)? % MINUTES.len()];
    thread::sleep(BREAK);
    for fault in faults {
        let target = fault.target();
        ledger.expect(target, Expected::Anything);
        fault.carry_out(ground);
        ledger.expect(target, Expected::Down);
        eprintln!("soak: {fault:?}");
    }
    thread::sleep((began + HEAL).saturating_duration_since(Instant::now()));
    for fault in faults {
        let target = fault.target();
        ledger.expect(target, Expected::Anything);
        fault.heal(ground)?;
        ledger.expect(target, Expected::Up);
    }
    Ok(())
}

impl Fault {
    fn target(self) -> &'static str {
        match self {
            Self::Blackhole(target) | Self::Freeze(target) | Self::Kill(target) | Self::Refuse(target) => target,
        }
    }

    fn server(self, ground: &Ground) -> &Server {
        if self.target() == "victim-redis" { &ground.victim_redis } else { &ground.victim_postgres }
    }

    fn proxy(self, ground: &Ground) -> &Proxy {
        if self.target() == "proxied-mysql" { &ground.to_mysql } else { &ground.to_postgres }
    }

    fn carry_out(self, ground: &Ground) {
        match self {
            Self::Blackhole(_) => self.proxy(ground).set(Mode::Blackhole),
            Self::Freeze(_) => self.server(ground).pause(),
            Self::Kill(_) => self.server(ground).kill(),
            Self::Refuse(_) => {
                // Open sessions first: refusing concerns new ones only.
                self.proxy(ground).set(Mode::Reset);
                self.proxy(ground).set(Mode::Refuse);
            }
        }
    }

    fn heal(self, ground: &Ground) -> Result<()> {
        match self {
            Self::Blackhole(_) | Self::Refuse(_) => self.proxy(ground).set(Mode::Forward),
            Self::Freeze(_) => self.server(ground).unpause(),
            Self::Kill(_) => {
                self.server(ground).start_again();
                self.server(ground).until_ready().map_err(|missing| anyhow!(missing.why))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_victim_has_two_faults_in_four_minutes() {
        let all: Vec<Fault> = MINUTES.concat();
        for target in ["proxied-mysql", "proxied-postgres", "victim-postgres", "victim-redis"] {
            assert_eq!(all.iter().filter(|fault| fault.target() == target).count(), 2, "{target}");
        }
    }
}
