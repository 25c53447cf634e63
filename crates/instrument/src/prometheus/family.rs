//! One family of metrics and its children.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use prometheus::Opts;
use prometheus::core::{Desc, Metric};
use prometheus::proto::{MetricFamily, MetricType};

/// One family and its children, each found by all of its labels' values.
///
/// The `prometheus` crate's own `MetricVec` finds a child by a hash of its values put one after the other, so that
/// `("user", "s_all")` and `("users", "_all")` would be one child. Names of queries are too much alike for that.
pub(super) struct Family<M, const N: usize> {
    opts: Opts,
    desc: Desc,
    kind: MetricType,
    labels: [&'static str; N],
    make: Box<dyn Fn(Opts) -> prometheus::Result<M> + Send + Sync>,
    children: Mutex<BTreeMap<[Box<str>; N], M>>,
    /// Stands in for a child that cannot be made, which was tried once; it is in no registry.
    spare: M,
}

impl<M: Metric + Clone, const N: usize> Family<M, N> {
    /// A family of the children that `make` makes.
    pub(super) fn new(
        opts: Opts,
        kind: MetricType,
        labels: [&'static str; N],
        make: impl Fn(Opts) -> prometheus::Result<M> + Send + Sync + 'static,
    ) -> prometheus::Result<Self> {
        let names = labels.iter().map(|label| (*label).to_owned()).collect();
        let desc = Desc::new(opts.fq_name(), opts.help.clone(), names, opts.const_labels.clone())?;
        let spare = make(labelled(&opts, labels, [""; N]))?;
        Ok(Self { opts, desc, kind, labels, make: Box::new(make), children: Mutex::default(), spare })
    }

    /// The child of these values, made where there is none.
    pub(super) fn child(&self, values: [&str; N]) -> M {
        let mut children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.entry(values.map(Box::from)).or_insert_with(|| self.new_child(values)).clone()
    }

    /// A child that is in no family yet.
    pub(super) fn new_child(&self, values: [&str; N]) -> M {
        (self.make)(labelled(&self.opts, self.labels, values)).unwrap_or_else(|_| self.spare.clone())
    }

    pub(super) fn desc(&self) -> &Desc {
        &self.desc
    }

    /// What there is of it now.
    pub(super) fn collect(&self) -> MetricFamily {
        let children = self.children.lock().unwrap_or_else(PoisonError::into_inner);
        self.family(children.values())
    }

    /// The family of these children.
    pub(super) fn family<'a>(&self, children: impl Iterator<Item = &'a M>) -> MetricFamily
    where
        M: 'a,
    {
        let mut family = MetricFamily::default();
        family.set_name(self.desc.fq_name.clone());
        family.set_help(self.desc.help.clone());
        family.set_field_type(self.kind);
        family.set_metric(children.map(Metric::metric).collect());
        family
    }
}

/// The options of a child.
fn labelled<const N: usize>(opts: &Opts, labels: [&str; N], values: [&str; N]) -> Opts {
    labels.into_iter().zip(values).fold(opts.clone(), |opts, (label, value)| opts.const_label(label, value))
}

impl<M, const N: usize> fmt::Debug for Family<M, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("name", &self.desc.fq_name).finish_non_exhaustive()
    }
}
