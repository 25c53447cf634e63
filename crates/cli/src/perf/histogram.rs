//! A distribution in one line of blocks.

use dbprobe::tasks::Bin;

use crate::console::Screen;

/// From one time to all of them.
const BLOCKS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const LETTERS: [&str; 8] = [".", ":", "-", "=", "+", "*", "#", "@"];

/// A block for each bin, as high as its count, and a gap where nothing is in it; neighbours share a block where there are
/// more bins than `columns`.
pub(super) fn histogram(bins: &[Bin], columns: usize, screen: Screen) -> String {
    let heights = if screen.ascii { LETTERS } else { BLOCKS };
    let share = bins.len().div_ceil(columns.max(1)).max(1);
    let counts: Vec<u64> = bins.chunks(share).map(|bins| bins.iter().map(|bin| bin.count).sum()).collect();
    let most = counts.iter().copied().max().unwrap_or_default();
    let block = |count: &u64| match *count {
        0 => " ",
        // Rounded up, so that a single time is seen beside thousands.
        count => heights[usize::try_from((count * 8).div_ceil(most.max(1))).unwrap_or(8).clamp(1, 8) - 1],
    };
    counts.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_is_seen_beside_thousands() {
        let bins: Vec<Bin> = [1, 0, 4_000, 8_000].map(|count| Bin { to_ms: 1.0, count }).into();
        let utf8 = Screen { width: Some(80), colour: false, ascii: false };
        assert_eq!(histogram(&bins, 24, utf8), "▁ ▄█");
        assert_eq!(histogram(&bins, 3, utf8), "▁█", "two share a block");
        assert_eq!(histogram(&bins, 24, Screen { ascii: true, ..utf8 }), ". =@");
        assert_eq!(histogram(&[], 24, utf8), "");
    }
}
