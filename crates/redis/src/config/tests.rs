use super::*;

fn read(text: &str) -> Result<Config, DsnError> {
    Config::read(&Dsn::parse(text)?)
}

fn refused(text: &str) -> String {
    match read(text) {
        Ok(config) => panic!("{text} is read as {:?}", config.target),
        Err(error) => error.to_string(),
    }
}

fn tcp(host: &str, port: u16) -> Address {
    Address::Tcp { host: host.to_owned(), port }
}

#[test]
fn defaults_are_the_clients() {
    let config = read("redis://").expect("a DSN");
    assert_eq!((config.address, config.database, config.user), (tcp("localhost", 6379), 0, None));
    assert_eq!((config.client_name.as_str(), config.protocol, config.tls), ("dbprobe", Protocol::Resp2, None));
    assert_eq!(config.target.redacted, "redis://localhost:6379/0");
    assert_eq!(config.target.name(), "localhost:6379/0");
}

#[test]
fn user_password_and_database_stand_where_the_field_has_them() {
    for text in [
        "redis://app:p%40ss%2F@db:7/3",
        "redis://app:p@ss%2F@db:7/3/",
        "redis://db:7/3?username=app&password=p%40ss%2F",
        "redis://app:@db:7?db=3&pass=p%40ss%2F",
        "valkey://app:p%40ss%2F@db:7?database=3",
    ] {
        let config = read(text).expect(text);
        assert_eq!((config.address, config.database), (tcp("db", 7), 3), "{text}");
        assert_eq!(config.password.map(|password| password.expose().to_owned()).as_deref(), Some("p@ss/"), "{text}");
        assert!(config.target.redacted.ends_with("://app:***@db:7/3"), "{}", config.target.redacted);
    }
    let alone = read("redis://:secret@db").expect("a DSN");
    assert_eq!((alone.user, alone.target.redacted.as_str()), (None, "redis://:***@db:6379/0"));
    let user = read("redis://app:@db").expect("a DSN");
    assert_eq!((user.user.as_deref(), user.password.is_none()), (Some("app"), true));
    assert_eq!(user.target.redacted, "redis://app:@db:6379/0");
}

#[test]
fn a_word_before_the_at_sign_that_may_be_a_password_is_neither_guessed_nor_shown() {
    let error = read("redis://hunter2@db").expect_err("ambiguous");
    assert_eq!(error.columns(), Some(9..16));
    assert!(!format!("{error:?} {:?}", error.advice()).contains("hunter2"));
    assert!(read("redis://@db").is_ok());
}

#[test]
fn hosts_and_ports_are_read_in_all_their_forms() {
    assert_eq!(read("redis://[::1]:1/").map(|config| config.address), Ok(tcp("::1", 1)));
    assert_eq!(read("redis://[fe80::1%25eth0]").map(|config| config.address), Ok(tcp("fe80::1%eth0", 6379)));
    assert_eq!(read("redis://db:").map(|config| config.address), Ok(tcp("db", 6379)));
    assert_eq!(read("redis://[::1]:1").map(|config| config.target.redacted).as_deref(), Ok("redis://[::1]:1/0"));
    for port in ["0", "65536", "x", "-1"] {
        assert!(refused(&format!("redis://db:{port}")).starts_with("the port is not a number from 1 to 65535"));
    }
    assert_eq!(refused("redis://[::1"), "the `]` of an IPv6 address is missing at column 9");
    assert_eq!(refused("redis://[::1]x"), "only a port may follow the `]` of an IPv6 address at column 14");
    assert_eq!(refused("redis://d%40b"), "the host holds a character that no host has at column 9");
    assert_eq!(refused("redis:db"), "`://` is missing behind the scheme at column 6");
}

#[test]
fn a_socket_has_a_path_and_no_host() {
    let config = read("redis+unix://app:x@/run/redis%20a.sock?db=2&client_name=me").expect("a DSN");
    assert_eq!(config.address, Address::Socket("/run/redis a.sock".into()));
    assert_eq!((config.database, config.client_name.as_str()), (2, "me"));
    assert_eq!(config.target.redacted, "redis+unix://app:***@/run/redis%20a.sock?db=2&client_name=me");
    assert_eq!(config.target.name(), "/run/redis a.sock/2");
    assert!(refused("redis+unix://host/run/x").starts_with("a Unix socket has no host"));
    assert!(refused("redis+unix:///").starts_with("the path of the socket is missing"));
}

#[test]
fn tls_is_verified_unless_the_dsn_says_otherwise() {
    let tls = |text: &str| read(text).map(|config| config.tls.map(|tls| (tls.verify, tls.roots)));
    assert_eq!(tls("redis://db"), Ok(None));
    assert_eq!(tls("rediss://db"), Ok(Some((Verify::Full, Roots::System))));
    for text in ["insecure=true", "skip_verify=1", "ssl_cert_reqs=none", "verifyPeer=NONE"] {
        assert_eq!(tls(&format!("rediss://db?{text}")), Ok(Some((Verify::None, Roots::System))), "{text}");
    }
    assert_eq!(tls("rediss://db/#insecure"), Ok(Some((Verify::None, Roots::System))));
    let ca = Ok(Some((Verify::Ca, Roots::File("/ca.pem".into()))));
    assert_eq!(tls("valkeys://db?cacert=/ca.pem&ssl_check_hostname=false"), ca);
    assert_eq!(tls("rediss://db?ssl_ca_certs=/ca.pem&verifyPeer=CA"), ca);
    assert_eq!(refused("rediss://db#unsafe"), "what follows the `#` is not `insecure` at column 13");
    assert_eq!(refused("redis://db?cacert=/ca.pem"), "a parameter of TLS without TLS at column 12");
    assert_eq!(refused("rediss://db?key=/k.pem"), "`key` without `cert` at column 13");
    assert!(refused("redis://db#insecure").starts_with("nothing may follow a `#` here"));
}

#[test]
fn an_identity_is_one_file_or_two() {
    let identity = |text: &str| read(text).ok().and_then(|config| config.tls).and_then(|tls| tls.identity);
    let both = Identity { certificate: "/c.pem".into(), key: "/k.pem".into() };
    assert_eq!(identity("rediss://db?cert=/c.pem&key=/k.pem"), Some(both));
    let one = Identity { certificate: "/c.pem".into(), key: "/c.pem".into() };
    assert_eq!(identity("rediss://db?ssl_certfile=/c.pem"), Some(one));
}

#[test]
fn nothing_is_dropped() {
    assert_eq!(refused("redis://db?passwrod=x"), "unknown parameter `passwrod` at column 12, did you mean `password`?");
    assert_eq!(refused("redis://db?socket_timeout=5"), "unknown parameter at column 12");
    assert_eq!(refused("redis://db/1?db=1"), "the database is given in the path, too at column 14");
    assert_eq!(refused("redis://db?db=1&database=1"), "`db` is given twice at column 17");
    assert_eq!(refused("redis://:a@db?password=b"), "`password` is given before the `@`, too at column 15");
    assert_eq!(refused("redis://db?db="), "`db` has no value at column 12");
    assert_eq!(refused("redis://db?db"), "a parameter has no `=` at column 12");
    assert_eq!(refused("redis://db/x"), "the database is not a number at column 12");
    assert_eq!(refused("redis://db/+1"), "the database is not a number at column 12");
    assert!(refused("redis://db?protocol=4").starts_with("protocol is not one of 2, 3, resp2, resp3"));
    assert!(refused("redis://db?client_name=a%20b").starts_with("the client's name holds something else"));
}
