use super::*;
use crate::tls::SslMode;

fn read(text: &str) -> Result<Config, String> {
    Config::read(&Dsn::parse(text).expect(text)).map_err(|error| error.to_string())
}

fn mode(parameters: &str) -> SslMode {
    read(&format!("mysql://u@h/d?{parameters}")).expect(parameters).tls.mode
}

#[test]
fn tls_is_asked_for_in_both_vocabularies() {
    for (parameters, expected) in [
        ("", SslMode::Preferred),
        ("tls=false", SslMode::Disabled),
        ("tls=preferred", SslMode::Preferred),
        ("tls=skip-verify", SslMode::Required),
        ("tls=true", SslMode::VerifyIdentity),
        ("ssl-mode=DISABLED", SslMode::Disabled),
        ("ssl-mode=required", SslMode::Required),
        ("ssl-mode=VERIFY_CA", SslMode::VerifyCa),
        ("ssl-mode=VERIFY_IDENTITY&tls=true", SslMode::VerifyIdentity),
        ("ssl-ca=/ca.pem", SslMode::VerifyCa),
        ("ssl-ca=/ca.pem&ssl-mode=REQUIRED", SslMode::Required),
    ] {
        assert_eq!(mode(parameters), expected, "{parameters}");
    }
}

#[test]
fn values_that_cannot_be_are_errors_with_their_place() {
    for (text, expected) in [
        ("mysql://h/d?tls=custom", "tls is not one of true, false, skip-verify, preferred at column 17"),
        ("mysql://h/d?tls=true&ssl-mode=DISABLED", "`tls` and `ssl-mode` contradict each other at column 17"),
        ("mysql://h/d?ssl-key=/k", "`ssl-key` without `ssl-cert` at column 21"),
        ("mysql://h:0/d", "the port is not a number from 1 to 65535 at column 11"),
        ("mysql://h/d?connect_timeout=5s", "connect_timeout is not a whole number of seconds at column 29"),
        ("mysql://h/d?timeout=5", "timeout is not a duration such as `5s` or `1m30s` at column 21"),
    ] {
        assert_eq!(read(text).err().as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn a_target_shows_everything_but_the_password() {
    for (text, redacted, name) in [
        ("mysql://u:p@h/d?tls=false", "mysql://u:***@h:3306/d?tls=false", "h:3306/d"),
        ("mariadb://u:p@tcp([::1]:7)/d", "mariadb://u:***@[::1]:7/d", "[::1]:7/d"),
        ("mysql://u@unix(/run/m.sock)/d", "mysql://u@%2Frun%2Fm.sock/d", "/run/m.sock/d"),
        ("mysql://u@/d?socket=/run/m.sock", "mysql://u@%2Frun%2Fm.sock/d", "/run/m.sock/d"),
        ("mysql://u@h", "mysql://u@h:3306/", "h:3306"),
    ] {
        let config = read(text).expect(text);
        assert_eq!((config.target.redacted.as_str(), config.target.name().as_str()), (redacted, name), "{text}");
        let again = read(&config.target.redacted).expect("what is shown can be read");
        assert_eq!(again.address, config.address, "{text}");
    }
}
