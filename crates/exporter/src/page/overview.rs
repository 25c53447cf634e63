//! The page of all targets.

use maud::{Markup, html};

use super::layout::Page;
use super::row::rows;
use super::scene::{Links, Scene};
use super::selection::{Picked, Selection};
use super::state::State;

/// The page of all targets, or of those that were asked for.
pub(super) fn page(scene: &Scene, selection: Selection) -> Page<'_> {
    let links = Links::FROM_TOP;
    let picked = selection.pick(scene);
    let content = html! {
        (summary(scene, selection))
        @if picked.records.is_empty() {
            (nothing(scene, selection))
        } @else {
            (list(scene, &picked, links))
            (pager(&picked, selection))
        }
    };
    Page { scene, links, title: title(scene), state: scene.worst(), content }
}

/// The state of all in a sentence that a tired person understands.
pub(super) fn sentence(scene: &Scene) -> String {
    let all = scene.records.len();
    let bad = scene.records.iter().filter(|record| State::of(record).needs_attention()).count();
    let (up, waiting) = (scene.count(State::Up), scene.count(State::Waiting));
    match (all, bad, waiting) {
        (0, _, _) => "No targets are configured".to_owned(),
        (1, 1, _) => "The target needs attention".to_owned(),
        (_, 1, _) => format!("1 of {all} targets needs attention"),
        (_, bad, _) if bad > 1 && bad == all => format!("All {all} targets need attention"),
        (_, bad, _) if bad > 1 => format!("{bad} of {all} targets need attention"),
        (1, _, 1) => "Waiting for the first probe".to_owned(),
        (_, _, waiting) if waiting == all => format!("Waiting for the first probes of {all} targets"),
        (_, _, waiting) if waiting > 0 => format!("{up} of {all} targets are up, {waiting} not probed yet"),
        (1, _, _) => "The target is up".to_owned(),
        _ => format!("All {all} targets are up"),
    }
}

/// The state of all in a few characters, for a tab.
fn title(scene: &Scene) -> String {
    let worst = scene.worst();
    let counts: Vec<String> = State::ALL
        .into_iter()
        .filter(|state| state.needs_attention())
        .map(|state| (scene.count(state), state))
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {}", state.as_str()))
        .collect();
    match (counts.is_empty(), scene.records.is_empty(), worst) {
        (false, _, _) => format!("{} {}", worst.sign(), counts.join(", ")),
        (true, true, _) => "no targets".to_owned(),
        (true, false, State::Waiting) => format!("{} waiting", worst.sign()),
        (true, false, _) => format!("{} all up", worst.sign()),
    }
}

fn summary(scene: &Scene, selection: Selection) -> Markup {
    let all = Selection { state: None, page: Some(0) };
    html! {
        section.summary.(scene.worst().as_str()) aria-labelledby="state" {
            div.sentence { (scene.worst().shape()) h1 #state { (sentence(scene)) } }
            nav.counts aria-label="Targets by state" {
                a #count-all href=(all.link()) aria-current=[selection.state.is_none().then_some("true")] {
                    b { (scene.records.len()) } " all"
                }
                @for state in State::ALL {
                    @let count = scene.count(state);
                    // A state in which nothing is has no place on the page, unless it was asked for.
                    @if count > 0 || selection.state == Some(state) {
                        a.(state.as_str()) id={ "count-" (state.as_str()) }
                            href=(Selection { state: Some(state), page: Some(0) }.link())
                            aria-current=[(selection.state == Some(state)).then_some("true")]
                        { (state.shape()) b { (count) } " " (state.as_str()) }
                    }
                }
            }
        }
    }
}

fn list(scene: &Scene, picked: &Picked<'_>, links: Links) -> Markup {
    html! {
        table.targets {
            caption.hidden { "Targets, the worst first" }
            thead {
                tr {
                    th scope="col" { "State" }
                    th scope="col" { "Target" }
                    th scope="col" { "Last 60 probes" }
                    th scope="col" { "Latency" }
                    th scope="col" { "Connections" }
                    th scope="col" { "Certificate" }
                }
            }
            @for record in &picked.records { (rows(record, scene, links)) }
        }
    }
}

fn nothing(scene: &Scene, selection: Selection) -> Markup {
    html! {
        p.empty {
            @match selection.state {
                Some(state) => { "No target is " (state.as_str()) "." },
                None if scene.records.is_empty() => "Add targets to the configuration file; they appear here by themselves.",
                None => "There is nothing here.",
            }
        }
    }
}

fn pager(picked: &Picked<'_>, selection: Selection) -> Markup {
    let to = |page: Option<usize>| Selection { page, ..selection }.link();
    html! {
        @if picked.pages > 1 {
            nav.pager aria-label="Pages" {
                @match picked.page {
                    Some(page) => {
                        span { (picked.first + 1) "–" (picked.first + picked.records.len()) " of " (picked.of) }
                        @if page > 0 { a rel="prev" href=(to(Some(page - 1))) { "Previous" } }
                        @if page + 1 < picked.pages { a rel="next" href=(to(Some(page + 1))) { "Next" } }
                        a href=(to(None)) { "Show all on one page" }
                    },
                    None => {
                        span { "All " (picked.of) }
                        a href=(to(Some(0))) { "Show in pages" }
                    },
                }
            }
        }
    }
}
