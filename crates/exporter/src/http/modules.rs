//! Probes of targets that are named in the URL, with the credentials of a module.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dbprobe_config::{Module, TargetSettings};
use dbprobe_core::{Driver, Dsn, Failure, Plan, Policy, Report, Source, probe};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::overdue::timed_out;
use crate::record::Record;
use crate::service::Service;

/// Probes of modules at once.
pub(super) const AT_ONCE: usize = 32;

/// Why there was no probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Too many are under way.
    Busy,
    /// The target is a DSN, and no module was named.
    Dsn,
    /// The module does not allow the target.
    Refused(String),
    /// There is no such module.
    UnknownModule,
    /// There is no such target.
    UnknownTarget,
}

type Key = (String, String);
type Probe = BoxFuture<'static, Arc<Record>>;
type Flight = Shared<Probe>;
type UnderWay = HashMap<(Key, Duration), WeakShared<Probe>>;

/// The probes of modules that are under way: one for each module, target and time, whoever asks. Clones are one and the
/// same.
///
/// A probe is carried by those who wait for it; when the last of them hangs up, it ends.
#[derive(Clone, Debug)]
pub(super) struct Flights {
    places: Arc<Semaphore>,
    under_way: Arc<Mutex<UnderWay>>,
}

impl Flights {
    pub(super) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), under_way: Arc::default() }
    }

    /// Probes `target` with the settings of the module `name`, within `limit`.
    pub(super) async fn probe(
        &self,
        service: &Service,
        name: &str,
        target: &str,
        limit: Duration,
    ) -> Result<Arc<Record>, Trouble> {
        let config = service.config();
        let module = config.modules.iter().find(|module| module.name == name).ok_or(Trouble::UnknownModule)?;
        let dsn = module.dsn(target).map_err(|refused| Trouble::Refused(refused.to_string()))?;
        let settings = Arc::new(settings(module, target, &dsn, limit));
        let opened = service.registry.open(&dsn).map_err(Failure::from);
        let flight = self.join((name.to_owned(), target.to_owned()), &settings, opened)?;
        // A probe ends at its own deadline; one that was joined may have a later one.
        let waited = timeout(limit + Duration::from_millis(250), flight).await;
        Ok(waited.unwrap_or_else(|_| Arc::new(timed_out(&Record::new(settings), limit))))
    }

    /// The probe that is under way for `key`, or a new one. Who has less time than others gets a probe of his own: it must
    /// not decide for them.
    pub(super) fn join(
        &self,
        key: Key,
        settings: &Arc<TargetSettings>,
        opened: Result<Arc<dyn Driver>, Failure>,
    ) -> Result<Flight, Trouble> {
        let key = (key, settings.plan.timeout);
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|_, flight| flight.upgrade().is_some_and(|flight| flight.peek().is_none()));
        if let Some(flight) = under_way.get(&key).and_then(WeakShared::upgrade) {
            return Ok(flight);
        }
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Trouble::Busy)?;
        let flight = fly(Arc::clone(settings), opened, place).boxed().shared();
        under_way.extend(flight.downgrade().map(|weak| (key, weak)));
        Ok(flight)
    }
}

async fn fly(
    settings: Arc<TargetSettings>,
    opened: Result<Arc<dyn Driver>, Failure>,
    place: OwnedSemaphorePermit,
) -> Arc<Record> {
    let report = match opened {
        Ok(driver) => probe(driver.as_ref(), &settings.plan).await,
        Err(failure) => Report::unasked(settings.name.clone(), None, failure),
    };
    drop(place);
    let report = Report { target: settings.name.clone(), ..report };
    let mut record = Record::new(settings);
    record.counts.add(&report);
    (record.status, record.since) = (Some(report.status()), Some(report.checked_at));
    record.report = Some(Arc::new(report));
    Arc::new(record)
}

/// A target for one probe. Its name is what the URL says, which the module has found to hold no credentials.
fn settings(module: &Module, target: &str, dsn: &Dsn, limit: Duration) -> TargetSettings {
    let plan = Plan { timeout: module.plan.timeout.min(limit), ..module.plan.clone() };
    TargetSettings {
        name: target.to_owned(),
        source: Source::Literal(dsn.clone()),
        role: plan.expect_role,
        version: None,
        labels: BTreeMap::new(),
        interval: limit,
        plan,
        policy: Policy { history: 1, ..Policy::default() },
        queries: Vec::new(),
    }
}
