//! What a look-up's row says.

use dbprobe_core::Lookup;

use crate::answer::Answer;

/// The answers to `wanted`, each in a column of [`sql::look_up`](crate::sql::look_up). `told` is the process number that
/// the login was told.
pub(crate) fn read(answer: &Answer, wanted: &[Lookup], told: Option<i32>) -> Vec<Option<String>> {
    let read = |(column, lookup): (usize, &Lookup)| match (lookup, answer.text(column)) {
        (Lookup::Proxy, process) => proxy(told, process),
        (_, text) => text.map(str::to_owned),
    };
    wanted.iter().enumerate().map(read).collect()
}

/// A server tells its own process number at the login. Where another process answers, there is something in between that
/// had to make one up; which of them it is, none of them says.
fn proxy(told: Option<i32>, process: Option<&str>) -> Option<String> {
    let (told, process) = (told?, process?.parse::<i32>().ok()?);
    (told != process).then(|| "PgBouncer or another pooler".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pooler_is_claimed_only_where_two_known_numbers_differ() {
        assert!(proxy(Some(7), Some("8")).is_some());
        assert_eq!(proxy(Some(8), Some("8")), None);
        assert_eq!(proxy(None, Some("8")), None);
        assert_eq!(proxy(Some(7), None), None);
    }
}
