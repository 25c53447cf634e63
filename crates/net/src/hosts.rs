//! The hosts file.

use std::net::IpAddr;
use std::path::PathBuf;

/// The addresses that this machine's hosts file gives `name`, in its order.
///
/// As in libraries, a name that stands there is not looked up elsewhere, not even for the other address family.
pub(crate) fn hosts(name: &str) -> Vec<IpAddr> {
    path()
        .and_then(|path| std::fs::read(path).ok())
        .map_or_else(Vec::new, |text| addresses(&String::from_utf8_lossy(&text), name))
}

#[cfg(not(windows))]
fn path() -> Option<PathBuf> {
    Some(PathBuf::from("/etc/hosts"))
}

#[cfg(windows)]
fn path() -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("SystemRoot")?).join(r"System32\drivers\etc\hosts"))
}

/// Finds `name` in a hosts file (`hosts(5)`).
fn addresses(text: &str, name: &str) -> Vec<IpAddr> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let mut found = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.split('#').next().unwrap_or(line);
        let mut words = line.split_whitespace();
        let address = words.next().and_then(|word| word.parse().ok());
        if let Some(address) = address
            && words.any(|word| word.strip_suffix('.').unwrap_or(word).eq_ignore_ascii_case(name))
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\u{feff}127.0.0.1 localhost # the loopback, also called db\n\
        ::1\tlocalhost ip6-localhost\n\
        # 10.0.0.9 db\n\
        10.0.0.1   DB.example.com db my_db\n\
        10.0.0.1 db\n\
        fd00::1 db\n\
        not-an-address db\n\
        10.0.0.2\n";

    fn found(name: &str) -> Vec<String> {
        addresses(FILE, name).iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn a_name_is_found_in_every_line_and_in_any_case() {
        assert_eq!(found("db"), ["10.0.0.1", "fd00::1"]);
        assert_eq!(found("db.EXAMPLE.com."), ["10.0.0.1"]);
        assert_eq!(found("my_db"), ["10.0.0.1"]);
        assert_eq!(found("localhost"), ["127.0.0.1", "::1"]);
    }

    #[test]
    fn comments_parts_of_names_and_addresses_are_no_names() {
        assert_eq!(found("the"), [""; 0]);
        assert_eq!(found("example.com"), [""; 0]);
        assert_eq!(found("10.0.0.2"), [""; 0]);
    }
}
