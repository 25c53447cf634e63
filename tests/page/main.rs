//! The status page in a real browser: it renders, follows what happens, says when it cannot, and asks nobody else.
//!
//! It leaves pictures in `target/screenshots`.

#![allow(clippy::expect_used, clippy::panic, reason = "a broken assumption ends the test with its place")]

mod browser;
mod world;

use std::process::ExitCode;

use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::trials::Trials;

use crate::browser::{Scripts, Theme};
use crate::world::{PASSWORD, World, with};

/// The width of a small phone, in points.
const PHONE: u64 = 360;
const DESK: u64 = 1360;
const WALL: u64 = 2560;

fn main() -> ExitCode {
    // The suite's name and the server's title are those of the row in xtask's table of images.
    let code = Trials::new("serve", "the status page in Chromium")
        .test("it_renders_in_both_themes_from_phones_to_walls", renders)
        .test("it_follows_a_database_that_is_stopped_and_started_again", follows)
        .test("a_target_has_a_page_of_its_own", target)
        .test("it_keeps_the_focus_and_what_is_being_copied", keeps)
        .test("it_is_complete_without_scripts", without_scripts)
        .test("it_says_when_the_exporter_is_gone_and_comes_back_by_itself", gone)
        .main();
    world::end();
    code
}

fn renders() -> Result<(), Missing> {
    with(async |world| {
        world.settled().await;
        let browser = world.browser(Scripts::Run).await;
        browser.open(&world.url("")).await;
        assert_eq!(browser.text("#state").await, "2 of 4 targets need attention");
        assert_eq!(browser.title().await, "■ 1 down, 1 degraded · dbprobe");
        assert_eq!(
            browser.texts("tbody.target th.name > a").await,
            ["warehouse", "billing", "orders", "sessions"],
            "the worst first"
        );
        assert!(browser.text("tbody.down .failure").await.starts_with("tcp: "));
        assert!(browser.text("tbody.degraded .failure").await.contains("a replica was expected"));
        assert!(browser.has("tbody.up svg.strip rect.up").await && browser.has("tbody.up svg.sparkline").await);
        for theme in [Theme::Light, Theme::Dark] {
            for (name, width) in [("phone", PHONE), ("desk", DESK), ("wall", WALL)] {
                browser.picture(&format!("targets-{name}-{theme:?}"), width, theme).await;
                assert!(browser.width().await <= width, "the page is wider than a {name}");
            }
        }
        assert!(!browser.source().await.contains(PASSWORD));
        browser.end(&world.host()).await;
    })
}

fn follows() -> Result<(), Missing> {
    with(async |world| {
        world.settled().await;
        let browser = world.browser(Scripts::Run).await;
        browser.open(&world.url("")).await;
        browser.until("tbody.up", "sessions").await;
        browser.mark().await;
        world.sessions.kill();
        browser.until("tbody.down", "sessions").await;
        browser.until_title("■ 2 down, 1 degraded · dbprobe").await;
        browser.picture("targets-outage-Light", DESK, Theme::Light).await;
        world.sessions.start_again();
        browser.until("tbody.up", "sessions").await;
        browser.until_title("■ 1 down, 1 degraded · dbprobe").await;
        assert!(browser.is_marked().await, "the page was loaded again instead of being brought up to date");
        browser.end(&world.host()).await;
    })
}

fn target() -> Result<(), Missing> {
    with(async |world| {
        world.settled().await;
        let browser = world.browser(Scripts::Run).await;
        browser.open(&world.url("")).await;
        browser.click_link("orders").await;
        assert!(browser.text("#state").await.starts_with("orders is up"));
        let phases = browser.texts(".waterfall th[scope=row]").await;
        assert!(phases.ends_with(&["ping", "write", "read", "inspect"].map(str::to_owned)), "{phases:?}");
        assert!(browser.text("section[aria-labelledby=server]").await.contains("primary"));
        browser.picture("target-up-Light", DESK, Theme::Light).await;
        browser.open(&world.url("targets/warehouse")).await;
        assert!(browser.text("#state").await.starts_with("warehouse is down"));
        assert!(browser.has(".waterfall tr.failed").await && browser.has(".failures").await);
        browser.picture("target-down-Dark", DESK, Theme::Dark).await;
        browser.picture("target-down-phone-Light", PHONE, Theme::Light).await;
        assert!(browser.width().await <= PHONE, "the page is wider than a phone");
        browser.end(&world.host()).await;
    })
}

fn keeps() -> Result<(), Missing> {
    with(async |world| {
        world.settled().await;
        let browser = world.browser(Scripts::Run).await;
        browser.open(&world.url("")).await;
        browser.run("document.querySelector('tbody.up th.name > a').focus()").await;
        browser.until_newer().await;
        assert_eq!(browser.run("return document.activeElement.textContent").await, "orders");
        browser.run("getSelection().selectAllChildren(document.querySelector('.failure'))").await;
        let copied = browser.run("return getSelection().toString()").await;
        browser.until_asked_again().await;
        assert_eq!(browser.run("return getSelection().toString()").await, copied);
        browser.end(&world.host()).await;
    })
}

fn without_scripts() -> Result<(), Missing> {
    with(async |world| {
        world.settled().await;
        let browser = world.browser(Scripts::Blocked).await;
        browser.open(&world.url("")).await;
        assert_eq!(browser.title().await, "■ 1 down, 1 degraded · dbprobe");
        browser.screenshot("targets-without-scripts").await;
        let before = browser.requests_for("/").await;
        browser.until_requests_for("/", before + 1).await;
        assert_eq!(browser.requests_for("/assets/page.js").await, 0);
        browser.end(&world.host()).await;
    })
}

fn gone() -> Result<(), Missing> {
    with(async |world| {
        world.settled().await;
        let (serve, config) = world.another();
        let browser = world.browser(Scripts::Run).await;
        let url = format!("http://{}/", serve.address());
        browser.open(&url).await;
        let address = serve.address();
        assert_eq!(serve.stop().code, Some(0));
        browser.until_text("#connection", "Connection lost since").await;
        browser.until_title("✕ connection lost · dbprobe").await;
        browser.picture("targets-lost-Light", DESK, Theme::Light).await;
        let _again = World::serve_at(address, &config);
        browser.until_hidden("#connection").await;
        assert!(browser.title().await.ends_with("· dbprobe") && !browser.title().await.contains('✕'));
        browser.close().await;
    })
}
