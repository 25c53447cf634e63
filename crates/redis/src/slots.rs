//! Which keys of a cluster belong to one node.
//!
//! Source: <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>, "Key distribution model".

use std::ops::RangeInclusive;

/// How many slots a cluster has (cluster specification).
const SLOTS: u16 = 16_384;

/// So many decimal numbers have tags for every slot.
const TAGS: u32 = 109_758;

/// A hash tag whose slot the node that answered `CLUSTER NODES` serves, or has a copy of; `None` where it has none.
///
/// A key with this tag is proof of this node. The same node gives the same tag until its slots are moved.
pub(crate) fn local_tag(nodes: &str) -> Option<u32> {
    let slots = local_slots(nodes);
    (0..TAGS).find(|tag| slots.iter().any(|range| range.contains(&slot(tag.to_string().as_bytes()))))
}

/// The slots of the line `myself`; of a replica, those of its primary.
fn local_slots(nodes: &str) -> Vec<RangeInclusive<u16>> {
    let lines = || nodes.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    // id, address, flags, primary, ping, pong, epoch, link, slots (command reference, "CLUSTER NODES").
    let Some(me) = lines().find(|line| line.get(2).is_some_and(|flags| flags.split(',').any(|flag| flag == "myself")))
    else {
        return Vec::new();
    };
    let id = match me.get(3) {
        Some(&"-") | None => me.first().copied(),
        Some(primary) => Some(*primary),
    };
    let line = lines().find(|line| line.first().copied() == id).unwrap_or_default();
    line.iter().skip(8).filter_map(|slots| range(slots)).collect()
}

/// `0-5460` or `7`; `[7->-…]` is a slot that is being moved, which is in a range, too.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

/// The slot of a key without a hash tag, or of the tag: CRC-16/XMODEM modulo 16384 (cluster specification, appendix A).
fn slot(key: &[u8]) -> u16 {
    let crc = key.iter().fold(0_u16, |crc, byte| {
        (0..8).fold(
            crc ^ (u16::from(*byte) << 8),
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
            },
        )
    });
    crc % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: &str = "07c37df 127.0.0.1:30004@31004,host4 slave e7d1eec 0 1426238317239 4 connected\n\
        67ed2db 127.0.0.1:30002@31002,host2 master - 0 1426238316232 2 connected 5461-10922 [93-<-e7d1eec]\n\
        292f8b3 127.0.0.1:30003@31003,host3 myself,slave 67ed2db 0 1426238318243 3 connected\n\
        e7d1eec 127.0.0.1:30001@31001,host1 master - 0 0 1 connected 0-5460 16383\n";

    #[test]
    fn slots_are_those_of_the_specification() {
        // `redis-cli cluster keyslot` says the same; 0x31C3 is the specification's own example.
        assert_eq!((slot(b"123456789"), slot(b"foo"), slot(b"somekey")), (0x31c3, 12_182, 11_058));
    }

    #[test]
    fn a_replica_has_copies_of_its_primary_s_slots() {
        assert_eq!(local_slots(NODES), [5461..=10_922]);
        let tag = local_tag(NODES).expect("a tag");
        assert!((5461..=10_922).contains(&slot(tag.to_string().as_bytes())));
    }

    #[test]
    fn a_primary_has_its_own() {
        let nodes = NODES.replace("myself,slave", "slave").replace("host1 master", "host1 myself,master");
        assert_eq!(local_slots(&nodes), [0..=5460, 16_383..=16_383]);
    }

    #[test]
    fn a_node_without_slots_has_no_tag() {
        for nodes in ["", "a b myself,master - 0 0 0 connected", "a b myself,slave c 0 0 0 connected", "\u{0}"] {
            assert_eq!(local_tag(nodes), None, "{nodes:?}");
        }
    }

    #[test]
    fn every_slot_has_a_tag() {
        let mut reached = vec![false; usize::from(SLOTS)];
        (0..TAGS).for_each(|tag| reached[usize::from(slot(tag.to_string().as_bytes()))] = true);
        let missing = reached.iter().filter(|reached| !**reached).count();
        assert_eq!(missing, 0, "slots without a tag");
    }
}
