//! What all pages share: the head, the banners, the foot, and the headers of the answer.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets::{SCRIPT, STYLE, icon};
use super::quantity::{elapsed, moment, rough, time};
use super::scene::{Links, Scene};
use super::state::State;

/// Nothing is loaded from elsewhere, nothing stands in line, and nothing can be sent.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// One page: what is different about it.
pub(super) struct Page<'scene> {
    pub(super) scene: &'scene Scene,
    pub(super) links: Links,
    /// Without the product's name.
    pub(super) title: String,
    /// Which icon the browser shows.
    pub(super) state: State,
    pub(super) content: Markup,
}

/// `page` as an answer.
pub(super) fn answer(status: StatusCode, page: &Page<'_>) -> Response {
    (status, HEADERS, document(page).into_string()).into_response()
}

/// The whole document.
pub(super) fn document(page: &Page<'_>) -> Markup {
    let Page { scene, links, title, state, content } = page;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) " · dbprobe" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                link rel="icon" type="image/svg+xml" href=(links.to(&icon(*state)));
                link rel="stylesheet" href=(links.to(&STYLE.path()));
                script src=(links.to(&SCRIPT.path())) defer {}
                // Without the script the browser loads the page again by itself.
                noscript { meta http-equiv="refresh" content="10"; }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header.top {
                    a.brand href=(links.to("")) { (brand()) "dbprobe" }
                    p #connection role="status" hidden {}
                }
                main #content data-state=(state.as_str()) tabindex="-1" {
                    (banners(scene))
                    (content)
                }
                (foot(scene, *links))
            }
        }
    }
}

fn brand() -> Markup {
    html! {
        svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" {
            path d="M4 6.5C4 4.6 7.6 3 12 3s8 1.6 8 3.5S16.4 10 12 10 4 8.4 4 6.5z" {}
            path d="M4 6.5v11C4 19.4 7.6 21 12 21s8-1.6 8-3.5v-11" {}
            path d="M4 14.5h4.5l2-3 2.6 5.4 1.9-2.4H20" {}
        }
    }
}

/// What is wrong with the exporter itself: then what the page says of targets may be old.
fn banners(scene: &Scene) -> Markup {
    let late = scene.late.len();
    let longest = scene.late.iter().map(|late| late.silence).max();
    html! {
        @if let Some(longest) = longest {
            div.banner.stale role="alert" {
                strong {
                    (if late == 1 { "1 target is".to_owned() } else { format!("{late} targets are") })
                    " not being probed"
                }
                p {
                    "No probe has ended for up to " (rough(longest)) ", so what is shown is old: "
                    @for (at, late) in scene.late.iter().take(5).enumerate() {
                        @if at > 0 { ", " }
                        b { (late.target) }
                    }
                    @if late > 5 { " and " (late - 5) " more" }
                    ". Look at the exporter's own log and load."
                }
            }
        }
        @if !scene.reload.successful {
            div.banner.reload role="alert" {
                strong { "The configuration could not be read again" }
                p {
                    "The one of "
                    (time(scene.reload.succeeded_at, &moment(scene.reload.succeeded_at)))
                    " (" (rough(elapsed(scene.reload.succeeded_at, scene.now))) " ago) is still in force. Run "
                    code { "dbprobe config check" }
                    " to see what is wrong with the new one."
                }
            }
        }
    }
}

fn foot(scene: &Scene, links: Links) -> Markup {
    html! {
        footer #foot {
            nav aria-label="Other outputs" {
                a href=(links.to("metrics")) { "Metrics" }
                a href=(links.to("health")) { "Health" }
                a href=(links.to("api/v1/targets")) { "Reports as JSON" }
            }
            p { "dbprobe " (env!("CARGO_PKG_VERSION")) " · as of " (time(scene.now, &moment(scene.now))) }
        }
    }
}
