//! What the pages say, and what they must not hold.

use std::time::Duration;

use dbprobe_core::{Class, Failure, Phase, Status};

use super::layout::{answer, document};
use super::sample::{self, board, good, passed, probed, refused, scene, waiting};
use super::scene::Scene;
use super::selection::{PAGE, Question, Selection};
use super::*;
use crate::fleet::Late;

const HOSTILE: &str = r#"<script>alert("x")</script>&' ünïcødé 💥 /.."#;

fn all(scene: &Scene) -> String {
    document(&overview::page(scene, Selection::of(&Question::default()))).into_string()
}

fn one(scene: &Scene, name: &str) -> String {
    let record = scene.records.iter().find(|record| record.name() == name).expect("the target");
    document(&detail::page(scene, record)).into_string()
}

/// Every page of the board.
fn pages() -> Vec<String> {
    let scene = board();
    let details = scene.records.iter().map(|record| one(&scene, record.name()));
    details.chain([all(&scene), document(&detail::missing(&scene)).into_string()]).collect()
}

fn sentence_of(records: Vec<crate::record::Record>) -> String {
    overview::sentence(&scene(records))
}

fn up(name: &str) -> crate::record::Record {
    probed(waiting(name, &[]), good(3, "postgres", "17.6"))
}

fn down(name: &str) -> crate::record::Record {
    probed(waiting(name, &[]), vec![refused(passed("postgres", "17.6", 0))])
}

#[test]
fn the_state_of_all_is_one_sentence() {
    assert_eq!(sentence_of(vec![]), "No targets are configured");
    assert_eq!(sentence_of(vec![up("a")]), "The target is up");
    assert_eq!(sentence_of(vec![down("a")]), "The target needs attention");
    assert_eq!(sentence_of(vec![up("a"), up("b")]), "All 2 targets are up");
    assert_eq!(sentence_of(vec![up("a"), down("b")]), "1 of 2 targets needs attention");
    assert_eq!(sentence_of(vec![down("a"), down("b")]), "All 2 targets need attention");
    assert_eq!(sentence_of(vec![up("a"), waiting("b", &[])]), "1 of 2 targets are up, 1 not probed yet");
    assert_eq!(sentence_of(vec![waiting("a", &[])]), "Waiting for the first probe");
    assert_eq!(overview::sentence(&board()), "3 of 8 targets need attention");
}

#[test]
fn the_tab_says_what_is_wrong() {
    let title = |scene: &Scene| overview::page(scene, Selection::of(&Question::default())).title;
    assert_eq!(title(&board()), "■ 1 down, 1 unknown, 1 degraded");
    assert_eq!(title(&scene(vec![up("a")])), "● all up");
    assert_eq!(title(&scene(vec![])), "no targets");
    let page = all(&board());
    assert!(page.contains("<title>■ 1 down, 1 unknown, 1 degraded · dbprobe</title>"));
    assert!(page.contains("&amp;state=down\""), "the icon");
}

#[test]
fn the_worst_stands_first_and_then_the_order_of_the_file() {
    let board = board();
    let names: Vec<&str> = board.records.iter().map(|record| record.name()).collect();
    let wanted = [
        "orders-primary",
        "mail",
        "billing",
        "warehouse",
        "orders-replica",
        "customers",
        "sessions-cache",
        "checkout-api",
    ];
    assert_eq!(names, wanted);
    let page = all(&board);
    let places: Vec<usize> = names.iter().map(|name| page.find(&format!(">{name}</a>")).expect("a row")).collect();
    assert!(places.is_sorted());
}

#[test]
fn a_failure_is_shown_with_its_phase_its_code_and_its_advice() {
    for page in [all(&board()), one(&board(), "orders-primary")] {
        let text = r#"<p class="failure"><span class="phase">tcp</span>: nobody listens on 10.20.0.17:5432 <code>(ECONNREFUSED)</code></p><p class="advice">start the server, or check the port and what stands between</p>"#;
        assert!(page.contains(text), "{page}");
        assert!(
            page.contains(r#"<time datetime="2026-11-21T03:04:09Z" title="2026-11-21 03:04:09 UTC">for 3 min</time>"#)
        );
    }
    assert!(all(&board()).contains("waiting for the first probe"));
    assert!(all(&board()).contains("the variable MAIL_DSN is not set"));
}

#[test]
fn a_state_is_never_told_by_colour_alone() {
    let page = all(&board());
    for state in state::State::ALL {
        let word = state.as_str();
        assert!(page.contains(&format!("{}<span class=\"word\">{word}</span>", state.shape().into_string())), "{word}");
    }
}

#[test]
fn the_strip_holds_the_last_sixty_results_and_fewer_stand_at_the_right() {
    let many = probed(
        waiting("many", &[]),
        good(75, "redis", "8")
            .into_iter()
            .map(|mut report| {
                report.target = "many".to_owned();
                report
            })
            .collect(),
    );
    let mut long = waiting("long", &[]);
    long.history = dbprobe_core::History::new(500);
    let long = probed(long, good(75, "redis", "8"));
    let short = probed(waiting("short", &[]), vec![refused(passed("redis", "8", 0)), passed("redis", "8", 1)]);
    for (record, results) in [(&many, 60), (&long, 60), (&short, 2)] {
        let strip = chart::strip(record).into_string();
        assert_eq!(strip.matches("<title>").count(), results, "{}", record.name());
    }
    let strip = chart::strip(&short).into_string();
    assert!(strip.contains(r#"<rect class="none" x="0" y="14" width="231" height="2">"#), "{strip}");
    let cells = [
        r#"<rect class="down" x="232" y="0" width="3" height="16"><title>2026-11-21 03:06:54 UTC · down · 351 µs</title>"#,
        r#"<rect class="up" x="236" y="6" width="3" height="10"><title>2026-11-21 03:07:09 UTC · up · "#,
    ];
    for cell in cells {
        assert!(strip.contains(cell), "{strip}");
    }
    assert!(strip.contains(r#"aria-label="the last 2 results: 1 not up""#));
}

#[test]
fn the_line_of_latencies_is_to_scale_and_has_gaps() {
    let mut reports = good(5, "redis", "8");
    for (report, micros) in reports.iter_mut().zip([100, 400, 0, 200, 400]) {
        for step in &mut report.steps {
            if step.phase == Phase::Read {
                step.duration = (micros > 0).then(|| Duration::from_micros(micros));
            }
        }
    }
    let record = probed(waiting("t", &[]), reports);
    let line = chart::sparkline(&record, Phase::Read, 21, None).into_string();
    // Of 20 units of height: 100 is a quarter of 400, the slowest.
    for points in [r#"points="222,16 226,1""#, r#"points="234,11 238,1""#, r#"points="222,21 222,16 226,1 226,21""#] {
        assert!(line.contains(points), "{line}");
    }
    assert_eq!(line.matches("<polyline").count(), 2);
    let limited = chart::sparkline(&record, Phase::Read, 21, Some(Duration::from_micros(800))).into_string();
    assert!(limited.contains(r#"y1="1" y2="1"><title>limit 800 µs"#), "{limited}");
    assert!(limited.contains(r#"points="222,18.5 226,11""#), "{limited}");
    let far = chart::sparkline(&record, Phase::Read, 21, Some(Duration::from_secs(1))).into_string();
    assert_eq!(far, line);
}

#[test]
fn connections_and_certificates_warn_in_words_and_colours() {
    let page = all(&board());
    assert!(page.contains(r#"142<span class="of"> / 151</span>"#));
    assert!(page.contains(r#"<svg class="bar tight" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" x="0" y="0" width="100" height="4"></rect><rect class="filled" x="0" y="0" width="94.04" height="4">"#));
    for (days, class, text) in [
        (86, "figure", "86 days"),
        (29, "figure warn", "29 days"),
        (6, "figure bad", "6 days"),
        (1, "figure bad", "1 day"),
        (-1, "figure bad", "expired"),
    ] {
        let mut report = passed("redis", "8", 0);
        report.tls = Some(sample::tls(days));
        let shown = row::certificate(&probed(waiting("t", &[]), vec![report])).into_string();
        assert!(shown.contains(&format!(r#"<span class="{class}">"#)) && shown.contains(text), "{shown}");
    }
    let mut plain = passed("tcp", "", 0);
    plain.tls = None;
    assert_eq!(row::certificate(&probed(waiting("t", &[]), vec![plain])).into_string(), "");
}

#[test]
fn what_is_not_known_is_absent() {
    let mut report = passed("tcp", "", 0);
    report.steps.retain(|step| step.phase <= Phase::Tcp);
    report.inspection = dbprobe_core::Inspection::default();
    (report.tls, report.address) = (None, None);
    let page = one(&scene(vec![probed(waiting("t", &[]), vec![report])]), "t");
    for word in ["connections</dt>", "size</dt>", "lag</dt>", "TLS", "unknown", ">0<", "None", "null", "NaN"] {
        assert!(!page.contains(word), "{word}: {page}");
    }
}

#[test]
fn the_waterfall_marks_what_failed_and_what_was_skipped() {
    let page = one(&board(), "orders-primary");
    assert!(page.contains(r#"<tr class="failed"><th scope="row">tcp</th>"#));
    assert!(page.contains("<strong>refused</strong>: nobody listens on 10.20.0.17:5432"));
    assert!(page.contains(
        r#"<tr class="skipped"><th scope="row" colspan="3">ping, write, read, inspect<span class="note"> skipped: not connected</span>"#
    ));
    let up = one(&board(), "customers");
    assert!(up.contains(r#"<p class="note">proven by table</p>"#));
}

#[test]
fn failures_of_one_kind_in_a_row_are_one_outage() {
    let page = one(&board(), "orders-primary");
    let table = page.split("Last failures").nth(1).expect("the table");
    assert_eq!(table.split("</table>").next().expect("its end").matches("<tr>").count(), 3, "head and two outages");
    assert!(table.contains(r#">03:04:09</time> until now</td>"#) && table.contains(r#"<td class="number">13</td>"#));
    assert!(table.contains(r#">02:54:09</time> – <time"#) && table.contains(r#"<td class="number">2</td>"#));
    let history = &probed(
        waiting("t", &[]),
        vec![
            refused(passed("redis", "8", 0)),
            sample::forbidden(passed("redis", "8", 0)),
            sample::forbidden(passed("redis", "8", 1)),
            passed("redis", "8", 2),
        ],
    )
    .history;
    let shown: Vec<_> =
        outages::outages(history).iter().map(|outage| (outage.status, outage.probes, outage.lasts)).collect();
    assert_eq!(shown, [(Status::Degraded, 2, false), (Status::Down, 1, false)]);
}

#[test]
fn answers_to_queries_are_listed_and_marked() {
    let page = one(&board(), "orders-primary");
    assert!(page.contains(r#"<tr class="beyond"><th scope="row">orders_backlog</th>"#));
    assert!(page.contains(r#"<td class="number">1204<span class="of"> at most 1000</span></td>"#));
    assert!(page.contains("relation &quot;queue&quot; does not exist (42P01)"));
}

#[test]
fn a_status_that_is_given_time_says_so() {
    let mut record = up("t");
    record.report = Some(std::sync::Arc::new(refused(passed("postgres", "17.6", 0))));
    let page = all(&scene(vec![record]));
    assert!(page.contains("The last probe found it down; it takes 1 in a row to say so."), "{page}");
    assert!(page.contains("The target is up"));
}

#[test]
fn an_exporter_in_trouble_says_so_loudly() {
    let mut scene = board();
    scene.late = vec![Late { target: "customers".to_owned(), silence: Duration::from_secs(200) }];
    scene.reload.successful = false;
    for page in [all(&scene), one(&scene, "customers")] {
        assert!(page.contains(r#"<div class="banner stale" role="alert"><strong>1 target is not being probed"#));
        assert!(page.contains("This is old: no probe has ended for 3 min."));
        assert!(page.contains("The configuration could not be read again") && page.contains("1 d 1 h ago"));
    }
    assert!(!all(&board()).contains("banner"));
}

#[test]
fn hostile_names_and_messages_stay_text() {
    let mut report = passed(HOSTILE, HOSTILE, 0);
    report.inspection.facts.insert(HOSTILE.to_owned(), HOSTILE.to_owned());
    report.address = Some(HOSTILE.to_owned());
    let failure = Failure::new(Class::Query, HOSTILE).code(HOSTILE).advise(HOSTILE);
    let report = sample::failed(report, Phase::Write, Duration::from_millis(1), failure);
    let scene = scene(vec![probed(waiting(HOSTILE, &[(HOSTILE, HOSTILE)]), vec![report])]);
    for page in [all(&scene), one(&scene, HOSTILE)] {
        assert!(page.contains("&lt;script&gt;alert(&quot;x&quot;)") && !page.contains("<script>alert"), "{page}");
        assert_eq!(page.matches("<script").count(), 1, "the page's own");
    }
    let link = "targets/%3Cscript%3Ealert%28%22x%22%29%3C%2Fscript%3E%26%27%20%C3%BCn%C3%AFc%C3%B8d%C3%A9%20%F0%9F%92%A5%20%2F..\"";
    assert!(all(&scene).contains(&format!("href=\"./{link}")));
    assert!(one(&scene, HOSTILE).contains(&format!("href=\"../api/v1/{link}")));
}

#[test]
fn nothing_stands_in_line_comes_from_elsewhere_or_is_secret() {
    for page in pages() {
        for word in
            ["style=", " onclick", " onload", "<style", "<form", "javascript:", "http://", "https://", sample::SECRET]
        {
            assert!(!page.contains(word), "{word}");
        }
        for source in page
            .match_indices("src=\"")
            .chain(page.match_indices("href=\""))
            .map(|(at, found)| &page[at + found.len()..])
        {
            assert!(["./", "../", "#"].iter().any(|start| source.starts_with(start)), "{}", &source[..40]);
        }
        assert!(
            page.contains("defer></script>")
                && page.contains(r#"<noscript><meta http-equiv="refresh" content="10"></noscript>"#)
        );
    }
    let script = include_str!("page.js");
    assert!(!script.contains("innerHTML") && !script.contains("http") && !script.contains(".style"));
    assert!(!include_str!("page.css").contains("url("));
}

#[test]
fn an_answer_has_the_headers_of_a_strict_page() {
    let scene = board();
    let answer = answer(StatusCode::OK, &overview::page(&scene, Selection::of(&Question::default())));
    let header = |name: &str| answer.headers()[name].to_str().expect("text").to_owned();
    assert_eq!(
        header("content-security-policy"),
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_eq!((header("cache-control"), header("referrer-policy")), ("no-store".to_owned(), "no-referrer".to_owned()));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
}

#[test]
fn thousands_of_targets_come_in_pages_the_worst_first() {
    let mut records: Vec<_> = (0..1_000).map(|at| up(&format!("t{at}"))).collect();
    records.push(down("the-bad-one"));
    let scene = scene(records);
    let asked = |page: Option<usize>, state| overview::page(&scene, Selection { state, page }).content.into_string();
    let rows = |content: &str| content.matches("<tbody").count();
    let first = asked(Some(0), None);
    assert_eq!(rows(&first), PAGE);
    assert!(first.find("the-bad-one").expect("a row") < first.find(">t0</a>").expect("a row"));
    assert!(
        first.contains("1–100 of 1001")
            && first.contains(r#"href="./?page=2""#)
            && first.contains(r#"href="./?all=1""#)
    );
    assert_eq!(rows(&asked(Some(10), None)), 1);
    assert_eq!(asked(Some(10), None), asked(Some(usize::MAX), None));
    assert_eq!(rows(&asked(None, None)), 1_001);
    assert_eq!(rows(&asked(Some(0), Some(state::State::Down))), 1);
    assert!(asked(Some(0), Some(state::State::Waiting)).contains("No target is waiting."));
    let full: Vec<_> =
        (0..PAGE).map(|at| probed(waiting(&format!("t{at}"), &[]), good(60, "postgres", "17.6"))).collect();
    let bytes = overview::page(&super::sample::scene(full), Selection { state: None, page: Some(0) })
        .content
        .into_string()
        .len();
    assert!(bytes < 1_500_000, "{bytes} bytes");
}
