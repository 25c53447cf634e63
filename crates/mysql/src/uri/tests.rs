use super::*;

fn read(text: &str) -> Vec<(&'static str, String)> {
    settings(text).expect(text).into_iter().map(|setting| (setting.name, setting.value)).collect()
}

fn pairs(expected: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    expected.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[test]
fn both_spellings_are_read() {
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("mysql://", &[]),
        ("mysql://db", &[("host", "db")]),
        ("mysql://db:3307/orders", &[("port", "3307"), ("host", "db"), ("database", "orders")]),
        ("mysql://u:p@/orders", &[("user", "u"), ("password", "p"), ("database", "orders")]),
        (
            "mariadb://u%40x:p%3A%2F%40@[::1]:1/d?ssl-mode=REQUIRED",
            &[
                ("user", "u@x"),
                ("password", "p:/@"),
                ("port", "1"),
                ("host", "::1"),
                ("database", "d"),
                ("ssl-mode", "REQUIRED"),
            ],
        ),
        (
            "mysql://u@%2Frun%2Fmysqld%2Fmysqld.sock/d",
            &[("user", "u"), ("path", "/run/mysqld/mysqld.sock"), ("database", "d")],
        ),
        (
            "mysql://u:p@tcp(db:3306)/d?tls=skip-verify",
            &[
                ("user", "u"),
                ("password", "p"),
                ("port", "3306"),
                ("host", "db"),
                ("database", "d"),
                ("tls", "skip-verify"),
            ],
        ),
        (
            "mysql://u:a@b:c/d?e%40f@tcp([fe80::1%25eth0]:3306)/d",
            &[
                ("user", "u"),
                ("password", "a@b:c/d?e%40f"),
                ("port", "3306"),
                ("host", "fe80::1%25eth0"),
                ("database", "d"),
            ],
        ),
        (
            "mysql://u:p@tcp(x)@unix(/run/my sql.sock)/d",
            &[("user", "u"), ("password", "p@tcp(x)"), ("path", "/run/my sql.sock"), ("database", "d")],
        ),
        ("mysql://tcp(db)/", &[("host", "db"), ("database", "")]),
        (
            "mysql://u:p@tcp(db)/a%2Fb?ssl-ca=/etc/ca.pem",
            &[("user", "u"), ("password", "p"), ("host", "db"), ("database", "a/b"), ("ssl-ca", "/etc/ca.pem")],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text), pairs(expected), "{text}");
    }
}

#[test]
fn errors_point_at_the_character_and_repeat_nothing() {
    let cases = [
        ("mysql:u:hunter2@h/d", "`://` is missing behind the scheme at column 6"),
        ("mysql://u:hun@ter2@h/d", "there is a `@` in the host at column 19"),
        ("mysql://u:hunter2/x@h/d", "the port is not a number at column 11"),
        ("mysql://h:hunter2", "the port is not a number at column 11"),
        ("mysql://u:12/hun@ter2@h/d", "there is a `@` behind the host at column 17"),
        ("mysql://u:hunter2%zz@h", "`%` is not followed by two hexadecimal digits at column 18"),
        ("mysql://[::1/d", "`[` without `]` at column 9"),
        ("mysql://u:hunter2@tcp(h/d", "`(` without `)` at column 23"),
        ("mysql://u:hunter2@tcp(h)x/d", "only `/` and a database may stand behind `)` at column 25"),
        ("mysql://u:hunter2@tcp(h)/d/e", "there is a `/` in the database's name at column 27"),
        ("mysql://a,b/d", "several hosts in one DSN at column 10"),
        ("mysql://h/d?sslmode=x", "unknown parameter `sslmode` at column 13, did you mean `ssl-mode`?"),
        ("mysql://h/d?hunter2=x", "unknown parameter at column 13"),
        ("mysql://h/d?hunter2", "a parameter without `=` at column 13"),
        ("mysql://h/d?allowAllFiles=true", "dbprobe does not carry out the parameter `allowAllFiles` at column 27"),
    ];
    for (text, expected) in cases {
        let error = settings(text).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(expected), "{text}");
    }
}
