//! Style sheet, script and icon: compiled in, and addressed by their content, so that a browser asks for each once.

use axum::extract::{Path, Query};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::state::State;

/// One file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    hash: u64,
}

pub(super) const STYLE: Asset = Asset::new("page.css", "text/css; charset=utf-8", include_str!("page.css"));
pub(super) const SCRIPT: Asset = Asset::new("page.js", "text/javascript; charset=utf-8", include_str!("page.js"));
pub(super) const ICON: Asset = Asset::new("favicon.svg", "image/svg+xml", include_str!("favicon.svg"));

impl Asset {
    const fn new(name: &'static str, kind: &'static str, text: &'static str) -> Self {
        Self { name, kind, text, hash: hash(text.as_bytes()) }
    }

    /// Its path from the top, with its hash.
    pub(super) fn path(self) -> String {
        format!("assets/{}?v={:016x}", self.name, self.hash)
    }
}

/// The path of the icon for `state`, from the top.
pub(super) fn icon(state: State) -> String {
    format!("{}&state={}", ICON.path(), state.as_str())
}

/// FNV-1a (draft-eastlake-fnv): it tells versions apart, and is no protection against anybody.
const fn hash(bytes: &[u8]) -> u64 {
    let (mut hash, mut at) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// What stands behind the name of an asset.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Version {
    v: Option<String>,
    state: Option<String>,
}

/// `GET /assets/{name}`.
pub(super) async fn get(Path(name): Path<String>, Query(version): Query<Version>, headers: HeaderMap) -> Response {
    let Some(asset) = [STYLE, SCRIPT, ICON].into_iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let state = version.state.as_deref().and_then(State::parse).unwrap_or(State::Up);
    let text = match asset.name == ICON.name {
        true => drawn(asset.text, state),
        false => asset.text.to_owned(),
    };
    let tag = format!("\"{:016x}\"", hash(text.as_bytes()));
    let current = version.v.is_some_and(|v| v == format!("{:016x}", asset.hash));
    let caching = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known =
        headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).is_some_and(|known| known.contains(&tag));
    let fields = [(CACHE_CONTROL, caching), (ETAG, &tag), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    if known {
        return (StatusCode::NOT_MODIFIED, fields).into_response();
    }
    (fields, [(CONTENT_TYPE, asset.kind)], text).into_response()
}

/// The icon in the shape and colour of `state`.
fn drawn(template: &str, state: State) -> String {
    let colour = match state {
        State::Up => "#1a8754",
        State::Waiting => "#64748b",
        State::Degraded => "#b45309",
        State::Unknown => "#7c3aed",
        State::Down => "#d1242f",
    };
    template.replace("OUTLINE", state.outline()).replace("MARK", state.mark()).replace("COLOUR", colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(name: &str, v: Option<String>, known: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(IF_NONE_MATCH, known.parse().expect("a header"));
        }
        get(Path(name.to_owned()), Query(Version { v, state: None }), headers).await
    }

    #[tokio::test]
    async fn the_right_hash_is_kept_for_ever_and_any_other_is_asked_for_again() {
        let right = answer("page.css", Some(format!("{:016x}", STYLE.hash)), None).await;
        assert_eq!(right.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(right.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        for other in [None, Some("0".to_owned())] {
            assert_eq!(answer("page.css", other, None).await.headers()[CACHE_CONTROL], "no-cache");
        }
    }

    #[tokio::test]
    async fn what_a_browser_has_is_not_sent_again() {
        let first = answer("page.js", None, None).await;
        let tag = first.headers()[ETAG].to_str().expect("text").to_owned();
        assert_eq!(answer("page.js", None, Some(&tag)).await.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(answer("page.js", None, Some("\"0\"")).await.status(), StatusCode::OK);
        assert_eq!(answer("page.txt", None, None).await.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn every_state_has_an_icon_of_its_own() {
        let icons: std::collections::BTreeSet<String> = State::ALL.map(|state| drawn(ICON.text, state)).into();
        assert_eq!(icons.len(), State::ALL.len());
        assert!(icons.iter().all(|icon| !["OUTLINE", "MARK", "COLOUR"].iter().any(|word| icon.contains(word))));
    }

    #[test]
    fn the_hash_is_the_one_of_its_definition() {
        assert_eq!((hash(b""), hash(b"foobar")), (0xcbf2_9ce4_8422_2325, 0x8594_4171_f739_67e8));
    }
}
