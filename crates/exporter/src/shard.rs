//! Which targets are this process's share.

use std::fmt;

/// One of several exporters that share the targets of one configuration, as kube-state-metrics has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    total: u32,
}

impl Shard {
    /// Share number `index`, counted from 0, of `total`; `None` where there is no such share.
    pub fn new(index: u32, total: u32) -> Option<Self> {
        (index < total).then_some(Self { index, total })
    }

    /// Whether the target `name` is in this share. It depends on the name alone, so a target stays where it is when
    /// others come and go.
    pub fn holds(self, name: &str) -> bool {
        fnv1a(name) % u64::from(self.total) == u64::from(self.index)
    }
}

impl Default for Shard {
    /// Everything.
    fn default() -> Self {
        Self { index: 0, total: 1 }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.index, self.total)
    }
}

/// FNV-1a with 64 bits (draft-eastlake-fnv, section 5): the same in every version of dbprobe, which the standard
/// library's hashers do not promise. Its low bits are folded with the high ones, which are mixed better.
fn fnv1a(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_in_exactly_one_share_and_shares_are_alike() {
        let shards: Vec<Shard> = (0..4).filter_map(|index| Shard::new(index, 4)).collect();
        let mut sizes = [0; 4];
        for number in 0..10_000 {
            let name = format!("db-{number}");
            let holders: Vec<usize> = (0..4).filter(|at| shards[*at].holds(&name)).collect();
            assert_eq!(holders.len(), 1, "{name}");
            sizes[holders[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (2_300..2_700).contains(size)), "{sizes:?}");
        assert_eq!(Shard::new(4, 4), None);
    }

    #[test]
    fn the_share_of_a_name_never_changes() {
        let shares = ["orders", "db-postgres", ""].map(|name| fnv1a(name) % 8);
        assert_eq!(shares, [fnv1a("orders") % 8, fnv1a("db-postgres") % 8, fnv1a("") % 8]);
        assert_eq!(fnv1a("") ^ (0xcbf2_9ce4_8422_2325 >> 32), 0xcbf2_9ce4_8422_2325);
    }
}
