//! One browser session: what a person sees, and what the browser did for it.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// Whatever is waited for: the page asks every five seconds, and the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether pages may run scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scripts {
    Run,
    Blocked,
}

/// What the system prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Dark,
    Light,
}

/// One browser with a profile of its own.
pub(crate) struct Browser {
    client: Client,
    requests: std::cell::RefCell<Vec<String>>,
}

impl Browser {
    /// A browser that `driver` starts.
    pub(crate) async fn open_by(driver: SocketAddr, scripts: Scripts) -> Self {
        let mut options = json!({
            "args": ["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"],
        });
        if scripts == Scripts::Blocked {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        let capabilities = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let capabilities = capabilities.as_object().cloned().unwrap_or_default();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&format!("http://{driver}")).await;
        Self { client: client.expect("a session"), requests: Default::default() }
    }

    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    pub(crate) async fn title(&self) -> String {
        self.client.title().await.expect("a title")
    }

    pub(crate) async fn source(&self) -> String {
        self.client.source().await.expect("a document")
    }

    /// What stands in the first element of `css`.
    pub(crate) async fn text(&self, css: &str) -> String {
        let found = self.client.find(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("{css}: {error}")).text().await.expect("its text")
    }

    pub(crate) async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(css)).await.expect("elements") {
            texts.push(element.text().await.expect("its text"));
        }
        texts
    }

    pub(crate) async fn has(&self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    pub(crate) async fn click_link(&self, text: &str) {
        self.client.find(Locator::LinkText(text)).await.expect("a link").click().await.expect("a page behind it");
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("a script")
    }

    /// Waits for the target `name` among the elements of `css`.
    pub(crate) async fn until(&self, css: &str, name: &str) {
        let script = "return [...document.querySelectorAll(arguments[0])]
            .some((row) => row.querySelector('th.name > a')?.textContent === arguments[1])";
        self.wait(&format!("{name} is {css}"), script, vec![json!(css), json!(name)]).await;
    }

    pub(crate) async fn until_title(&self, title: &str) {
        self.wait(title, "return document.title === arguments[0]", vec![json!(title)]).await;
    }

    pub(crate) async fn until_text(&self, css: &str, text: &str) {
        let script = "return document.querySelector(arguments[0])?.textContent.includes(arguments[1])";
        self.wait(text, script, vec![json!(css), json!(text)]).await;
    }

    pub(crate) async fn until_hidden(&self, css: &str) {
        self.wait(css, "return document.querySelector(arguments[0]).hidden", vec![json!(css)]).await;
    }

    /// Waits until the page was made later than now.
    pub(crate) async fn until_newer(&self) {
        let now = "return document.querySelector('#foot time').dateTime";
        let before = self.run(now).await;
        self.wait("a newer page", &format!("{now} !== arguments[0]"), vec![before]).await;
    }

    /// Waits until the page has asked for itself again, and taken over what it wants of the answer.
    pub(crate) async fn until_asked_again(&self) {
        let before = self.requests_for("/").await;
        // The next but one: then the answer to the next has come.
        self.until_requests_for("/", before + 2).await;
    }

    pub(crate) async fn until_requests_for(&self, path: &str, count: usize) {
        let end = tokio::time::Instant::now() + PATIENCE;
        while self.requests_for(path).await < count {
            assert!(tokio::time::Instant::now() < end, "fewer than {count} requests for {path}");
        }
    }

    async fn wait(&self, what: &str, script: &str, arguments: Vec<Value>) {
        let end = tokio::time::Instant::now() + PATIENCE;
        // Each question is a round trip through the driver, which is pause enough.
        while self.client.execute(script, arguments.clone()).await.expect("a script") != json!(true) {
            assert!(tokio::time::Instant::now() < end, "not within {PATIENCE:?}: {what}\n{}", self.source().await);
        }
    }

    /// Leaves a mark that does not survive a new document.
    pub(crate) async fn mark(&self) {
        self.run("window.marked = true").await;
    }

    pub(crate) async fn is_marked(&self) -> bool {
        self.run("return window.marked === true").await == json!(true)
    }

    /// How wide the page is, with what sticks out.
    pub(crate) async fn width(&self) -> u64 {
        self.run("return document.documentElement.scrollWidth").await.as_u64().expect("a number")
    }

    /// Leaves a picture of the whole page.
    pub(crate) async fn picture(&self, name: &str, width: u64, theme: Theme) {
        let scheme = json!({ "name": "prefers-color-scheme", "value": format!("{theme:?}").to_lowercase() });
        self.tell("Emulation.setEmulatedMedia", json!({ "features": [scheme] })).await;
        self.resize(width, 800).await;
        let height = self.run("return document.documentElement.scrollHeight").await.as_u64().expect("a number");
        self.resize(width, height).await;
        self.screenshot(name).await;
    }

    async fn resize(&self, width: u64, height: u64) {
        let scale = if width < 500 { 2 } else { 1 };
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500 });
        self.tell("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// Leaves a picture of what is in the window.
    pub(crate) async fn screenshot(&self, name: &str) {
        let picture = self.client.screenshot().await.expect("a picture");
        let directory = directory();
        fs::create_dir_all(&directory).expect("a directory");
        fs::write(directory.join(format!("{}.png", name.to_lowercase())), picture).expect("a file");
    }

    /// How often `path` was asked for.
    pub(crate) async fn requests_for(&self, path: &str) -> usize {
        let requests = self.requests().await;
        requests.iter().filter(|url| Url::parse(url).is_ok_and(|url| url.path() == path)).count()
    }

    /// Everything that the browser has asked for.
    async fn requests(&self) -> Vec<String> {
        for entry in self.log("performance").await {
            let message: Value =
                serde_json::from_str(entry["message"].as_str().unwrap_or_default()).unwrap_or_default();
            let message = &message["message"];
            if message["method"] == "Network.requestWillBeSent" {
                let url = message["params"]["request"]["url"].as_str().unwrap_or_default();
                self.requests.borrow_mut().push(url.to_owned());
            }
        }
        self.requests.borrow().clone()
    }

    /// Ends it, and looks at what it did: nothing to complain of, and nobody asked but `host`.
    pub(crate) async fn end(self, host: &str) {
        let complaints: Vec<Value> = self.log("browser").await;
        assert!(complaints.is_empty(), "the console: {complaints:#?}");
        let requests = self.requests().await;
        assert!(!requests.is_empty());
        for url in requests {
            let allowed = url.starts_with(&format!("http://{host}/")) || url.starts_with("data:");
            assert!(allowed, "the page asked for {url}");
        }
        self.close().await;
    }

    /// Ends it.
    pub(crate) async fn close(self) {
        self.client.close().await.expect("its end");
    }

    /// The entries since the last call.
    async fn log(&self, kind: &'static str) -> Vec<Value> {
        let entries = self.issue("se/log", json!({ "type": kind })).await;
        entries.as_array().cloned().unwrap_or_default()
    }

    /// A command of the DevTools protocol.
    async fn tell(&self, command: &str, parameters: Value) {
        self.issue("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await;
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Vendor { path, body }).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

/// A command that only this driver has.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// `target/screenshots`.
fn directory() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    // target/debug/deps/page-123 -> target
    test.ancestors().nth(3).expect("a test lies in target/<profile>/deps").join("screenshots")
}
