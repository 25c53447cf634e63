//! Whatever the text, it is read or refused.

#![allow(clippy::expect_used, reason = "a helper of a test may fail as the test itself does")]

use std::path::Path;

use dbprobe_config::{Config, Module};
use proptest::prelude::*;

const FULL: &str = include_str!("contract.yaml");

fn read(text: &str) {
    let registry = dbprobe::registry();
    if let Ok(config) = Config::parse(Path::new("f"), text, &registry) {
        let printed = config.render_masked(&registry).expect("YAML");
        assert_eq!(printed, config.render_masked(&registry).expect("YAML"));
        let _ = config.warnings(&registry);
    }
}

fn module() -> Module {
    let text = "probe: {modules: {m: {scheme: postgres, user: u, password: hunter2, database: d, \
                parameters: {sslmode: require}, allow: ['db-*.example.com', '10.0.0.0/8:5432', one]}}}";
    let config = Config::parse(Path::new("f"), text, &dbprobe::registry()).expect("a module");
    config.modules[0].clone()
}

/// A host of the only kinds that the module allows.
fn is_allowed(host: &str) -> bool {
    let address = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.octets()[0] == 10);
    let name = host.strip_prefix("db-").and_then(|rest| rest.strip_suffix(".example.com"));
    address || host == "one" || name.is_some_and(|label| !label.contains('.'))
}

proptest! {
    #[test]
    fn arbitrary_text_does_not_panic(text in "\\PC*") {
        read(&text);
    }

    #[test]
    fn text_that_looks_like_yaml_does_not_panic(text in "[a-z${}\\[\\]:,&*<>|'\" \n#!-]{0,200}") {
        read(&text);
    }

    #[test]
    fn a_changed_file_does_not_panic(at in 0..FULL.len(), length in 0..20_usize, new in "[\\PC\n]{0,8}") {
        let start = (0..=at).rev().find(|at| FULL.is_char_boundary(*at)).unwrap_or(0);
        let end = (start + length..=FULL.len()).find(|at| FULL.is_char_boundary(*at)).unwrap_or(FULL.len());
        read(&format!("{}{new}{}", &FULL[..start], &FULL[end..]));
    }

    #[test]
    fn a_module_connects_to_nothing_but_what_it_allows(
        target in "(postgres(ql)?://)?([a-z0-9_@%*,.:/\\[\\]?#-]{0,12})(one|db-[a-z.]{0,4}\\.example\\.com|10\\.[0-9.]{1,8})([a-z0-9_@%*,.:/\\[\\]?#-]{0,12})"
    ) {
        if let Ok(dsn) = module().dsn(&target) {
            let driver = dbprobe::registry().open(&dsn).expect("what is allowed can be read");
            let endpoints = &driver.target().endpoints;
            prop_assert_eq!(endpoints.len(), 1);
            prop_assert!(is_allowed(&endpoints[0].host), "{} {}", target, endpoints[0].host);
            prop_assert_eq!(driver.target().user.as_deref(), Some("u"));
            prop_assert_eq!(driver.target().parameters.get("sslmode").map(String::as_str), Some("require"));
        }
    }

    #[test]
    fn arbitrary_targets_do_not_panic_and_are_not_repeated(target in "\\PC*") {
        if let Err(refused) = module().dsn(&format!("u:hunter2@{target}")) {
            prop_assert!(!refused.to_string().contains("hunter2"));
        }
    }
}
