//! Who is compared with whom.

use std::hint::{self, black_box};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use allocation_counter::AllocationInfo;
use dbprobe_instrument::{NoMetrics, OpenTelemetryMetrics, PrometheusMetrics};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use prometheus::Registry;

use crate::by_hand::{Bare, Floor, Metrics, OpenTelemetryByAttributes, PrometheusByLabels, PrometheusKept};
use crate::tracked::Tracked;
use crate::work::{BOUNDS, Measure, fails, ready, run, yields};

/// Calls before allocations are counted: whatever is made once is there then.
const FIRST_CALLS: u64 = 10_000;
/// Calls whose allocations are counted.
const COUNTED_CALLS: u64 = 10_000;

type Calls = Box<dyn Fn(u64) + Sync>;

/// One way to measure a query, ready to be called many times.
pub(crate) struct Contender {
    name: &'static str,
    ready: Calls,
    yields: Calls,
    fails: Calls,
}

impl Contender {
    fn new<M: Measure + 'static>(name: &'static str, measure: fn() -> M) -> Self {
        Self::of(name, &|| measure())
    }

    fn of<M: Measure + 'static>(name: &'static str, measure: &dyn Fn() -> M) -> Self {
        let (first, second, third) = (measure(), measure(), measure());
        Self {
            name,
            ready: Box::new(move |times| repeat(times, || run(first.measure(ready())))),
            yields: Box::new(move |times| repeat(times, || run(second.measure(yields())))),
            fails: Box::new(move |times| repeat(times, || run(third.measure(fails())))),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn ready(&self, times: u64) -> Duration {
        timed(|| (self.ready)(times))
    }

    pub(crate) fn yields(&self, times: u64) -> Duration {
        timed(|| (self.yields)(times))
    }

    pub(crate) fn fails(&self, times: u64) -> Duration {
        timed(|| (self.fails)(times))
    }

    /// As long as the slower one of two threads needs, each of which calls as often.
    pub(crate) fn on_two_threads(&self, times: u64) -> Duration {
        self.spans(times).into_iter().map(|(start, end)| end - start).max().unwrap_or_default()
    }

    /// The same; `None` where the machine ran one thread after the other, so that they never met.
    pub(crate) fn at_once(&self, times: u64) -> Option<Duration> {
        let spans = self.spans(times);
        let start = spans.iter().map(|span| span.0).max()?;
        let end = spans.iter().map(|span| span.1).min()?;
        let longest = spans.iter().map(|span| span.1 - span.0).max()?;
        (end.saturating_duration_since(start) > longest.mul_f64(0.8)).then_some(longest)
    }

    /// When each of two threads began and ended.
    fn spans(&self, times: u64) -> [(Instant, Instant); 2] {
        let waiting = AtomicU64::new(2);
        let on_one = || {
            // Not a barrier: the thread that it wakes comes too late.
            waiting.fetch_sub(1, Ordering::AcqRel);
            while waiting.load(Ordering::Acquire) > 0 {
                hint::spin_loop();
            }
            let start = Instant::now();
            (self.ready)(times);
            (start, Instant::now())
        };
        thread::scope(|scope| {
            let other = scope.spawn(on_one);
            [on_one(), other.join().expect("a thread that ends")]
        })
    }

    /// Allocations of a call that succeeds and of one that fails.
    pub(crate) fn allocations(&self) -> [f64; 2] {
        [&self.ready, &self.fails].map(|calls| {
            calls(FIRST_CALLS);
            let AllocationInfo { count_total, .. } = allocation_counter::measure(|| calls(COUNTED_CALLS));
            count_total as f64 / COUNTED_CALLS as f64
        })
    }
}

fn repeat<T>(times: u64, call: impl Fn() -> T) {
    for _ in 0..times {
        let _ = black_box(call());
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let since = Instant::now();
    work();
    since.elapsed()
}

/// All of them, and what they write to.
pub(crate) struct Contenders {
    all: Vec<Contender>,
    recorder: PrometheusHandle,
    _provider: SdkMeterProvider,
}

/// The one that others are compared with.
pub(crate) const BY_HAND: &str = "prometheus, with_label_values";
pub(crate) const BARE: &str = "untracked";

impl Contenders {
    /// To be called once: `metrics` has one recorder a process.
    pub(crate) fn new() -> Self {
        let (recorder, provider) = (install_recorder(), provider());
        let all = vec![
            Contender::new(BARE, || Bare),
            Contender::new("floor: 2 clock reads, 1 atomic add", Floor::default),
            Contender::new(BY_HAND, PrometheusByLabels::new),
            Contender::new("prometheus, child kept", PrometheusKept::new),
            Contender::new("tracked, NoMetrics", || Tracked::new(NoMetrics)),
            Contender::new("tracked, PrometheusMetrics", || Tracked::new(prometheus_metrics())),
            Contender::of("opentelemetry, by hand", &|| OpenTelemetryByAttributes::new(&provider)),
            Contender::of("tracked, OpenTelemetryMetrics", &|| {
                Tracked::new(OpenTelemetryMetrics::new(&provider, "postgresql"))
            }),
            Contender::new("metrics, macros", || Metrics),
        ];
        Self { all, recorder, _provider: provider }
    }

    pub(crate) fn all(&self) -> &[Contender] {
        &self.all
    }

    /// Lets the recorder of `metrics` take in the values that it has kept: without this they fill the memory.
    pub(crate) fn upkeep(&self) {
        self.recorder.run_upkeep();
    }
}

fn install_recorder() -> PrometheusHandle {
    let builder = PrometheusBuilder::new().set_buckets(&BOUNDS).expect("bounds");
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).expect("it is the first");
    handle
}

/// Families in a registry of their own, for each is there once.
fn prometheus_metrics() -> PrometheusMetrics {
    let builder = PrometheusMetrics::builder("shop").registry(&Registry::new()).buckets(BOUNDS);
    builder.build().expect("families")
}

/// A provider that aggregates and never exports by itself.
fn provider() -> SdkMeterProvider {
    let reader = PeriodicReader::builder(InMemoryMetricExporter::default());
    SdkMeterProvider::builder().with_reader(reader.with_interval(Duration::from_secs(86_400)).build()).build()
}
