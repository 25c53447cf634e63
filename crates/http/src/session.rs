//! One connection to the server, and what it answered last.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dbprobe_core::{Class, Failure, Inspection, Level, Pong, Session, WriteRequest, Written};
use dbprobe_net::look_into;
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, Uri};

use crate::dialer::Dialer;
use crate::head::{behind_redirect, downgraded, facts, judge, leads_elsewhere, next_method, redirected};
use crate::line::Line;
use crate::redirect::Place;

/// What the header `User-Agent` says, as `application_name` does elsewhere.
const USER_AGENT: &str = concat!("dbprobe/", env!("CARGO_PKG_VERSION"));

/// One connection to the server: one request a probe.
pub(crate) struct HttpSession {
    dialer: Arc<Dialer>,
    home: Line,
    /// Where redirects led last.
    away: Option<Line>,
    /// The body of the last answer, until it is read. It belongs to `away`, where there is one.
    body: Option<Incoming>,
    facts: Inspection,
    /// Where to look, and for how long, should a peer hang up that has not said anything yet.
    unheard: Option<(SocketAddr, Duration)>,
}

impl HttpSession {
    pub(crate) fn new(dialer: Arc<Dialer>, home: Line, unheard: Option<(SocketAddr, Duration)>) -> Self {
        Self { dialer, home, away: None, body: None, facts: Inspection::default(), unheard }
    }

    /// Sends the request, and those that redirects ask for, as far as they are followed.
    async fn ask(&mut self) -> Result<(Response<Incoming>, Place), Failure> {
        let config = &self.dialer.config;
        let mut place = Place { origin: config.origin.clone(), path: config.path.expose().to_owned() };
        let mut method = config.method.clone();
        let mut hops = 0;
        loop {
            let request = self.request(&place, &method)?;
            let line = self.away.as_mut().unwrap_or(&mut self.home);
            let asked = line.ask(request, config.expect.max_body).await;
            let told = |failure| if hops == 0 { failure } else { behind_redirect(config, failure, &place) };
            let answer = asked.map_err(told)?;
            let next = match redirected(&answer, &place) {
                Some(next) if config.follow > 0 => next,
                _ => return Ok((answer, place)),
            };
            let status = answer.status();
            if place.origin.is_https && !next.origin.is_https {
                return Err(downgraded(config, status, &next));
            }
            if hops == config.follow {
                let failure = leads_elsewhere(config, status, &next);
                let advice =
                    format!("{hops} redirects were followed: look for a loop with `curl -vL`, or raise `follow`");
                return Err(failure.advise(advice));
            }
            hops += 1;
            method = next_method(&method, status);
            if next.origin != line.origin || !line.skip(answer.into_body()).await {
                let opened = self.dialer.open(&next.origin).await;
                self.away = Some(opened.map_err(|failure| behind_redirect(config, failure, &next))?);
            }
            place = next;
        }
    }

    /// What the user wants to be sent goes to the origin of the URL only: a redirect may lead to anybody.
    fn request(&self, place: &Place, method: &Method) -> Result<Request<Empty<Bytes>>, Failure> {
        let config = &self.dialer.config;
        let mut headers = HeaderMap::new();
        let unfit = |_| Failure::new(Class::Config, "the host of the URL cannot be told to a server");
        headers.insert(header::HOST, HeaderValue::from_str(&place.origin.host_header()).map_err(unfit)?);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        // The server is asked for, not a cache before it.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let given = config.headers.iter().filter(|_| place.origin == config.origin);
        for (at, sent) in given.clone().enumerate() {
            let mut value = HeaderValue::from_str(sent.value.expose()).map_err(unfit)?;
            value.set_sensitive(true);
            // Given several times, all are sent; given once, it takes the place of ours.
            match given.clone().take(at).any(|before| before.name == sent.name) {
                true => drop(headers.append(&sent.name, value)),
                false => drop(headers.insert(&sent.name, value)),
            }
        }
        let uri = Uri::try_from(&place.path).map_err(|_| {
            Failure::new(Class::Protocol, "a redirect leads to what is no URL").advise("compare with `curl -vL`")
        })?;
        let mut request = Request::new(Empty::new());
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Makes the connection free for the next question.
    async fn free(&mut self) -> Result<(), Failure> {
        let is_home = self.away.take().is_none();
        let Some(body) = self.body.take().filter(|_| is_home) else { return Ok(()) };
        if self.home.skip(body).await {
            return Ok(());
        }
        Err(Failure::new(Class::Reset, "the connection is still busy with the answer before, or was closed")
            .advise("this happens between two probes and is made good by a new connection"))
    }
}

#[async_trait]
impl Session for HttpSession {
    fn depth(&self) -> Level {
        Level::Read
    }

    async fn ping(&mut self) -> Result<Pong, Failure> {
        self.free().await?;
        let (answer, place) = match (self.ask().await, self.unheard.take()) {
            (Ok(answer), _) => answer,
            (Err(failure), Some((peer, patience))) => {
                return Err(look_into(failure, peer, "a web server", patience).await);
            }
            (Err(failure), None) => return Err(failure),
        };
        self.facts = facts(&self.dialer.config, &answer);
        judge(&self.dialer.config, &answer, &place)?;
        self.body = Some(answer.into_body());
        Ok(Pong::new())
    }

    async fn write(&mut self, _: &WriteRequest) -> Result<Written, Failure> {
        Err(Failure::new(Class::Unsupported, "nothing is written to a web server")
            .advise("probe it with `--level read`"))
    }

    async fn read(&mut self, _: Option<&Written>) -> Result<(), Failure> {
        if self.body.is_none() {
            self.ping().await?;
        }
        let Some(mut body) = self.body.take() else { return Ok(()) };
        let config = &self.dialer.config;
        let line = self.away.as_mut().unwrap_or(&mut self.home);
        let read = line.read(&mut body, config.expect.max_body).await?;
        let more = if read.is_whole { "" } else { " or more" };
        self.facts.facts.insert("body_bytes".to_owned(), format!("{}{more}", read.bytes.len()));
        config.expect.judge(&read.bytes, read.is_whole, |text| config.may_show(text))
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        Ok(self.facts.clone())
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        let Self { home, away, body, .. } = *self;
        drop(body);
        if let Some(away) = away {
            away.close().await?;
        }
        home.close().await
    }
}
