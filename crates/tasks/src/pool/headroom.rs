//! How many more connections fit.

use dbprobe_core::Activity;
use serde::Serialize;

/// Pools that are to fit into a server's limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolWanted {
    /// The connections that each of them keeps.
    pub size: u64,
    /// The connections that each of them may open beyond.
    pub max_overflow: u64,
    /// How many there are: processes, not hosts.
    pub instances: u64,
    /// The application whose connections are those of these pools, so that they are not counted twice.
    pub application: Option<String>,
}

/// How many more connections fit into a server's limit, and whether wanted pools do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OverflowAnalysis {
    /// Connections that can still be opened by an ordinary role.
    pub free: u64,
    /// Connections of others, which stay: without this one, and without those of the wanted pools' application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub others: Option<u64>,
    /// What the wanted pools may open together: `(size + overflow) * instances`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<u64>,
    /// Whether that fits beside the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits: Option<bool>,
    /// The largest size that each pool can have, with the overflow that was asked for where that fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_pool_size: Option<u64>,
    /// The overflow that goes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_max_overflow: Option<u64>,
    /// The same in words.
    pub summary: String,
}

/// `list` may be empty or not whole: whoever is not listed belongs to the others.
pub(super) fn analyse(size: u64, used: u64, list: &[Activity], wanted: Option<&PoolWanted>) -> OverflowAnalysis {
    let free = size.saturating_sub(used);
    let mut analysis = OverflowAnalysis {
        free,
        others: None,
        wanted: None,
        fits: None,
        suggested_pool_size: None,
        suggested_max_overflow: None,
        summary: match free {
            0 => "no more connections fit".to_owned(),
            1 => "1 more connection fits".to_owned(),
            _ => format!("{free} more connections fit"),
        },
    };
    if let Some(wanted) = wanted {
        fit(&mut analysis, size, used, list, wanted);
    }
    analysis
}

fn fit(analysis: &mut OverflowAnalysis, size: u64, used: u64, list: &[Activity], wanted: &PoolWanted) {
    let theirs = |one: &&Activity| one.is_own || (one.application.is_some() && one.application == wanted.application);
    // Our own connection is not there any more when the pools open theirs.
    let ours = (list.iter().filter(theirs).count() as u64).max(1);
    let others = used.saturating_sub(ours);
    let room = size.saturating_sub(others);
    let instances = wanted.instances.max(1);
    let all = wanted.size.saturating_add(wanted.max_overflow).saturating_mul(instances);
    let each = room / instances;
    // At least one connection has to stay, or there is no pool.
    let overflow = if each > wanted.max_overflow { wanted.max_overflow } else { 0 };
    let largest = each - overflow;
    let fits = all <= room;
    let pools = if instances == 1 { "1 pool".to_owned() } else { format!("{instances} pools") };
    let asked = format!("{pools} of {} + {} need {all} connections", wanted.size, wanted.max_overflow);
    analysis.summary = match (fits, largest) {
        (true, _) => format!("{asked}: they fit into the {room} that others leave"),
        (false, 0) => format!("{asked}, and others leave {room}: not even 1 each fits"),
        (false, _) => format!(
            "{asked}, and others leave {room}: set the size to {largest} and the overflow to {overflow} at most"
        ),
    };
    (analysis.others, analysis.wanted, analysis.fits) = (Some(others), Some(all), Some(fits));
    if largest > 0 {
        (analysis.suggested_pool_size, analysis.suggested_max_overflow) = (Some(largest), Some(overflow));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(size: u64, max_overflow: u64, instances: u64) -> PoolWanted {
        PoolWanted { size, max_overflow, instances, application: Some("shop".to_owned()) }
    }

    fn connection(application: &str, is_own: bool) -> Activity {
        Activity { application: Some(application.to_owned()), is_own, ..Activity::default() }
    }

    #[test]
    fn pools_fit_beside_those_of_others() {
        // Of 50 connections 1 is ours and 9 are the shop's: 40 are others', which leave 57 of 97.
        let mut list = vec![connection("dbprobe", true)];
        list.extend((0..9).map(|_| connection("shop", false)));
        let fits = |wanted: &PoolWanted| analyse(97, 50, &list, Some(wanted));
        let exactly = fits(&wanted(9, 10, 3));
        assert_eq!((exactly.others, exactly.wanted, exactly.fits, exactly.free), (Some(40), Some(57), Some(true), 47));
        let too_many = fits(&wanted(10, 10, 3));
        assert_eq!((too_many.wanted, too_many.fits), (Some(60), Some(false)));
        assert_eq!((too_many.suggested_pool_size, too_many.suggested_max_overflow), (Some(9), Some(10)));
        assert!(too_many.summary.ends_with("set the size to 9 and the overflow to 10 at most"), "{}", too_many.summary);
        let overflowing = fits(&wanted(10, 30, 3));
        assert_eq!((overflowing.suggested_pool_size, overflowing.suggested_max_overflow), (Some(19), Some(0)));
        let hopeless = fits(&wanted(1, 0, 100));
        assert_eq!((hopeless.fits, hopeless.suggested_pool_size), (Some(false), None));
        assert_eq!(fits(&wanted(u64::MAX, u64::MAX, u64::MAX)).fits, Some(false));
    }

    #[test]
    fn without_a_wish_only_what_is_free_is_said() {
        let analysis = analyse(10, 12, &[], None);
        assert_eq!((analysis.free, analysis.fits, analysis.summary.as_str()), (0, None, "no more connections fit"));
        assert_eq!(analyse(10, 9, &[], None).summary, "1 more connection fits");
        // Without a list, everything but ourselves is others'.
        assert_eq!(analyse(10, 9, &[], Some(&wanted(1, 0, 1))).others, Some(8));
    }
}
