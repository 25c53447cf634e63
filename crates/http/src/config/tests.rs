use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Config, DsnError> {
    Config::read(&Dsn::parse(text).expect("a scheme"), Expectations::default())
}

fn config(text: &str) -> Config {
    read(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_url_is_read_as_everybody_reads_it() {
    for (text, host, port, path) in [
        ("http://db", "db", 80, "/"),
        ("HTTPS://DB.example/", "db.example", 443, "/"),
        ("http://db:3000/health?a=1&b", "db", 3000, "/health?a=1&b"),
        ("http://db?a=/x", "db", 80, "/?a=/x"),
        ("http://db:/a%20b", "db", 80, "/a%20b"),
        ("https://[::1]:8443/x", "::1", 8443, "/x"),
        ("https://[fe80::1%25eth0]/", "fe80::1%eth0", 443, "/"),
        ("http://my_db./", "my_db.", 80, "/"),
        ("http://db/x#", "db", 80, "/x"),
    ] {
        let config = config(text);
        let seen = (config.origin.host.as_str(), config.origin.port, config.path.expose());
        assert_eq!(seen, (host, port, path), "{text}");
    }
}

#[test]
fn the_fragment_holds_the_settings() {
    let config = config(
        "https://db/#status=200,300-399&contains=all%20ok&not-contains=error&matches=%5Eok&json=/a=1&json=/b\
         &max-body=64k&follow=3&method=options&header=X-Key:%20abc&expect-header=Content-Type:%20json&ssl-ca=/ca.pem\
         &tls=skip-verify&proxy=none&ssl-cert=/c&ssl-key=/k",
    );
    assert_eq!(config.expect.statuses.to_string(), "200,300-399");
    assert_eq!((config.expect.contains, config.expect.not_contains), (vec!["all ok".into()], vec!["error".into()]));
    assert_eq!(config.expect.json.iter().map(ToString::to_string).collect::<Vec<_>>(), ["/a=1", "/b"]);
    assert_eq!((config.expect.max_body, config.follow, config.method), (65536, 3, Method::OPTIONS));
    assert_eq!(config.expect.headers, [("content-type".to_owned(), "json".to_owned())]);
    let sent: Vec<_> = config.headers.iter().map(|it| (it.name.as_str(), it.value.expose())).collect();
    assert_eq!(sent, [("x-key", "abc")]);
    assert_eq!((config.tls.verify, config.tls.roots), (Verify::None, Roots::File("/ca.pem".into())));
    assert_eq!(config.tls.identity.map(|it| (it.certificate, it.key)), Some(("/c".into(), "/k".into())));
}

#[test]
fn a_user_is_basic_authentication() {
    // RFC 7617, section 2.
    let config = config("http://Aladdin:open%20sesame@db/");
    assert_eq!(config.headers[0].value.expose(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(config.target.redacted, "http://Aladdin:***@db/");
    assert!(config.target.has_password);
    let token = self::config("http://:hunter2@db/");
    assert_eq!((token.target.redacted.as_str(), token.target.user), ("http://:***@db/", None));
}

#[test]
fn what_is_shown_leaves_the_values_of_the_query_out() {
    let text = "https://db:444/a/b?token=hunter2&hunter2&x=#header=Authorization:%20Bearer%20hunter2&follow=1";
    let config = config(text);
    assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
    let shown = "https://db:444/a/b?token=***&***&x=***#header=Authorization:%20***&follow=1";
    assert_eq!(config.target.redacted, shown);
    assert_eq!(config.target.name(), "db:444/a/b");
}

#[test]
fn a_server_that_repeats_a_secret_is_not_quoted() {
    let config = config("http://u:p%40ss-word@db/?token=hunt%20er2&a=1#header=X-Key:%20Bearer%20k3yk3y");
    for text in ["p@ss-word", "it is p%40ss-word", "hunt er2", "hunt%20er2", "k3yk3y", "dTpwQHNzLXdvcmQ="] {
        assert!(!config.may_show(text), "{text}");
    }
    assert!(config.may_show("starting, 1 to go"), "a value of one character is no secret");
}

#[test]
fn errors_point_at_the_character_and_repeat_nothing() {
    for (text, expected) in [
        ("http:db", "`://` is missing behind the scheme at column 5"),
        ("http:///x", "the host is missing at column 8"),
        ("http://u:hunter2/x@db/", "there is a `@` behind the host at column 19"),
        ("http://u:12/hunter2@db/", "there is a `@` behind the host at column 20"),
        ("http://u:hun@ter2@db/", "there is a `@` in the host at column 18"),
        ("http://db:hunter2/", "the port is not a number from 1 to 65535 at column 11"),
        ("http://db:70000/", "the port is not a number from 1 to 65535 at column 11"),
        ("http://[::1/", "`[` without `]` at column 8"),
        ("http://[hunter2]/", "what stands in brackets is not an IPv6 address at column 9"),
        ("http://hun%zz/", "a host holds a character that no host has at column 8"),
        ("http://bücher/", "the host is not ASCII at column 8"),
        ("http://db/a b", "a character that a URL has to percent-encode at column 12"),
        ("http://db/%zz", "a character that a URL has to percent-encode at column 11"),
        ("http://a%3Ab:x@db/", "a user's name holds a character that Basic authentication does not allow at column 8"),
        ("http://db/#statu=200", "unknown parameter `statu` at column 12, did you mean `status`?"),
        ("http://db/#hunter2=200", "unknown parameter at column 12"),
        ("http://db/#status", "`status` without a value at column 12"),
        ("http://db/#status=ok", "a status is a number from 200 to 599, a range of them, or `2xx` at column 19"),
        ("http://db/#method=POST", "`method` is not one of GET, HEAD, OPTIONS at column 19"),
        ("http://db/#method=HEAD&contains=ok", "an answer to HEAD has no body to expect anything of at column 12"),
        ("http://db/#follow=21", "`follow` is not a number from 0 to 20 at column 19"),
        ("http://db/#max-body=65M", "`max-body` is not a size up to 64M at column 21"),
        ("http://db/#json=status", "a JSON pointer begins with `/`, as in `/checks/0/status` at column 17"),
        ("http://db/#matches=(", "this is not a regular expression at column 20"),
        ("http://db/#header=x", "a header without `:` at column 19"),
        ("http://db/#header=Connection:%20close", "this header is dbprobe's own to set at column 19"),
        ("http://db/#header=X:%0A", "no header can have that value at column 19"),
        ("http://db/#proxy=http://p", "`proxy` is not one of none at column 18"),
        ("http://db/#tls=true", "`tls` on a URL without TLS at column 12"),
        ("https://db/#tls=no", "`tls` is not one of true, skip-verify at column 17"),
        ("https://db/#ssl-cert=/c", "`ssl-cert` without `ssl-key` at column 13"),
        ("http://u:p@db/#header=Authorization:%20x", "a user in the URL and a header `Authorization` at column 8"),
    ] {
        let error = read(text).err().map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn a_configuration_of_somebody_elses_is_the_base_and_the_fragment_comes_on_top() {
    let base = Expectations::new().status("204".parse().expect("a status")).contains("a");
    let with = |text: &str| Config::read(&Dsn::parse(text).expect("a DSN"), base.clone()).expect(text).expect;
    assert_eq!(with("http://db/").statuses.to_string(), "204");
    let both = with("http://db/#status=200&contains=b");
    assert_eq!((both.statuses.to_string(), both.contains), ("200".to_owned(), vec!["a".to_owned(), "b".to_owned()]));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_point_outside(text in "(http|https):(//)?[ -~äö\u{202e}]{0,60}") {
        match read(&text) {
            Ok(config) => prop_assert!(Dsn::parse(&config.target.redacted).is_ok()),
            Err(error) => {
                let length = text.chars().count();
                prop_assert!(error.columns().is_none_or(|columns| columns.start >= 1 && columns.start <= length + 1));
            }
        }
    }

    #[test]
    fn what_is_shown_is_read_as_the_same_target(
        user in "[a-z@:/%é]{0,6}".prop_filter("no colon in a user", |user| !user.contains(':')),
        password in "[!-~]{4,12}",
        path in "(/[a-z0-9._~-]{0,5}){0,3}",
        key in "[a-z]{1,5}",
        text in "[!-~ äö]{1,8}",
    ) {
        let encode = |text: &str| dbprobe_core::percent_encode(text, "");
        let text = format!(
            "https://{}:{}@db:8443{path}?{key}={}#contains={}&status=200-204,301",
            encode(&user), encode(&password), encode(&password), encode(&text),
        );
        let first = config(&text);
        let again = config(&first.target.redacted);
        prop_assert_eq!(&again.target.redacted, &first.target.redacted);
        prop_assert_eq!(&again.origin, &first.origin);
        prop_assert_eq!(&again.expect.contains, &first.expect.contains);
        prop_assert_eq!(&again.expect.statuses, &first.expect.statuses);
        let shown = format!("{:?} {:?}", first, first.target).replace(&encode(&user), "");
        let behind_the_scheme = first.target.redacted.split("@db").next().unwrap_or_default().to_owned();
        prop_assert!(behind_the_scheme.ends_with(":***"), "{}", behind_the_scheme);
        let sent = format!("{key}={}", encode(&password));
        prop_assert!(!shown.contains(&sent));
    }
}
