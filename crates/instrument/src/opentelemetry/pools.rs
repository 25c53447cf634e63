//! What pools say of themselves, read whenever the SDK collects.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, AsyncInstrumentBuilder, Meter, ObservableUpDownCounter};

use super::attributes::{of_pool, of_state};
use super::instruments::{COUNT, IDLE_MIN, MAX, PENDING};
use crate::pool_status::{PoolState, PoolStatus, ask};

/// The pools that there are, by name.
#[derive(Default)]
pub(super) struct Pools {
    named: Mutex<Vec<Named<Weak<dyn PoolState>>>>,
}

/// The pools of one name: as they are kept, or what they said.
struct Named<P> {
    labels: Arc<Labels>,
    pools: Vec<P>,
}

/// The attributes of the gauges of one name.
struct Labels {
    all: Vec<KeyValue>,
    idle: Vec<KeyValue>,
    used: Vec<KeyValue>,
}

/// Makes the gauges. A callback is never forgotten, so it must not keep the pools alive.
pub(super) fn observe(meter: &Meter, pools: &Arc<Pools>) {
    let gauge = |name, unit, description, read: fn(&Named<PoolStatus>, &dyn AsyncInstrument<i64>)| {
        let pools = Arc::downgrade(pools);
        let builder: AsyncInstrumentBuilder<'_, ObservableUpDownCounter<i64>, i64> =
            meter.i64_observable_up_down_counter(name).with_unit(unit).with_description(description);
        builder.with_callback(move |instrument| read_all(&pools, |named| read(named, instrument))).build();
    };
    gauge(COUNT, "{connection}", "Connections of the pool, by state.", |named, instrument| {
        tell(instrument, named.of(|pool| pool.idle), &named.labels.idle);
        tell(instrument, named.of(|pool| pool.active), &named.labels.used);
    });
    gauge(IDLE_MIN, "{connection}", "Idle connections that the pool keeps.", |named, instrument| {
        tell(instrument, named.of(|pool| pool.min), &named.labels.all);
    });
    gauge(MAX, "{connection}", "Connections that the pool may hold.", |named, instrument| {
        tell(instrument, named.of(|pool| pool.max), &named.labels.all);
    });
    gauge(PENDING, "{request}", "Requests that wait for a connection of the pool.", |named, instrument| {
        tell(instrument, named.of(|pool| pool.waiting), &named.labels.all);
    });
}

fn read_all(pools: &Weak<Pools>, read: impl Fn(&Named<PoolStatus>)) {
    for named in pools.upgrade().iter().flat_map(|pools| pools.say()) {
        read(&named);
    }
}

fn tell(instrument: &dyn AsyncInstrument<i64>, value: Option<u64>, attributes: &[KeyValue]) {
    if let Some(value) = value.and_then(|value| i64::try_from(value).ok()) {
        instrument.observe(value, attributes);
    }
}

impl Pools {
    pub(super) fn add(&self, name: &str, state: Weak<dyn PoolState>) {
        let all = of_pool(name);
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = named.iter_mut().find(|named| named.labels.all == all) {
            // Nobody may ever collect.
            same.pools.retain(|pool| pool.strong_count() > 0);
            same.pools.push(state);
        } else {
            let (idle, used) = (of_state(&all, "idle"), of_state(&all, "used"));
            named.push(Named { labels: Arc::new(Labels { all, idle, used }), pools: vec![state] });
        }
    }

    /// What the pools say that are not gone.
    fn say(&self) -> Vec<Named<PoolStatus>> {
        let ask = |named: Named<Weak<dyn PoolState>>| {
            let pools = named.pools.iter().filter_map(ask).collect();
            Named { labels: named.labels, pools }
        };
        // The lock is free again before a pool is asked.
        self.alive().into_iter().map(ask).collect()
    }

    /// The pools that are not gone. What is gone is forgotten.
    fn alive(&self) -> Vec<Named<Weak<dyn PoolState>>> {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.retain_mut(|named| {
            named.pools.retain(|pool| pool.strong_count() > 0);
            !named.pools.is_empty()
        });
        named.iter().map(|named| Named { labels: Arc::clone(&named.labels), pools: named.pools.clone() }).collect()
    }
}

impl Named<PoolStatus> {
    /// The sum of the pools; `None` where one of them cannot tell: half of a sum would look like a fall.
    fn of(&self, read: impl Fn(&PoolStatus) -> Option<u64>) -> Option<u64> {
        // A name whose last pool went a moment ago is no pool with none of anything.
        self.pools.iter().map(read).reduce(|sum, one| Some(sum?.saturating_add(one?)))?
    }
}
