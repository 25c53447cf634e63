//! Every fault of a suite, brought about for tests of another kind.

use std::time::Duration;

use dbprobe_core::{Class, Engine, Phase, Plan, Status};

use super::matrix::{LINES, options};
use super::suite::{House, Suite};
use crate::fixture::{Fixture, Missing, Prepared};
use crate::proxy::Proxy;

/// One fault that has been brought about, and lasts as long as this is looked at.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The engine.
    pub engine: &'static Engine,
    /// The fault's name.
    pub fault: &'static str,
    /// What its table says of it: phase, class and status; nothing for a fault of the line, which is each engine's own.
    pub promised: Option<(Phase, Class, Status)>,
    /// Whether the table is about a session that was kept from before: a new one may fail earlier.
    pub was_kept: bool,
    /// What to probe.
    pub dsn: String,
    /// With which plan.
    pub plan: Plan,
    /// The password in a working DSN.
    pub secret: Option<String>,
}

impl Broken {
    /// The options that make the command do what the plan says.
    pub fn arguments(&self) -> Vec<String> {
        options(&self.plan)
    }
}

impl<F: Fixture> Suite<F> {
    /// Brings about every fault of the line and of the table on the first server that can be brought into it, and lets
    /// `visit` look at each.
    ///
    /// # Errors
    /// When none of the servers is there.
    pub fn each_fault(&self, mut visit: impl FnMut(&Broken)) -> Result<(), Missing> {
        let house = self.house();
        let visited = self.first(&house).map(|first| {
            self.each_of_line(&first, &house, &mut visit);
            self.each_of_table(&house, &mut visit);
        });
        self.stop(&house);
        visited
    }

    fn each_of_line(&self, first: &F, house: &House, visit: &mut impl FnMut(&Broken)) {
        let Some(network) = first.network() else { return };
        for (fault, mode) in LINES {
            let _context = house.runtime.enter();
            let proxy = Proxy::start(network.upstream.clone()).expect("a port of this machine");
            proxy.set(mode());
            let mut plan = crate::plan::plan();
            plan.timeout = Duration::from_secs(2);
            let dsn = (network.dsn)(proxy.address());
            let (promised, was_kept, secret) = (None, false, first.secret());
            visit(&Broken { engine: self.engine, fault, promised, was_kept, dsn, plan, secret });
        }
    }

    fn each_of_table(&self, house: &House, visit: &mut impl FnMut(&Broken)) {
        for fault in self.faults {
            for server in &self.servers {
                let _turn = server.turn();
                let Ok(fixture) = server.fixture(house.runtime.handle()) else { continue };
                let Ok(prepared) = house.runtime.block_on((fault.prepare)(&fixture)) else { continue };
                let Prepared { dsn, plan, guard, between } = prepared;
                let was_kept = between.is_some();
                let broken = between.map(|between| house.runtime.block_on(between()));
                let promised = Some((fault.phase, fault.class, fault.status));
                let (fault, secret) = (fault.name, fixture.secret());
                visit(&Broken { engine: self.engine, fault, promised, was_kept, dsn, plan, secret });
                let _context = house.runtime.enter();
                drop((guard, broken));
                break;
            }
        }
    }
}
