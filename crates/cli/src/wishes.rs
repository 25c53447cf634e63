//! What the options of a command line ask for.

use std::time::Duration;

use dbprobe::{ExpectedRole, Interrupt, Level, Plan, Policy, Prober, WriteMode};

/// What the options of a command line ask for. What they leave open is as the configuration has it, or as it usually is.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retries: Option<u32>,
    pub(crate) retry_interval: Option<Duration>,
    pub(crate) level: Option<Level>,
    pub(crate) write: Option<WriteMode>,
    pub(crate) create_health_table: bool,
    pub(crate) expect_role: Option<ExpectedRole>,
    pub(crate) warn_latency: Option<Duration>,
    pub(crate) cert_warn: Option<Duration>,
    pub(crate) prober: Option<Prober>,
    pub(crate) interrupt: Interrupt,
}

impl Wishes {
    /// `plan` and `policy` with what was asked for.
    pub(crate) fn apply(&self, mut plan: Plan, mut policy: Policy) -> (Plan, Policy) {
        plan.interrupt = self.interrupt.clone();
        plan.create_health_table |= self.create_health_table;
        set(&mut plan.timeout, self.timeout.as_ref());
        set(&mut plan.level, self.level.as_ref());
        set(&mut plan.write, self.write.as_ref());
        set(&mut plan.prober, self.prober.as_ref());
        set(&mut policy.retries, self.retries.as_ref());
        set(&mut policy.retry_interval, self.retry_interval.as_ref());
        // A server tells its role after the login: what a configuration expects cannot be asked of less.
        if plan.level < Level::Ping {
            plan.expect_role = ExpectedRole::Any;
        }
        set(&mut plan.expect_role, self.expect_role.as_ref());
        let limits = &mut plan.thresholds;
        for limit in [&mut limits.ping, &mut limits.write, &mut limits.read] {
            *limit = self.warn_latency.or(*limit);
        }
        limits.certificate = self.cert_warn.or(limits.certificate);
        (plan, policy)
    }
}

fn set<T: Clone>(slot: &mut T, wish: Option<&T>) {
    if let Some(wish) = wish {
        slot.clone_from(wish);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_wins_over_the_configuration() {
        let configured =
            Plan { timeout: Duration::from_secs(9), expect_role: ExpectedRole::Primary, ..Plan::default() };
        let wishes = Wishes { level: Some(Level::Tcp), retries: Some(3), ..Wishes::default() };
        let (plan, policy) = wishes.apply(configured.clone(), Policy::default());
        assert_eq!((plan.timeout, plan.level, policy.retries), (Duration::from_secs(9), Level::Tcp, 3));
        assert_eq!(plan.expect_role, ExpectedRole::Any, "it is not told before the login");
        let wishes = Wishes { timeout: Some(Duration::from_secs(1)), ..Wishes::default() };
        let (plan, _) = wishes.apply(configured, Policy::default());
        assert_eq!((plan.timeout, plan.expect_role), (Duration::from_secs(1), ExpectedRole::Primary));
    }
}
