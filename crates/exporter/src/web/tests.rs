//! What a web configuration may hold, and what is said of one that may not.

use std::path::Path;

use tempfile::TempDir;

use super::Web;

fn load(text: &str) -> Result<Web, Vec<String>> {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("web.yml");
    std::fs::write(&file, text).expect("written");
    let place = format!("{}/", directory.path().display());
    Web::load(&file).map_err(|errors| {
        let shown =
            |error: &dbprobe_config::ConfigError| format!("{error} [{}]", error.advice.as_deref().unwrap_or(""));
        errors.iter().map(|error| shown(error).replace(&place, "")).collect()
    })
}

#[test]
fn an_empty_file_is_plain_http_for_everybody() {
    for text in ["", "\n", "# nothing\n", "{}", "tls_server_config:\nbasic_auth_users:\n"] {
        let web = load(text).unwrap_or_else(|errors| panic!("{text:?}: {errors:?}"));
        let terms = web.terms();
        assert!(terms.tls.is_none() && terms.users.is_none() && terms.headers.is_empty(), "{text}");
    }
}

#[test]
fn mistakes_are_told_with_their_place_and_never_with_a_secret() {
    let cases = [
        ("tls_config: {}\n", "web.yml:1:1: unknown key `tls_config`"),
        ("tls_server_config:\n  cert_fil: x\n", "web.yml:2:3: unknown key `cert_fil`"),
        ("basic_auth_users:\n  alice: hunter2\n", "web.yml:2:10: the password of user `alice` is not a bcrypt hash"),
        ("basic_auth_users: [hunter2]\n", "web.yml:1:19: expected"),
        ("basic_auth_users: hunter2\n", "web.yml:1:19: expected"),
        ("basic_auth_users: {alice: [hunter2]}\n", "web.yml:1:27: expected"),
        ("basic_auth_users: {a: x, a: hunter2}\n", "web.yml:1:26: the key `a` stands here twice"),
        ("tls_server_config: {key: \"hunter2\n", "web.yml:"),
        ("tls_server_config: {}\n", "web.yml:1:20: the key `cert_file` is missing"),
        ("auth_exempt: [/metrics]\n", "web.yml:1:15: the path `/metrics` cannot be exempt"),
        (
            "http_server_config: {headers: {X-Frame-Options: maybe}}\n",
            "web.yml:1:49: this header has no such value [write deny or sameorigin]",
        ),
        ("http_server_config: {headers: {X-Powered-By: x}}\n", "web.yml:1:32: unknown key `X-Powered-By`"),
        ("http_server_config: {http2: maybe}\n", "web.yml:1:29: "),
        ("rate_limit: {interval: soon}\n", "web.yml:1:24: this is not a duration"),
        ("- hunter2\n", "web.yml:1:1: expected"),
    ];
    for (text, expected) in cases {
        let errors = load(text).err().unwrap_or_else(|| panic!("{text} was accepted"));
        assert!(errors[0].starts_with(expected), "{text}: {errors:?}");
        assert!(!format!("{errors:?}").contains("hunter2"), "{errors:?}");
    }
}

#[test]
fn what_rustls_does_not_have_is_a_mistake() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let indent = |pem: String| pem.replace('\n', "\n    ");
    let (cert, private) = (indent(key.cert.pem()), indent(key.signing_key.serialize_pem()));
    let load =
        |more: &str| load(&format!("tls_server_config:\n  {more}\n  cert: |\n    {cert}\n  key: |\n    {private}\n"));
    for good in [
        "min_version: TLS12",
        "{}",
        "min_version: TLS13",
        "max_version: TLS12",
        "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305, TLS_AES_128_GCM_SHA256]",
        "curve_preferences: [X25519MLKEM768, X25519, CurveP256, CurveP384]",
        "prefer_server_cipher_suites: false",
    ] {
        let good = good.replace("{}", "client_auth_type: NoClientCert");
        assert!(load(&good).is_ok(), "{good}: {:?}", load(&good).err());
    }
    for (bad, expected) in [
        (
            "min_version: TLS10",
            "web.yml:2:16: this version of TLS is broken and not in this build [write TLS12 or TLS13]",
        ),
        ("max_version: SSL3", "web.yml:2:16: this is no version of TLS [write TLS12 or TLS13]"),
        ("min_version: TLS13\n  max_version: TLS12", "web.yml:3:16: `max_version` is below `min_version`"),
        (
            "cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]",
            "web.yml:2:19: there is no cipher suite `TLS_RSA_WITH_AES_128_CBC_SHA`",
        ),
        ("curve_preferences: [CurveP521]", "web.yml:2:23: there is no curve `CurveP521`"),
        ("client_auth_type: Whatever", "web.yml:2:21: there is no such policy"),
        (
            "client_auth_type: RequireAndVerifyClientCert",
            "web.yml:2:3: clients are to be verified, but there is no authority",
        ),
        ("client_ca_file: ca.crt", "web.yml:2:3: there is an authority for clients, but none is verified"),
        ("client_allowed_sans: [a]", "web.yml:2:25: names of clients mean nothing while no client is verified"),
        ("cert_file: tls.crt", "web.yml:2:14: `cert` and `cert_file` are both there"),
    ] {
        let errors = load(bad).err().unwrap_or_else(|| panic!("{bad} was accepted"));
        assert!(errors[0].starts_with(expected), "{bad}: {errors:?}");
    }
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let errors = Web::load(Path::new("/does/not/exist/web.yml")).expect_err("there is none");
    assert!(errors[0].to_string().starts_with("/does/not/exist/web.yml: it cannot be read: "), "{errors:?}");
    let errors = load("tls_server_config: {cert_file: no.crt, key_file: no.key}\n").expect_err("there are none");
    assert!(errors[0].starts_with("web.yml:1:20: no.crt cannot be read: "), "{errors:?}");
    let inline = "tls_server_config:\n  cert: hunter2\n  key: hunter2\n";
    let errors = load(inline).expect_err("it is no PEM");
    assert_eq!(
        errors,
        [
            "web.yml:2:3: the server's certificate: there is no PEM section of a certificate [check the files and their permissions]"
        ]
    );
}

#[test]
fn a_bad_new_file_keeps_the_old_one() {
    let web = load("auth_exempt: [/healthz]\n").expect("a web configuration");
    assert!(web.reload(Some(Path::new("/does/not/exist/web.yml"))).is_err());
    assert_eq!(web.terms().exempt, ["/healthz"]);
    assert!(web.reload(None).is_ok());
    assert!(web.terms().exempt.is_empty());
}
