use std::time::Duration;

use super::given::UNSUPPORTED;
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

#[test]
fn defaults_are_libpq_s() {
    let config = read("postgres://app@db").expect("a DSN");
    assert_eq!((config.database.as_str(), config.hosts[0].port, config.tls.mode), ("app", 5432, SslMode::Prefer));
    assert_eq!(config.application, "dbprobe");
    assert_eq!(config.target.redacted, "postgres://app@db:5432/app");
}

#[test]
fn a_dsn_without_a_host_goes_to_the_sockets() {
    let config = read("postgres:///orders?user=app").expect("a DSN");
    let sockets: Vec<_> = config.hosts.iter().filter_map(Host::socket).collect();
    assert_eq!(sockets, ["/var/run/postgresql/.s.PGSQL.5432", "/tmp/.s.PGSQL.5432"].map(PathBuf::from));
    let one = read("postgres://app@%2Frun%2Fpg:6432/orders").expect("a DSN");
    assert_eq!(one.hosts[0].socket(), Some(PathBuf::from("/run/pg/.s.PGSQL.6432")));
    assert_eq!(one.target.redacted, "postgres://app@%2Frun%2Fpg:6432/orders");
    assert_eq!(one.target.reading_host(), Some("/run/pg"));
}

trait ReadingHost {
    fn reading_host(&self) -> Option<&str>;
}

impl ReadingHost for Target {
    fn reading_host(&self) -> Option<&str> {
        self.endpoints.first().map(|endpoint| endpoint.host.as_str())
    }
}

#[test]
fn hosts_addresses_and_ports_are_paired() {
    let config = read("postgres://a:1,b:2,[::1]:3/d?user=u&hostaddr=10.0.0.1,,10.0.0.3").expect("a DSN");
    let places: Vec<_> =
        config.hosts.iter().map(|host| (host.name.as_str(), host.address.is_some(), host.port)).collect();
    assert_eq!(places, [("a", true, 1), ("b", false, 2), ("::1", true, 3)]);
    assert!(refused("postgres://a,b/d?user=u&port=1,2,3").starts_with("3 ports do not fit 2 hosts"));
    assert!(refused("postgres://a,b/d?user=u&hostaddr=::1,::2,::3").contains("host values do not fit 3 hosts"));
    assert!(refused("postgres://u@h:0/d").starts_with("the port is not a number from 1 to 65535"));
    assert!(refused("postgres://u@h:65536/d").starts_with("the port is not a number from 1 to 65535"));
    assert_eq!(refused("postgres://u@h/d?hostaddr=nope"), "hostaddr is not an IP address at column 27");
}

#[test]
fn what_cannot_be_a_host_is_refused_and_not_shown() {
    for text in ["postgres://u:p@hun%40ter2/d", "postgres://u@h/d?host=hun%40ter2", "postgres://u@hun%0ater2/d"] {
        let error = refused(text);
        assert!(error.starts_with("a host holds a character that no host has at column"), "{error}");
    }
}

#[test]
fn tls_words_are_checked_with_their_place() {
    let tls = |text: &str| read(text).map(|config| (config.tls.mode, config.tls.root));
    assert_eq!(
        tls("postgres://u@h/?sslmode=verify-ca&sslrootcert=/ca.pem"),
        Ok((SslMode::VerifyCa, RootCertificate::File("/ca.pem".into())))
    );
    assert_eq!(tls("postgres://u@h/?sslrootcert=system"), Ok((SslMode::VerifyFull, RootCertificate::System)));
    assert_eq!(tls("postgres://u@h/?requiressl=1"), Ok((SslMode::Require, RootCertificate::Default)));
    assert_eq!(
        refused("postgres://u@h/?sslmode=on"),
        "sslmode is not one of disable, allow, prefer, require, verify-ca, verify-full at column 25"
    );
    assert!(refused("postgres://u@h/?sslmode=require&sslrootcert=system").contains("needs sslmode=verify-full"));
    for empty in ["sslmode", "target_session_attrs", "channel_binding", "connect_timeout", "gssencmode"] {
        refused(&format!("postgres://u@h/?{empty}="));
    }
    assert!(refused("postgres://u@h/?sslnegotiation=direct").contains("needs sslmode=require"));
}

#[test]
fn numbers_follow_libpq() {
    let timeout =
        |text: &str| read(&format!("postgres://u@h/?connect_timeout={text}")).map(|config| config.connect_timeout);
    assert_eq!(timeout("3"), Ok(Some(Duration::from_secs(3))));
    assert_eq!((timeout("0"), timeout("-1")), (Ok(None), Ok(None)));
    assert_eq!(refused("postgres://u@h/?connect_timeout=3s"), "connect_timeout is not a whole number at column 33");
}

#[test]
fn what_is_not_carried_out_is_refused_by_name() {
    for name in UNSUPPORTED {
        let error = refused(&format!("postgres://u@h/?{name}=hunter2"));
        assert!(error.contains(&format!("`{name}`")) && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn every_parameter_of_libpq_is_carried_out_or_refused_and_none_is_dropped() {
    // `krbsrvname`, `gsslib` and `servicefile`-like settings have no effect without what they belong to.
    const WITHOUT_EFFECT: &[&str] = &["krbsrvname", "gsslib"];
    for name in crate::uri::PARAMETERS.iter().filter(|name| !WITHOUT_EFFECT.contains(name)) {
        let odd = format!("postgres://u@h/?{name}=odd!");
        let taken_as_text = [
            "host",
            "dbname",
            "user",
            "password",
            "passfile",
            "options",
            "application_name",
            "fallback_application_name",
            "sslcert",
            "sslkey",
            "sslrootcert",
        ];
        assert_eq!(read(&odd).is_ok(), taken_as_text.contains(name), "{name}");
    }
}

#[test]
fn a_password_is_in_nothing_that_can_be_shown() {
    let spellings = [
        "postgres://app:pl4nted@h/d",
        "postgresql://app:pl4nted@h1:1,h2:2/d?target_session_attrs=any",
        "postgres://h/d?user=app&password=pl4nted",
        "postgres://app:first@h/d?password=pl4nted",
        "postgres://app:%70l4nted@h/d",
        "postgres://app:pl4nted@[::1]:5433/d?sslmode=disable",
        "postgres://app:pl4nted@%2Frun%2Fpg/d",
        "postgres://:pl4nted@h/d",
    ];
    for text in spellings {
        let config = read(text).expect(text);
        let shown = format!(
            "{config:?} {} {}",
            config.target.name(),
            serde_json::to_string(&config.target.reading()).expect("JSON")
        );
        assert!(!shown.contains("pl4nted") && !shown.contains("%70l4nted"), "{shown}");
        assert!(config.target.has_password, "{text}");
        assert_eq!(config.password.as_ref().map(Secret::expose), Some("pl4nted"), "{text}");
    }
}
