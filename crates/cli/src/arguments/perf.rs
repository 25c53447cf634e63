//! The options of `dbprobe perf`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args};
use dbprobe::tasks::RatingLimits;
use dbprobe::{parse_duration, parse_positive_duration};

use crate::number;

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Perf {
    /// A DSN, where it stands (@env:NAME or @file:PATH), or the name of a target of the configuration
    #[arg(value_name = "DSN|NAME")]
    pub(crate) target: String,
    /// How often each operation is carried out before it is measured
    #[arg(long, value_name = "N", env = "DBPROBE_WARMUP", default_value = "10")]
    #[arg(value_parser = number::parse::<0, 1_000_000>)]
    pub(crate) warmup: u32,
    /// How often each operation is measured [default: 100, or until --duration is over]
    #[arg(long, short = 'n', value_name = "N", env = "DBPROBE_ITERATIONS")]
    #[arg(value_parser = number::parse::<1, 1_000_000>)]
    pub(crate) iterations: Option<u32>,
    /// An end for the whole run; each operation gets an equal share of it
    #[arg(long, value_name = "DURATION", env = "DBPROBE_DURATION", value_parser = parse_positive_duration)]
    pub(crate) duration: Option<Duration>,
    /// Over how many sessions the queries and the pool are measured
    #[arg(long, value_name = "N", env = "DBPROBE_CONCURRENCY", default_value = "1")]
    #[arg(value_parser = number::parse::<1, 256>)]
    pub(crate) concurrency: u32,
    /// A query to measure, read-only; repeatable; the statement may stand in a file: NAME=@file:PATH
    #[arg(long = "query", value_name = "[NAME=]SQL", env = "DBPROBE_QUERY", value_parser = named_query)]
    pub(crate) queries: Vec<NamedQuery>,
    /// Run the queries as they are, and not in a read-only transaction: what they write stays
    #[arg(long, env = "DBPROBE_ALLOW_WRITES", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) allow_writes: bool,
    /// Rows of an answer that are read at the most
    #[arg(long, value_name = "N", env = "DBPROBE_MAX_ROWS", default_value = "1000")]
    #[arg(value_parser = number::parse::<1, 10_000_000>)]
    pub(crate) max_rows: u32,
    /// Bytes of an answer's values that are read at the most
    #[arg(long, value_name = "BYTES", env = "DBPROBE_MAX_BYTES", default_value = "1048576")]
    #[arg(value_parser = number::parse::<1, 1_073_741_824>)]
    pub(crate) max_bytes: u32,
    /// Do not measure the write
    #[arg(long, env = "DBPROBE_NO_WRITE", action = ArgAction::SetTrue, value_parser = FalseyValueParser::new())]
    pub(crate) no_write: bool,
    /// The average query time below which it is excellent, good and fair
    #[arg(long, value_name = "A,B,C", env = "DBPROBE_RATING", default_value = "10ms,50ms,200ms", value_parser = rating)]
    pub(crate) rating: RatingLimits,
    /// Save the result, to be compared with later; only an earlier result is replaced
    #[arg(long, value_name = "FILE", env = "DBPROBE_SAVE")]
    pub(crate) save: Option<PathBuf>,
    /// Compare with a saved result
    #[arg(long, value_name = "FILE", env = "DBPROBE_BASELINE")]
    pub(crate) baseline: Option<PathBuf>,
    /// By how much p50 and p95 may grow over the baseline's
    #[arg(long, value_name = "PERCENT", env = "DBPROBE_FAIL_REGRESSION", default_value = "20%", value_parser = percent)]
    pub(crate) fail_regression: f64,
}

/// A query as it stands on the command line. It may hold secrets, so it is not shown.
#[derive(Clone)]
pub(crate) struct NamedQuery {
    pub(crate) name: Option<String>,
    /// The statement, or `@file:PATH`.
    pub(crate) statement: String,
}

impl fmt::Debug for NamedQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedQuery").field("name", &self.name).finish_non_exhaustive()
    }
}

/// `NAME=SQL` or `SQL`. A name is letters, digits, `_`, `-` and `.` right before the first `=`.
fn named_query(text: &str) -> Result<NamedQuery, &'static str> {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    let (name, statement) = match text.split_once('=') {
        Some((name, statement)) if is_name(name) => (Some(name.to_owned()), statement),
        _ => (None, text),
    };
    if statement.trim().is_empty() {
        return Err("a statement is expected, such as orders=\"SELECT count(*) FROM orders\"");
    }
    Ok(NamedQuery { name, statement: statement.to_owned() })
}

fn rating(text: &str) -> Result<RatingLimits, &'static str> {
    let limits: Option<Vec<Duration>> = text.split(',').map(|limit| parse_duration(limit.trim()).ok()).collect();
    match limits.as_deref() {
        Some(&[excellent, good, fair]) if excellent <= good && good <= fair => {
            Ok(RatingLimits { excellent, good, fair })
        }
        _ => Err("three rising durations are expected, such as 10ms,50ms,200ms"),
    }
}

fn percent(text: &str) -> Result<f64, &'static str> {
    let number = text.strip_suffix('%').unwrap_or(text).parse::<f64>().ok();
    let number = number.filter(|number| number.is_finite() && (0.0..=100_000.0).contains(number));
    number.ok_or("a percentage is expected, such as 20%")
}

const HELP: &str = "\
Exit codes: 0 measured; 1 slower than the baseline, or an operation that never succeeded; 2 the database did not answer,
or nothing at all succeeded; 3 a usage error, a bad baseline, or more sessions than there is room for.

What is measured, one after the other: connecting with its phases (at most 100 times), the ping, the write and its
read-back (on one session: the proof is one row a prober), each query over --concurrency sessions, and with more than
one the ping over all of them. It is the service time in a closed loop: a session asks again when it has its answer, so
a stall counts once, not once for every client that would have waited (\"coordinated omission\").
A query's time includes the read-only transaction round it (on PostgreSQL three round trips in all).
Failures are counted by class and are in no time; five in a row end an operation, and a lost session is opened again
up to ten times. --timeout is for each operation [5s].

Percentiles are shown from as many samples on as make one expected beyond them: p50 2, p90 10, p95 20, p99 100.
The overhead is the median of the same loop round nothing, from the same run. It is not subtracted.

Rating, by the average time of the queries given (without any: of the read, else the ping, else connecting):
  excellent  below  10 ms   ten in a row feel instant (0.1 s)
  good       below  50 ms   ten in a row take half a second
  fair       below 200 ms   ten in a row take two seconds
  poor       above

More than one session needs room: twice as many free connections; where the server does not tell, 16 at the most.

A regression is a p50 or p95 that has grown by more than --fail-regression and by more than noise: 0.2 ms, or half of
the distance from the baseline's p50 to its p90. With --save and --baseline on one file, a regression is not saved.

Text piped is one line a fact:
  TARGET: perf ENGINE VERSION RATING avg=TIMEms by=NAME,...
  TARGET: OPERATION n=N errors=N [p50=TIMEms ...] max=TIMEms
  TARGET: compare OPERATION PERCENTILE BEFOREms NOWms CHANGE% ok|regression

Examples:
  dbprobe perf @env:ORDERS_DSN
  dbprobe perf @env:ORDERS_DSN --query 'open=SELECT count(*) FROM orders WHERE open' -n 1000
  dbprobe perf @env:ORDERS_DSN --query report=@file:report.sql --duration 30s --concurrency 8 --no-write
  dbprobe perf @env:ORDERS_DSN --save baseline.json
  dbprobe perf @env:ORDERS_DSN --baseline baseline.json --fail-regression 20% -o json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_right_before_the_first_equals_sign() {
        let read = |text| named_query(text).map(|query| (query.name, query.statement)).ok();
        let named = |name: Option<&str>, sql: &str| Some((name.map(str::to_owned), sql.to_owned()));
        assert_eq!(read("open=SELECT 1"), named(Some("open"), "SELECT 1"));
        assert_eq!(read("SELECT a=1"), named(None, "SELECT a=1"));
        assert_eq!(read("open=@file:x=y.sql"), named(Some("open"), "@file:x=y.sql"));
        assert_eq!((read("open="), read(" ")), (None, None));
    }

    #[test]
    fn limits_and_percentages_are_read_and_not_repeated() {
        assert!(rating("1ms, 2ms,3s").is_ok());
        assert!(["1ms", "3ms,2ms,1ms", "1ms,2ms,3ms,4ms", "a,b,c"].iter().all(|text| rating(text).is_err()));
        assert_eq!([percent("20%"), percent("7.5"), percent("0")], [Ok(20.0), Ok(7.5), Ok(0.0)]);
        assert!(["", "-1%", "x", "NaN", "inf"].iter().all(|text| percent(text).is_err()));
    }
}
