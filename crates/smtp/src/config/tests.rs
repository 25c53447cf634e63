use super::*;

fn read(text: &str) -> Result<Config, DsnError> {
    Config::read(&Dsn::parse(text).expect("a DSN"))
}

#[test]
fn the_scheme_and_the_credentials_decide_on_tls() {
    use Encrypt::*;
    for (text, port, encrypt, verify) in [
        ("smtp://mail", 25, IfOffered, Verify::None),
        ("smtp://mail/?tls=verify", 25, IfOffered, Verify::Full),
        ("smtp://mail?ssl-ca=/ca.pem", 25, IfOffered, Verify::Full),
        ("smtp://mail:587?starttls=require", 587, Require, Verify::Full),
        ("smtp://mail?starttls=require&tls=skip-verify", 25, Require, Verify::None),
        ("smtp://mail?starttls=never", 25, Never, Verify::Full),
        ("smtp://u:p@mail", 25, Require, Verify::Full),
        ("smtp://u:p@mail?auth=none", 25, IfOffered, Verify::None),
        ("smtp://u:p@mail?starttls=never&auth=login", 25, Never, Verify::Full),
        ("smtps://mail", 465, AtOnce, Verify::Full),
        ("SMTPS://[::1]:1465?tls=skip-verify", 1465, AtOnce, Verify::None),
    ] {
        let config = read(text).expect(text);
        assert_eq!((config.port, config.encrypt, config.verify()), (port, encrypt, verify), "{text}");
    }
}

#[test]
fn what_is_shown_is_the_dsn_without_its_password() {
    let config = read("smtps://us%40er:s3cret@[fe80::1%25eth0]:1?ehlo=[192.0.2.1]&auth=plain").expect("a DSN");
    assert_eq!(config.target.redacted, "smtps://us%40er:***@[fe80::1%25eth0]:1?auth=plain&ehlo=[192.0.2.1]");
    assert_eq!((config.target.user.as_deref(), config.target.has_password), (Some("us@er"), true));
    assert_eq!(config.login.as_ref().map(|login| login.password.expose()), Some("s3cret"));
    assert_eq!(read(&config.target.redacted).expect("again").target, config.target);
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn what_is_wrong_is_pointed_at() {
    for (text, message) in [
        ("smtp:mail", "`//` is missing behind the scheme at column 6"),
        ("smtp://", "the host is missing at column 8"),
        ("smtp://mail:x", "the port is not a number from 1 to 65535 at column 13"),
        ("smtp://mail/inbox", "a path means nothing to a mail server at column 13"),
        ("smtp://u@mail", "a user without a password cannot log in to a mail server at column 8"),
        ("smtp://:p@mail", "the user is missing before the password at column 8"),
        ("smtp://u:p@mail?starttls=never", "a password would be sent in clear at column 8"),
        ("smtp://u:p@mail?starttls=never&auth=auto", "a password would be sent in clear at column 8"),
        ("smtp://mail?auth=plain", "`auth` needs a user and a password at column 18"),
        ("smtp://u:p@mail?auth=cram-md5", "auth is not one of auto, plain, login, none at column 22"),
        ("smtp://mail?startls=never", "unknown parameter `startls` at column 13, did you mean `starttls`?"),
        ("smtp://mail?starttls=no", "starttls is not one of auto, require, never at column 22"),
        ("smtps://mail?starttls=auto", "`starttls` has no place here: `smtps` is TLS from the first byte at column 23"),
        ("smtp://mail?starttls=never&tls=verify", "`tls` means nothing with starttls=never at column 32"),
        ("smtps://mail?tls=skip-verify&ssl-ca=/x", "`ssl-ca` means nothing with tls=skip-verify at column 37"),
        ("smtp://mail?ehlo=a%0D%0ANOOP", "ehlo is neither a domain nor an address in brackets at column 18"),
        ("smtp://ma il", "the host holds a character that no host has at column 8"),
    ] {
        let error = read(text).map(|config| config.target.redacted).expect_err(text);
        assert_eq!(error.to_string(), message, "{text}");
    }
}
