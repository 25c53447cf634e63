//! An application's own pool, by its numbers.

use serde::Serialize;

use super::verdict::{PoolHealth, PoolThresholds, percent};

/// An application's own pool: SQLAlchemy's `pool_size`, `max_overflow` and `checkedout()`, or whatever they are called in
/// another library. A pool without an overflow has 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PoolGiven {
    /// The connections that it keeps.
    pub size: u64,
    /// The connections that it may open beyond them.
    pub max_overflow: u64,
    /// The connections that are in use now.
    pub checked_out: u64,
}

/// How full an application's pool is.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolUsage {
    /// The connections that it keeps.
    pub pool_size: u64,
    /// The connections that it may open beyond them.
    pub max_overflow: u64,
    /// The connections that are in use.
    pub checked_out: u64,
    /// `checked_out / (pool_size + max_overflow)` in percent, to two digits behind the point.
    pub utilization_percent: f64,
    /// What that means.
    pub pool_health: PoolHealth,
    /// What to do next.
    pub recommendation: String,
    /// What of it is beyond the pool's size.
    pub overflow_analysis: PoolOverflow,
}

/// What of an application's pool is beyond its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolOverflow {
    /// Connections in use beyond the pool's size: each costs a login, and is closed when it is given back.
    pub in_use: u64,
    /// Connections that can still be had before callers wait.
    pub free: u64,
    /// The same in words.
    pub summary: String,
}

impl PoolGiven {
    /// Judges the numbers of a pool. Nothing is asked of anybody.
    ///
    /// ```
    /// use dbprobe_tasks::{PoolGiven, PoolHealth, PoolThresholds};
    ///
    /// let usage = PoolGiven { size: 5, max_overflow: 10, checked_out: 2 }.usage(&PoolThresholds::default());
    /// assert_eq!(usage.utilization_percent, 13.33);
    /// assert_eq!(usage.pool_health, PoolHealth::Optimal);
    /// ```
    pub fn usage(self, thresholds: &PoolThresholds) -> PoolUsage {
        let Self { size, max_overflow, checked_out } = self;
        let capacity = size.saturating_add(max_overflow);
        let utilization_percent = percent(checked_out, capacity);
        let pool_health = thresholds.health(utilization_percent);
        let (in_use, free) = (checked_out.saturating_sub(size), capacity.saturating_sub(checked_out));
        let summary = match in_use {
            0 => format!("no overflow in use; {free} more connections before callers wait"),
            _ => format!("{in_use} of {max_overflow} overflow connections in use; {free} more before callers wait"),
        };
        let recommendation = match pool_health {
            _ if free == 0 => "callers wait now: make the pool larger, or give connections back sooner",
            PoolHealth::High => "make the pool larger, or give connections back sooner",
            PoolHealth::Moderate => "watch it under load before more callers are added",
            PoolHealth::Optimal if in_use > 0 => "make the size larger: overflow connections are opened anew each time",
            PoolHealth::Optimal => "nothing to do",
        };
        PoolUsage {
            pool_size: size,
            max_overflow,
            checked_out,
            utilization_percent,
            pool_health,
            recommendation: recommendation.to_owned(),
            overflow_analysis: PoolOverflow { in_use, free, summary },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(size: u64, max_overflow: u64, checked_out: u64) -> PoolUsage {
        PoolGiven { size, max_overflow, checked_out }.usage(&PoolThresholds::default())
    }

    #[test]
    fn both_examples_of_the_design_come_out() {
        let of_15 = usage(5, 10, 2);
        assert_eq!((of_15.pool_size, of_15.max_overflow, of_15.checked_out), (5, 10, 2));
        assert_eq!((of_15.utilization_percent, of_15.pool_health), (13.33, PoolHealth::Optimal));
        assert_eq!(usage(10, 0, 2).utilization_percent, 20.0);
    }

    #[test]
    fn the_overflow_is_what_is_beyond_the_size() {
        let over = usage(5, 10, 7);
        assert_eq!((over.overflow_analysis.in_use, over.overflow_analysis.free), (2, 8));
        assert!(over.recommendation.contains("size larger"), "{}", over.recommendation);
        let full = usage(5, 10, 15);
        assert_eq!(
            (full.utilization_percent, full.pool_health, full.overflow_analysis.free),
            (100.0, PoolHealth::High, 0)
        );
        assert!(full.recommendation.contains("wait now"));
        assert_eq!(usage(0, 0, 0).overflow_analysis.free, 0);
    }
}
