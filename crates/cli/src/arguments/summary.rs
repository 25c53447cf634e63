//! The options of `dbprobe summary`.

use std::time::Duration;

use clap::Args;
use dbprobe::parse_positive_duration;

use crate::number;

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Summary {
    /// A DSN, where it stands (@env:NAME or @file:PATH), or the name of a target of the configuration [default: all of them]
    #[arg(value_name = "DSN|NAME")]
    pub(crate) targets: Vec<String>,
    /// Alert when the whole probe takes longer [default: the target's own threshold, else 1s]
    #[arg(long, value_name = "DURATION", env = "DBPROBE_RESPONSE_TIME", value_parser = parse_positive_duration)]
    pub(crate) response_time: Option<Duration>,
    /// Alert when more of the server's connections are in use [default: the target's own threshold, else 80%]
    #[arg(long, value_name = "PERCENT", env = "DBPROBE_POOL_UTILIZATION", value_parser = share)]
    pub(crate) pool_utilization: Option<f64>,
    /// Alert when connecting has failed so often in a row; so many attempts are made
    #[arg(long, value_name = "N", env = "DBPROBE_CONNECTION_FAILURES", default_value = "1")]
    #[arg(value_parser = number::parse::<1, 1000>)]
    pub(crate) connection_failures: u32,
    /// How many targets are probed at once
    #[arg(long, value_name = "N", env = "DBPROBE_CONCURRENCY", default_value = "64")]
    #[arg(value_parser = number::parse::<1, 100_000>)]
    pub(crate) concurrency: u32,
}

const HELP: &str = "\
Every target is probed as check does it, each within its own time-out, so one that hangs costs the others nothing.
An alert is critical where a target does not answer or was never asked, else it is a warning and the target is degraded.
Connecting is repeated after --retry-interval, but not after a failure that waiting does not help against.

Failures with one cause are one alert with all its members: the same host, the name servers, a certificate or its
authority, the same user's credentials, a server behind several databases, the same mistake of the configuration.

Text on a terminal is a table, the worst first; piped, it is one line a fact:
  summary: STATUS COUNT databases: COUNT healthy, COUNT degraded, COUNT unhealthy
  TARGET: STATUS ENGINE VERSION TIMEms CONNECTIONS [: WHAT IS WRONG]
  group: KIND: CAUSE: MEMBERS
  alert: SEVERITY KIND TARGETS: MESSAGE
  advice: TARGETS: WHAT TO DO NEXT

Exit codes: 0 up, 1 degraded, 2 down, 3 unknown or a usage error; the worst target decides.

Examples:
  dbprobe summary
  dbprobe summary -c dbprobe.yaml -q
  dbprobe summary orders billing --response-time 300ms --pool-utilization 70%
  dbprobe summary -o json | jq -r '.alerts[] | select(.severity == \"critical\") | .message'
  dbprobe summary @env:ORDERS_DSN redis://cache --connection-failures 3 --retry-interval 2s";

/// A share in percent, `80%` or `80`, from 1 to 100. What was written is not repeated.
fn share(text: &str) -> Result<f64, &'static str> {
    let number = text.strip_suffix('%').unwrap_or(text).trim_end().parse::<f64>().ok();
    let within = number.filter(|percent| (1.0..=100.0).contains(percent));
    within.map(|percent| percent / 100.0).ok_or("a share from 1% to 100% is expected")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percents() {
        assert_eq!(["80%", "80", "12.5 %", "100%"].map(share), [Ok(0.8), Ok(0.8), Ok(0.125), Ok(1.0)]);
        for text in ["0.8", "0%", "101%", "", "%", "x", "NaN", "-5%"] {
            assert!(share(text).is_err(), "{text}");
        }
    }
}
