//! Comments in SQL files by which some tools know their own.
//!
//! Sources: goose's, in any case, in <https://pressly.github.io/goose/documentation/annotations/>; dbmate's, with or without
//! a space, in <https://github.com/amacneil/dbmate/blob/main/pkg/dbmate/migration.go>.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// Whether a file is one of goose's.
pub(super) fn is_of_goose(content: &[u8]) -> bool {
    static UP: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?mi)^--[ \t]*\+goose[ \t]+up\b").ok());
    UP.as_ref().is_some_and(|up| up.is_match(content))
}

/// Whether a file is one of dbmate's.
pub(super) fn is_of_dbmate(content: &[u8]) -> bool {
    static UP: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^[ \t]*--[ \t]*migrate:up\b").ok());
    UP.as_ref().is_some_and(|up| up.is_match(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_known_as_the_tools_know_them() {
        for mark in ["-- +goose Up\nSELECT 1;", "-- x\n-- +goose up\r\n", "--+GOOSE UP"] {
            assert!(is_of_goose(mark.as_bytes()) && !is_of_dbmate(mark.as_bytes()), "{mark}");
        }
        for mark in ["-- migrate:up\n", "--migrate:up transaction:false"] {
            assert!(is_of_dbmate(mark.as_bytes()) && !is_of_goose(mark.as_bytes()), "{mark}");
        }
        assert!(!is_of_goose(b"-- +goose Upper\nSELECT '+goose Up'") && !is_of_dbmate(b"SELECT 'migrate:up'"));
    }
}
