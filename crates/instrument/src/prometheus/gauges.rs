//! How full pools are, asked whenever figures are collected.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError, Weak};

use prometheus::Gauge;
use prometheus::core::Desc;
use prometheus::proto::{MetricFamily, MetricType};

use super::families::Shared;
use super::family::Family;
use crate::pool_status::{PoolState, PoolStatus, ask};

/// One gauge a row: its name, its help, and where the figure comes from.
type Row = (&'static str, &'static str, fn(&PoolStatus) -> Option<u64>);

const ROWS: [Row; 6] = [
    ("connections_active", "Connections in use.", |status| status.active),
    ("connections_idle", "Connections that nobody uses.", |status| status.idle),
    ("connections_total", "Connections that the pool holds.", |status| status.total),
    ("connections_overflow", "Connections beyond those that the pool keeps anyway.", PoolStatus::overflow),
    ("connections_max", "Connections that the pool may hold.", |status| status.max),
    ("connections_waiting", "Callers that wait for a connection.", |status| status.waiting),
];

/// The families of gauges.
#[derive(Debug)]
pub(super) struct Gauges {
    families: [Family<Gauge, 1>; ROWS.len()],
}

/// A pool and its name.
type Named = (Box<str>, Weak<dyn PoolState>);

/// The pools that there are.
#[derive(Default)]
pub(super) struct Pools {
    known: Mutex<Vec<Named>>,
}

impl Gauges {
    pub(super) fn new(shared: &Shared) -> prometheus::Result<Self> {
        let family =
            |row: usize| shared.family((ROWS[row].0, ROWS[row].1), MetricType::GAUGE, ["pool"], Gauge::with_opts);
        Ok(Self { families: [family(0)?, family(1)?, family(2)?, family(3)?, family(4)?, family(5)?] })
    }

    pub(super) fn descs(&self) -> impl Iterator<Item = &Desc> {
        self.families.iter().map(Family::desc)
    }

    /// The gauges of the pools that there are. A figure is absent where a pool of the name cannot tell it.
    pub(super) fn collect(&self, pools: &Pools) -> Vec<MetricFamily> {
        let pools = pools.statuses();
        let families = self.families.iter().zip(ROWS);
        families
            .map(|(family, (_, _, figure))| {
                let gauges: Vec<_> = pools
                    .iter()
                    .filter_map(|(name, statuses)| {
                        // Half of a sum would look like a fall.
                        let sum: u64 = statuses.iter().map(figure).sum::<Option<u64>>()?;
                        let gauge = family.new_child([name]);
                        gauge.set(sum as f64);
                        Some(gauge)
                    })
                    .collect();
                family.family(gauges.iter())
            })
            .collect()
    }
}

impl Pools {
    /// Asks this pool from now on, until it is gone.
    pub(super) fn add(&self, name: &str, state: Weak<dyn PoolState>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Here too, for a program that makes many pools and is never scraped.
        known.retain(|(_, state)| state.strong_count() > 0);
        known.push((name.into(), state));
    }

    /// What the pools of each name say. Asked without the lock: it is code of others.
    fn statuses(&self) -> BTreeMap<Box<str>, Vec<PoolStatus>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut statuses = BTreeMap::<_, Vec<_>>::new();
        for (name, state) in known {
            if let Some(status) = ask(&state) {
                statuses.entry(name).or_default().push(status);
            }
        }
        statuses
    }
}

impl fmt::Debug for Pools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_list().entries(known.iter().map(|(name, _)| name)).finish()
    }
}
