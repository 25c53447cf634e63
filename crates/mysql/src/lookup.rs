//! What a look-up's row says.

use dbprobe_core::Lookup;

use crate::answer::Table;
use crate::greeting::Greeting;

/// The answers to `wanted`, each in a column of [`sql::look_up`](crate::sql::look_up). `number` is the session's own, as
/// the server behind it tells it.
pub(crate) fn read(table: &Table, wanted: &[Lookup], greeting: &Greeting, number: Option<u64>) -> Vec<Option<String>> {
    let read = |(column, lookup): (usize, &Lookup)| match lookup {
        Lookup::Proxy => proxy(greeting, table.text(column).unwrap_or_default(), number),
        _ => table.text(column).filter(|text| !text.is_empty()).map(str::to_owned),
    };
    wanted.iter().enumerate().map(read).collect()
}

/// A proxy that says who it is, or one that greets with a number of its own: a server greets with the lower 32 bits of the
/// session's.
fn proxy(greeting: &Greeting, answered: &str, number: Option<u64>) -> Option<String> {
    const KNOWN: [(&str, &str); 3] = [("proxysql", "ProxySQL"), ("maxscale", "MaxScale"), ("vitess", "Vitess")];
    let words = format!("{} {answered}", greeting.version).to_ascii_lowercase();
    if let Some((_, name)) = KNOWN.iter().find(|(word, _)| words.contains(word)) {
        return Some((*name).to_owned());
    }
    let differs = number.is_some_and(|number| number & 0xffff_ffff != u64::from(greeting.number));
    differs.then(|| "ProxySQL, MaxScale or another proxy".to_owned())
}

#[cfg(test)]
mod tests {
    use mysql_common::constants::CapabilityFlags;

    use super::*;

    #[test]
    fn a_proxy_is_known_by_its_name_or_by_its_number() {
        let greeting = |version: &str, number| Greeting {
            version: version.to_owned(),
            number,
            capabilities: CapabilityFlags::empty(),
            nonce: Vec::new(),
            plugin: Vec::new(),
        };
        let plain = greeting("8.0.36", 7);
        assert_eq!(proxy(&plain, "8.0.36 MySQL Community Server", Some(7)), None);
        assert_eq!(proxy(&plain, "", None), None);
        assert_eq!(proxy(&plain, "", Some((1 << 32) + 7)), None);
        assert_eq!(proxy(&plain, "8.0.36 (ProxySQL)", Some(7)).as_deref(), Some("ProxySQL"));
        assert_eq!(proxy(&greeting("10.5.1 2.5.1-maxscale", 7), "", Some(7)).as_deref(), Some("MaxScale"));
        assert!(proxy(&plain, "8.0.36", Some(8)).is_some());
    }
}
