//! What every request has to pass before it reaches a route, and what every answer carries.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;

use super::plain::plain;
use crate::web::{Admission, Web};

/// No route needs a larger body, in bytes; none reads it.
const BODY: usize = 4096;
/// A body must be there after this.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Marks a request that was not authenticated and is answered without details.
#[derive(Clone, Copy, Debug)]
pub(super) struct Undetailed;

/// Admits a request as the web configuration wants it, and adds its headers to the answer.
pub(super) async fn admit(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let terms = web.terms();
    let authorization = request.headers().get(header::AUTHORIZATION).cloned();
    let mut answer = match terms.admit(request.uri().path(), authorization.as_ref()).await {
        Admission::Unauthenticated => unauthenticated(),
        Admission::Limited => (
            [(header::RETRY_AFTER, "1")],
            plain(StatusCode::TOO_MANY_REQUESTS, "there were too many requests: `rate_limit` of the web configuration"),
        )
            .into_response(),
        admission => match bounded(request).await {
            Ok(mut request) => {
                if admission == Admission::Undetailed {
                    request.extensions_mut().insert(Undetailed);
                }
                next.run(request).await
            }
            Err(refused) => refused,
        },
    };
    for (name, value) in terms.headers() {
        answer.headers_mut().insert(name, value.clone());
    }
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

fn unauthenticated() -> Response {
    let challenge = (header::WWW_AUTHENTICATE, "Basic realm=\"dbprobe\", charset=\"UTF-8\"");
    ([challenge], plain(StatusCode::UNAUTHORIZED, "a user and a password are needed")).into_response()
}

/// The request with its body, which is small and came in time.
async fn bounded(request: Request) -> Result<Request, Response> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let refused = |status, why| ([(header::CONNECTION, "close")], plain(status, why)).into_response();
    if body.size_hint().lower() > BODY as u64 {
        return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 4096 bytes"));
    }
    match timeout(BODY_TIME, Limited::new(body, BODY).collect()).await {
        Ok(Ok(body)) => Ok(Request::from_parts(parts, Body::from(body.to_bytes()))),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 4096 bytes"))
        }
        Ok(Err(_)) => Err(refused(StatusCode::BAD_REQUEST, "the body cannot be read")),
        Err(_) => Err(refused(StatusCode::REQUEST_TIMEOUT, "the body did not come in time")),
    }
}
