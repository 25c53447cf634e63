use super::*;

fn config(text: &str) -> Result<Config, DsnError> {
    Config::read(&Dsn::parse(text).expect(text))
}

#[test]
fn a_plain_dsn_is_encrypted_and_verified() {
    let config = config("sqlserver://sa:s3cret@db/orders").expect("a DSN");
    assert_eq!((config.host.as_str(), config.port, config.instance.as_deref()), ("db", None, None));
    assert_eq!((config.tls.encrypt, config.tls.trust), (Encrypt::Session, false));
    assert_eq!(config.target.redacted, "sqlserver://sa:***@db:1433/orders");
    assert_eq!(config.target.name(), "db:1433/orders");
}

#[test]
fn encryption_has_the_words_of_every_driver() {
    let seen = |value: &str| {
        let config = config(&format!("mssql://h?encrypt={value}")).expect(value);
        (config.tls.encrypt, config.tls.trust)
    };
    for value in ["true", "TRUE", "mandatory", "yes", "1", "t"] {
        assert_eq!(seen(value), (Encrypt::Session, false), "{value}");
    }
    for value in ["false", "optional", "No", "0", "f"] {
        assert_eq!(seen(value), (Encrypt::Login, true), "{value}");
    }
    assert_eq!(seen("strict"), (Encrypt::Strict, false));
    assert_eq!(seen("disable").0, Encrypt::Nothing);
    assert!(!config("mssql://h?encrypt=false&TrustServerCertificate=false").expect("a DSN").tls.trust);
    assert!(config("mssql://h?Trust+Server+Certificate=yes").expect("a DSN").tls.trust);
}

#[test]
fn an_instance_has_no_port_until_it_is_asked_for() {
    for text in ["sqlserver://sa@db%5Cexpress/x", "sqlserver://sa@db/x?instance=express"] {
        let config = config(text).expect(text);
        assert_eq!((config.instance.as_deref(), config.port), (Some("express"), None));
        assert_eq!(config.target.redacted, "sqlserver://sa@db/x?instance=express");
    }
    let both = config("sqlserver://sa@db:1500/x?instance=express").expect("a DSN");
    assert_eq!(both.target.endpoints[0].port, Some(1500));
}

#[test]
fn values_are_checked_where_they_stand() {
    for (text, expected) in [
        ("mssql://h?encrypt=maybe", "encrypt is not one of true, false, strict, disable at column 19"),
        ("mssql://h?packet size=100", "`packet size` is not a whole number from 512 to 32767 at column 23"),
        ("mssql://h?ApplicationIntent=x", "ApplicationIntent is not one of ReadOnly, ReadWrite at column 29"),
        ("mssql://h?fedauth=x", "dbprobe does not carry out the parameter `fedauth` at column 19"),
        ("mssql://h?tlsmin=1.3", "dbprobe carries out `tlsmin` only as 1.0, 1.1, 1.2 at column 18"),
        ("mssql://h?instance=a;b", "this is not the name of an instance at column 20"),
        ("mssql://hun%40ter2", "the host holds a character that no host has at column 9"),
    ] {
        assert_eq!(config(text).err().map(|error| error.to_string()).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn every_other_setting_is_read() {
    let config = config(
        "sqlserver://h?app name=x&ApplicationIntent=ReadOnly&connection timeout=30&dial timeout=5&keepAlive=0\
         &Workstation ID=me&packet size=8192&log=63&MultiSubnetFailover=true&certificate=/ca.pem",
    )
    .expect("a DSN");
    assert!(config.read_only_intent && config.application == "x");
    assert_eq!(config.connect_timeout, Some(Duration::from_secs(5)));
    assert_eq!((config.keepalive, config.packet_size), (Some(Duration::ZERO), Some(8192)));
    assert_eq!(config.tls.authority, Some(PathBuf::from("/ca.pem")));
}
