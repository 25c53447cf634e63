//! The operating system's limit of open files, which every connection counts against.

/// What one probe may hold at once: a session, a request to cancel it, a look-up; or a database file with its log,
/// its index and its directory.
const A_PROBE: u64 = 4;
/// What the program itself holds.
const OURSELVES: u64 = 24;

/// How many of `concurrency` probes can run at once without being refused a descriptor.
///
/// Such a refusal would be reported as a failure of the target. The limit is raised first, as far as the system lets
/// an ordinary process do that.
#[cfg(unix)]
pub(crate) fn room_for(concurrency: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let wanted = (concurrency as u64).saturating_mul(A_PROBE).saturating_add(OURSELVES);
    let limit = getrlimit(Resource::Nofile);
    let Some(allowed) = limit.current.filter(|allowed| *allowed < wanted) else { return concurrency };
    let raised = limit.maximum.map_or(wanted, |most| most.min(wanted));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }).map_or(allowed, |()| raised);
    affordable(raised, concurrency)
}

/// How many descriptors this process may have, after the limit was raised as far as the system lets an ordinary
/// process do that; `None` where there is no limit.
#[cfg(unix)]
pub(crate) fn raised() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let descriptors = if raised.is_ok() { limit.maximum } else { limit.current };
    descriptors.and_then(|descriptors| usize::try_from(descriptors).ok())
}

/// Other systems have no such limit, or a very high one.
#[cfg(not(unix))]
pub(crate) fn raised() -> Option<usize> {
    None
}

/// How many of `concurrency` probes `descriptors` are enough for; never none.
#[cfg(unix)]
fn affordable(descriptors: u64, concurrency: usize) -> usize {
    let probes = descriptors.saturating_sub(OURSELVES) / A_PROBE;
    usize::try_from(probes).unwrap_or(concurrency).clamp(1, concurrency.max(1))
}

/// Other systems have no such limit, or a very high one.
#[cfg(not(unix))]
pub(crate) fn room_for(concurrency: usize) -> usize {
    concurrency
}

/// The limit that this process has, to be given to what takes its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    #[cfg(unix)]
    limit: rustix::process::Rlimit,
}

impl Limit {
    /// The limit as it is now.
    pub(crate) fn now() -> Self {
        Self {
            #[cfg(unix)]
            limit: rustix::process::getrlimit(rustix::process::Resource::Nofile),
        }
    }

    /// Makes it so again. Lowering one's own limit is always allowed.
    pub(crate) fn restore(self) {
        #[cfg(unix)]
        let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, self.limit);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn probes_take_turns_where_descriptors_are_few() {
        let cases = [(1_024, 64), (256, 64), (64, 64), (10, 64), (1_024, 0)].map(|(have, want)| affordable(have, want));
        assert_eq!(cases, [64, 58, 10, 1, 1]);
    }

    #[test]
    fn an_ordinary_number_of_probes_has_room() {
        assert_eq!(room_for(8), 8);
    }
}
