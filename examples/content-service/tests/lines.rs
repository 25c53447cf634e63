//! How much measuring takes: the service against itself as it was, line by line.

const PLAIN: &str = include_str!("../src/plain.rs");
const MEASURED: &str = include_str!("../src/main.rs");

/// Lines that are there in addition, and lines that stand in the place of others.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    added: usize,
    changed: usize,
    removed: usize,
}

#[test]
fn measuring_takes_less_than_ten_added_lines() {
    let difference = difference(PLAIN, MEASURED);
    // The README says the same.
    assert_eq!(difference, Difference { added: 7, changed: 6, removed: 0 });
    assert!(include_str!("../README.md").contains("7 lines added and 6 changed"));
}

#[test]
fn a_line_in_the_place_of_another_is_changed_and_no_addition() {
    let compared = difference("a\nb\nc\nd", "a\nB\nx\nc");
    assert_eq!(compared, Difference { added: 1, changed: 1, removed: 1 });
}

/// Along a longest common subsequence, as `diff` has it.
fn difference(former: &str, latter: &str) -> Difference {
    let (former, latter): (Vec<&str>, Vec<&str>) = (former.lines().collect(), latter.lines().collect());
    let common = common(&former, &latter);
    let mut total = Difference { added: 0, changed: 0, removed: 0 };
    let (mut i, mut j) = (0, 0);
    while i < former.len() || j < latter.len() {
        let (from, to) = (i, j);
        while (i < former.len() || j < latter.len())
            && !(i < former.len() && j < latter.len() && former[i] == latter[j])
        {
            if j == latter.len() || (i < former.len() && common[i + 1][j] >= common[i][j + 1]) {
                i += 1
            } else {
                j += 1
            }
        }
        let (gone, new) = (i - from, j - to);
        total.changed += gone.min(new);
        total.added += new.saturating_sub(gone);
        total.removed += gone.saturating_sub(new);
        while i < former.len() && j < latter.len() && former[i] == latter[j] {
            (i, j) = (i + 1, j + 1);
        }
    }
    total
}

/// For each pair of places, how many lines the rests have in common.
fn common(former: &[&str], latter: &[&str]) -> Vec<Vec<usize>> {
    let mut common = vec![vec![0; latter.len() + 1]; former.len() + 1];
    for i in (0..former.len()).rev() {
        for j in (0..latter.len()).rev() {
            common[i][j] =
                if former[i] == latter[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    common
}
