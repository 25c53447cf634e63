//! A query that dbprobe's tracker measures.

use std::hint::black_box;

use dbprobe_instrument::{DatabaseMetrics, Tracker};

use crate::work::{Measure, NAME, OPERATION, Refused, TABLE};

pub(crate) struct Tracked(Tracker);

impl Tracked {
    pub(crate) fn new(metrics: impl DatabaseMetrics) -> Self {
        Self(Tracker::builder().classify(|Refused(code): &Refused| Some((*code).into())).build(metrics))
    }
}

impl Measure for Tracked {
    async fn measure<F: Future<Output = Result<u64, Refused>>>(&self, query: F) -> Result<u64, Refused> {
        // Names reach the tracker as any text does: without this their hash is worked out by the compiler.
        let [operation, table, name] = black_box([OPERATION, TABLE, NAME]);
        self.0.track_query(operation, table, name, query).await
    }
}
