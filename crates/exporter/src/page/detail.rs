//! The page of one target.

use dbprobe_core::{Inspection, Report, percent_encode};
use maud::{Markup, html};

use super::chart::{sparkline, strip};
use super::facts::{self, Fact};
use super::layout::Page;
use super::outages::{Outage, outages};
use super::quantity::{clock, elapsed, moment, rough, span, time};
use super::row::{advise, kind, limit, since, trouble};
use super::scene::{Links, Scene, telling_phase};
use super::state::State;
use super::waterfall::waterfall;
use crate::record::{Answer, Record};

/// The height of the line of latencies.
const LINE: usize = 60;
/// How many outages are listed.
const OUTAGES: usize = 20;

/// The page of one target.
pub(super) fn page<'scene>(scene: &'scene Scene, record: &Record) -> Page<'scene> {
    let state = State::of(record);
    let links = Links::FROM_TARGET;
    let content = html! {
        nav.crumbs aria-label="Way back" { a href=(links.to("")) { "← All targets" } }
        (head(record, scene))
        div.panels {
            @if let Some(report) = &record.report {
                (last_probe(report, scene))
                (past(record, scene))
            }
            (failures(record, scene))
            (answers(&record.answers, scene))
            @if let Some(report) = &record.report {
                @let seen = last_seen(record);
                @let title = |title| seen_title(title, report, seen.as_ref(), scene);
                (panel("server", &title("Server"), &facts::server(seen.as_ref(), record, scene.now)))
                (panel("tls", &title("TLS"), &facts::tls(seen.as_ref())))
            }
            (panel("settings", "What is asked and expected", &facts::settings(record)))
            (panel("counts", "Since the exporter started", &facts::counts(record, scene.now)))
        }
        (outputs(record, links))
    };
    Page { scene, links, title: format!("{} {} {}", state.sign(), record.name(), state.as_str()), state, content }
}

/// The page that says there is no such target. What was asked for is not repeated: it may be a DSN with a password.
pub(super) fn missing(scene: &Scene) -> Page<'_> {
    let links = Links::FROM_TARGET;
    let content = html! {
        nav.crumbs aria-label="Way back" { a href=(links.to("")) { "← All targets" } }
        section.summary { div.sentence { h1 { "There is no target of this name" } } }
        p.empty { "It may have been renamed or removed from the configuration." }
    };
    Page { scene, links, title: "no such target".to_owned(), state: State::Waiting, content }
}

fn head(record: &Record, scene: &Scene) -> Markup {
    let state = State::of(record);
    html! {
        section.summary.(state.as_str()) aria-labelledby="state" {
            div.sentence {
                (state.shape())
                h1 #state { (record.name()) " " span.word { "is " (state_word(state)) } " " (since(record, scene)) }
            }
            (kind(record))
            @let words = trouble(record, scene);
            @if !words.is_empty() { div.trouble { @for word in words { (word) } } }
        }
    }
}

fn state_word(state: State) -> &'static str {
    if state == State::Waiting { "not probed yet" } else { state.as_str() }
}

fn last_probe(report: &Report, scene: &Scene) -> Markup {
    let ago = rough(elapsed(report.checked_at, scene.now));
    html! {
        section.panel.wide aria-labelledby="last" {
            h2 #last { "Last probe" }
            p.aside { (time(report.checked_at, &format!("{ago} ago"))) " · " (span(report.duration)) " in all" }
            (waterfall(report))
            @if !report.attempts.is_empty() {
                h3 { "Hosts tried in vain before" }
                ul.attempts {
                    @for attempt in &report.attempts {
                        li { b { (attempt.endpoint) } " " (attempt.failure) " · " (span(attempt.duration)) }
                    }
                }
            }
        }
    }
}

fn past(record: &Record, scene: &Scene) -> Markup {
    let moments = record.history.moments();
    let oldest = record.history.moments().next();
    let phase = telling_phase(record);
    html! {
        section.panel.wide aria-labelledby="past" {
            h2 #past { "Last " (moments.len().min(super::chart::CELLS)) " probes" }
            @if let Some(phase) = phase {
                @let most = record.history.latencies(phase).flatten().max().unwrap_or_default();
                p.aside { (phase.as_str()) " latency, at most " (span(most)) }
                (sparkline(record, phase, LINE, limit(record, phase)))
            }
            (strip(record))
            @if let Some(oldest) = oldest {
                p.scale { "since " (time(oldest.checked_at, &clock(oldest.checked_at, scene.now))) " UTC" }
            }
        }
    }
}

/// The last report that tells anything about the server: while it is down people want to know what it was.
fn last_seen(record: &Record) -> Option<Report> {
    let tells = |report: &Report| report.address.is_some() || report.inspection != Inspection::default();
    let last = record.report.as_deref().filter(|report| tells(report)).cloned();
    last.or_else(|| record.history.reports().rev().find(tells))
}

/// `title`, and when that was if it was not in the last probe.
fn seen_title(title: &str, last: &Report, seen: Option<&Report>, scene: &Scene) -> String {
    match seen {
        Some(seen) if seen.checked_at != last.checked_at => {
            format!("{title}, as seen {} ago", rough(elapsed(seen.checked_at, scene.now)))
        }
        _ => title.to_owned(),
    }
}

fn panel(id: &str, title: &str, facts: &[Fact]) -> Markup {
    html! {
        @if !facts.is_empty() {
            section.panel aria-labelledby=(id) {
                h2 id=(id) { (title) }
                dl { @for fact in facts { div.(fact.class) { dt { (fact.name) } dd { (fact.value) } } } }
            }
        }
    }
}

fn answers(answers: &[Answer], scene: &Scene) -> Markup {
    html! {
        @if !answers.is_empty() {
            section.panel.wide aria-labelledby="queries" {
                h2 #queries { "Queries" }
                table.plain {
                    thead { tr { th scope="col" { "Query" } th scope="col" { "Labels" } th.number scope="col" { "Value" } th scope="col" { "Asked" } } }
                    tbody { @for answer in answers { (answer_rows(answer, scene)) } }
                }
            }
        }
    }
}

/// One row a sample; of very long answers the beginning.
fn answer_rows(answer: &Answer, scene: &Scene) -> Markup {
    const MOST: usize = 20;
    let settings = &answer.settings;
    let asked = time(answer.asked_at, &format!("{} ago", rough(elapsed(answer.asked_at, scene.now))));
    html! {
        @match &answer.result {
            Ok(samples) => {
                @for sample in samples.iter().take(MOST) {
                    @let beyond = settings.min.is_some_and(|min| sample.value < min)
                        || settings.max.is_some_and(|max| sample.value > max);
                    tr.beyond[beyond] {
                        th scope="row" { (settings.name) }
                        td { @for (name, value) in &sample.labels { span.chip { i { (name) } " " (value) } } }
                        td.number { (sample.value) (facts::range(settings)) }
                        td { (asked) }
                    }
                }
                @if samples.len() > MOST {
                    tr { th scope="row" { (settings.name) } td colspan="3" { "and " (samples.len() - MOST) " rows more" } }
                }
                @if samples.is_empty() {
                    tr { th scope="row" { (settings.name) } td colspan="2" { "no rows" } td { (asked) } }
                }
            },
            Err(failure) => tr.beyond {
                th scope="row" { (settings.name) }
                td colspan="2" { (failure) @if let Some(advice) = &failure.advice { (advise(advice)) } }
                td { (asked) }
            },
        }
    }
}

fn failures(record: &Record, scene: &Scene) -> Markup {
    let outages = outages(&record.history);
    html! {
        @if !outages.is_empty() {
            section.panel.wide aria-labelledby="failures" {
                h2 #failures { "Last failures" }
                table.plain.failures {
                    thead { tr { th scope="col" { "State" } th scope="col" { "When (UTC)" } th scope="col" { "What" } th.number scope="col" { "Probes" } } }
                    tbody { @for outage in outages.iter().take(OUTAGES) { (outage_row(outage, scene)) } }
                }
                @if outages.len() > OUTAGES { p.aside { "and " (outages.len() - OUTAGES) " before" } }
            }
        }
    }
}

fn outage_row(outage: &Outage, scene: &Scene) -> Markup {
    let state = State::from(outage.status);
    html! {
        tr {
            td.state { (state.shape()) (state.as_str()) }
            td.when {
                (time(outage.from, &clock(outage.from, scene.now)))
                @if outage.lasts { " until now" } @else if outage.probes > 1 {
                    " – " (time(outage.until, &clock(outage.until, scene.now)))
                }
            }
            td {
                (outage.failure)
                @if let Some(advice) = &outage.failure.advice { (advise(advice)) }
            }
            td.number { (outage.probes) }
        }
    }
}

fn outputs(record: &Record, links: Links) -> Markup {
    let name = percent_encode(record.name(), "");
    html! {
        nav.outputs aria-label="This target elsewhere" {
            a href=(links.to(&format!("api/v1/targets/{name}"))) { "Report as JSON" }
            a href=(links.to(&format!("api/v1/targets/{name}/history"))) { "History as JSON" }
            a href=(links.to(&format!("probe?target={name}&debug=true"))) { "Probe it now, with all steps" }
            @if let Some(report) = &record.report {
                span { "checked at " (moment(report.checked_at)) }
            }
        }
    }
}
