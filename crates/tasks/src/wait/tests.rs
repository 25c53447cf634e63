//! Waits on a paused clock: no test takes longer than its work.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dbprobe_core::{
    Class, Driver, Endpoint, Failure, Inspection, Level, Lookup, Phase, Pong, Session, Steps, Target, WriteProof,
    WriteRequest, Written,
};
use dbprobe_testkit::fake::{Act, Fake};
use jiff::Timestamp;

use super::*;

/// What a scripted server does at one connect.
#[derive(Clone, Copy, Debug)]
enum Scene {
    /// It lets nobody in.
    Fails(Class),
    /// It never answers.
    Hangs,
    /// It is usable, and started in this second.
    Up(i64),
    /// The same with networking off.
    Temporary(i64),
    /// It answers, but no write is allowed.
    Denied,
}

/// A server that does one scene after the other, and the last one for ever.
#[derive(Debug)]
struct Scripted {
    target: Target,
    scenes: Mutex<VecDeque<Scene>>,
}

fn database(host: &str, scenes: &[Scene]) -> Database {
    let target = Target {
        engine: "scripted",
        endpoints: vec![Endpoint { host: host.to_owned(), port: None }],
        user: None,
        has_password: false,
        database: None,
        parameters: BTreeMap::new(),
        redacted: String::new(),
    };
    Database::new(Arc::new(Scripted { target, scenes: Mutex::new(scenes.iter().copied().collect()) }))
}

#[async_trait]
impl Driver for Scripted {
    fn target(&self) -> &Target {
        &self.target
    }

    async fn reach(&self, steps: &mut Steps) -> Result<(), Failure> {
        self.connect(steps).await.map(drop)
    }

    async fn connect(&self, steps: &mut Steps) -> Result<Box<dyn Session>, Failure> {
        let scene = {
            let mut scenes = self.scenes.lock().expect("no panic");
            if scenes.len() > 1 { scenes.pop_front() } else { scenes.front().copied() }
        };
        steps.connected_to(self.target.endpoints[0].host.clone());
        let work = async {
            match scene {
                Some(Scene::Fails(class)) => Err(Failure::new(class, "as scripted")),
                Some(Scene::Hangs) | None => std::future::pending().await,
                Some(scene) => Ok(Box::new(Open(scene)) as Box<dyn Session>),
            }
        };
        steps.run(Phase::Auth, work).await
    }
}

struct Open(Scene);

#[async_trait]
impl Session for Open {
    async fn ping(&mut self) -> Result<Pong, Failure> {
        Ok(Pong::new())
    }

    async fn write(&mut self, request: &WriteRequest) -> Result<Written, Failure> {
        match self.0 {
            Scene::Denied => Err(Failure::new(Class::Permission, "permission denied")),
            _ => Ok(Written::new(request, WriteProof::Table, "")),
        }
    }

    async fn read(&mut self, _: Option<&Written>) -> Result<(), Failure> {
        Ok(())
    }

    async fn inspect(&mut self) -> Result<Inspection, Failure> {
        let mut facts = Inspection::default();
        if let Scene::Up(second) | Scene::Temporary(second) = self.0 {
            facts.started_at = Timestamp::from_millisecond(second * 1_000 + 1).ok();
        }
        Ok(facts)
    }

    async fn look_up(&mut self, wanted: &[Lookup]) -> Result<Vec<Option<String>>, Failure> {
        let answer = if matches!(self.0, Scene::Temporary(_)) { "off" } else { "on" };
        Ok(wanted.iter().map(|one| (*one == Lookup::Network).then(|| answer.to_owned())).collect())
    }

    async fn close(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}

/// Waits, and returns the end, and each target's attempts with what failed.
async fn run(databases: &[Database], options: &WaitOptions) -> (Wait, Vec<(usize, Option<Class>)>) {
    let mut seen = Vec::new();
    let ended = wait(databases, options, |progress| {
        seen.push((progress.index, progress.failure.map(|failure| failure.class)));
    })
    .await;
    (ended, seen)
}

fn states(ended: &Wait) -> Vec<(WaitState, u32)> {
    ended.targets.iter().map(|target| (target.state, target.attempts)).collect()
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_after_successes_in_a_row() {
    use Scene::{Fails, Up};
    let database = database("db", &[Fails(Class::Refused), Up(1), Fails(Class::Reset), Up(1), Up(1)]);
    let (ended, seen) = run(&[database], &WaitOptions::default()).await;
    assert_eq!((ended.outcome, states(&ended)), (WaitOutcome::Ready, vec![(WaitState::Ready, 5)]));
    let failures: Vec<Option<Class>> = seen.into_iter().map(|(_, class)| class).collect();
    assert_eq!(failures, [Some(Class::Refused), None, Some(Class::Reset), None, None]);
    assert!(ended.targets[0].failure.is_none());
    assert_eq!(ended.targets[0].server.as_ref().and_then(|server| server.address.as_deref()), Some("db"));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_was_started_again_counts_from_one() {
    let database = database("db", &[Scene::Up(1), Scene::Up(2), Scene::Up(2), Scene::Up(2)]);
    let options = WaitOptions { stable: 3, ..WaitOptions::default() };
    let (ended, _) = run(&[database], &options).await;
    assert_eq!((ended.outcome, states(&ended)), (WaitOutcome::Ready, vec![(WaitState::Ready, 4)]));
}

#[tokio::test(start_paused = true)]
async fn the_fake_server_of_the_suites_is_waited_for_too() {
    let fake = Fake::in_memory();
    let starting = || Act::Fail(Class::Starting, "57P03".to_owned(), "the database system is starting up".to_owned());
    fake.script(Phase::Auth, [starting(), Act::Hang, starting()]);
    let dsn = dbprobe_core::Dsn::parse(&fake.dsn()).expect("a DSN");
    let registry = dbprobe_core::Registry::new(&[&dbprobe_testkit::fake::ENGINE]);
    let database = Database::new(registry.open(&dsn).expect("a driver"));
    let (ended, seen) = run(&[database], &WaitOptions::default()).await;
    assert_eq!(ended.outcome, WaitOutcome::Ready);
    let failures: Vec<Option<Class>> = seen.into_iter().map(|(_, class)| class).collect();
    assert_eq!(failures, [Some(Class::Starting), Some(Class::Timeout), Some(Class::Starting), None, None]);
    assert_eq!(fake.open_sessions(), 0, "every session was closed");
}

#[tokio::test(start_paused = true)]
async fn its_time_is_for_the_whole_and_the_reason_is_the_last_that_was_found() {
    let begun = Instant::now();
    let hangs = database("db", &[Scene::Fails(Class::Starting), Scene::Hangs]);
    let options = WaitOptions { timeout: Duration::from_secs(3), ..WaitOptions::default() };
    let (ended, _) = run(&[hangs], &options).await;
    assert_eq!(ended.outcome, WaitOutcome::TimedOut);
    assert!(begun.elapsed() >= options.timeout && begun.elapsed() <= options.timeout + Duration::from_millis(50));
    let class = ended.targets[0].failure.as_ref().map(|failure| failure.class);
    assert_eq!(class, Some(Class::Starting), "an attempt that was cut short hides no reason");
    let (ended, _) = run(&[database("db", &[Scene::Up(1), Scene::Hangs])], &options).await;
    let target = &ended.targets[0];
    assert_eq!((target.in_a_row, &target.failure), (1, &None), "nor that it was usable");
}

#[tokio::test(start_paused = true)]
async fn one_attempt_does_not_eat_the_whole_time() {
    let database = database("db", &[Scene::Hangs, Scene::Up(1)]);
    let (ended, seen) = run(&[database], &WaitOptions::default()).await;
    assert_eq!((ended.outcome, seen[0].1), (WaitOutcome::Ready, Some(Class::Timeout)));
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_ends_it_at_once_at_whatever_step() {
    for (scene, class) in [(Scene::Fails(Class::Auth), Class::Auth), (Scene::Denied, Class::Permission)] {
        let begun = Instant::now();
        let databases = [database("a", &[scene]), database("b", &[Scene::Hangs])];
        let (ended, _) = run(&databases, &WaitOptions::default()).await;
        assert_eq!(ended.outcome, WaitOutcome::Failed);
        assert_eq!(states(&ended), [(WaitState::Failed, 1), (WaitState::Waiting, 0)]);
        assert_eq!(ended.targets[0].failure.as_ref().map(|failure| failure.class), Some(class));
        assert!(begun.elapsed() < Duration::from_millis(100), "the other one is not waited for");
    }
}

#[tokio::test(start_paused = true)]
async fn keep_going_waits_through_permanent_failures() {
    let scenes = [Scene::Fails(Class::Auth), Scene::Fails(Class::NotFound), Scene::Up(1)];
    let options = WaitOptions { keep_going: true, ..WaitOptions::default() };
    let (ended, _) = run(&[database("db", &scenes)], &options).await;
    assert_eq!((ended.outcome, states(&ended)), (WaitOutcome::Ready, vec![(WaitState::Ready, 4)]));
}

#[tokio::test(start_paused = true)]
async fn any_needs_one_and_fails_when_all_have() {
    let options = WaitOptions { wait_for: WaitFor::Any, ..WaitOptions::default() };
    let databases =
        [database("a", &[Scene::Fails(Class::Auth)]), database("b", &[Scene::Hangs]), database("c", &[Scene::Up(1)])];
    let (ended, _) = run(&databases, &options).await;
    assert_eq!(ended.outcome, WaitOutcome::Ready);
    let found: Vec<WaitState> = ended.targets.iter().map(|target| target.state).collect();
    assert_eq!(found, [WaitState::Failed, WaitState::Waiting, WaitState::Ready]);
    let databases = [database("a", &[Scene::Fails(Class::Auth)]), database("b", &[Scene::Fails(Class::NotFound)])];
    let (ended, _) = run(&databases, &options).await;
    assert_eq!((ended.outcome, states(&ended)), (WaitOutcome::Failed, vec![(WaitState::Failed, 1); 2]));
}

#[tokio::test(start_paused = true)]
async fn all_needs_every_one() {
    let slow = [Scene::Fails(Class::Refused), Scene::Fails(Class::Starting), Scene::Up(1)];
    let databases = [database("a", &[Scene::Up(1)]), database("b", &slow)];
    let (ended, _) = run(&databases, &WaitOptions::default()).await;
    assert_eq!(ended.outcome, WaitOutcome::Ready);
    assert_eq!(states(&ended), [(WaitState::Ready, 2), (WaitState::Ready, 4)]);
    assert!(ended.targets[0].elapsed_ms < ended.targets[1].elapsed_ms);
}

#[tokio::test(start_paused = true)]
async fn over_a_socket_a_temporary_server_does_not_count() {
    // Each attempt connects twice: once to ask for the network, once to probe.
    let scenes = [Scene::Temporary(1), Scene::Temporary(1), Scene::Up(9)];
    let (ended, seen) = run(&[database("/run/pg", &scenes)], &WaitOptions::default()).await;
    assert_eq!(ended.outcome, WaitOutcome::Ready);
    let failures: Vec<Option<Class>> = seen.into_iter().map(|(_, class)| class).collect();
    assert_eq!(failures, [Some(Class::Starting), Some(Class::Starting), None, None]);
    let options = WaitOptions { socket_only: true, ..WaitOptions::default() };
    let (ended, seen) = run(&[database("/run/pg", &[Scene::Temporary(1)])], &options).await;
    assert_eq!((ended.outcome, seen.len()), (WaitOutcome::Ready, 2));
    let (ended, _) = run(&[database("db", &[Scene::Temporary(1)])], &WaitOptions::default()).await;
    assert_eq!((ended.outcome, states(&ended)), (WaitOutcome::Ready, vec![(WaitState::Ready, 2)]));
}

#[tokio::test(start_paused = true)]
async fn over_a_socket_a_permanent_failure_has_to_last() {
    let not_yet = [Scene::Fails(Class::NotFound), Scene::Fails(Class::NotFound), Scene::Up(1)];
    let (ended, _) = run(&[database("/run/pg", &not_yet)], &WaitOptions::default()).await;
    assert_eq!(ended.outcome, WaitOutcome::Ready);
    let begun = Instant::now();
    let (ended, _) = run(&[database("/run/pg", &[Scene::Fails(Class::Auth)])], &WaitOptions::default()).await;
    assert_eq!(ended.outcome, WaitOutcome::Failed);
    let patience = WaitOptions::SOCKET_PATIENCE;
    assert!(
        begun.elapsed() >= patience && begun.elapsed() < patience + Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn until_down_counts_what_is_gone_and_not_who_refuses() {
    let options = WaitOptions { until: WaitUntil::Down, ..WaitOptions::default() };
    let scenes = [
        Scene::Up(1),
        Scene::Fails(Class::Refused),
        Scene::Up(1),
        Scene::Fails(Class::Reset),
        Scene::Fails(Class::NotFound),
    ];
    let (ended, _) = run(&[database("db", &scenes)], &options).await;
    assert_eq!((ended.outcome, states(&ended)), (WaitOutcome::Ready, vec![(WaitState::Ready, 5)]));
    let (ended, _) = run(&[database("db", &[Scene::Fails(Class::Auth)])], &options).await;
    assert_eq!((ended.outcome, states(&ended)), (WaitOutcome::Failed, vec![(WaitState::Failed, 1)]));
    let (ended, _) = run(&[database("db", &[Scene::Up(1)])], &options).await;
    assert_eq!(ended.outcome, WaitOutcome::TimedOut);
    let degraded = [Scene::Denied];
    let (ended, _) = run(&[database("db", &degraded)], &WaitOptions { keep_going: true, ..options }).await;
    assert_eq!(ended.outcome, WaitOutcome::TimedOut, "one that answers is not gone");
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_it_in_the_middle_of_an_attempt_and_of_a_pause() {
    for scene in [Scene::Hangs, Scene::Fails(Class::Refused)] {
        let begun = Instant::now();
        let database = database("db", &[scene]);
        let interrupt = database.plan.interrupt.clone();
        let databases = [database];
        let options = WaitOptions { interval: Duration::from_secs(30), ..WaitOptions::default() };
        let fire = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            interrupt.fire();
        };
        let ((ended, _), ()) = tokio::join!(run(&databases, &options), fire);
        assert_eq!(ended.outcome, WaitOutcome::Interrupted);
        assert!(begun.elapsed() < Duration::from_millis(200), "{scene:?}: {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn limits_of_the_configuration_are_not_waited_for() {
    let mut database = database("db", &[Scene::Up(1)]);
    database.plan.thresholds.response = Some(Duration::ZERO);
    database.plan.thresholds.ping = Some(Duration::ZERO);
    database.plan.concerns = vec![Failure::new(Class::Query, "a query failed")];
    let (ended, _) = run(&[database], &WaitOptions::default()).await;
    assert_eq!(ended.outcome, WaitOutcome::Ready);
}

#[tokio::test(start_paused = true)]
async fn a_level_that_does_not_inspect_counts_successes_only() {
    let mut database = database("db", &[Scene::Up(1), Scene::Up(2), Scene::Up(3)]);
    database.plan.level = Level::Ping;
    let (ended, _) = run(&[database], &WaitOptions::default()).await;
    assert_eq!((ended.outcome, states(&ended)), (WaitOutcome::Ready, vec![(WaitState::Ready, 2)]));
}

#[tokio::test(start_paused = true)]
async fn the_json_has_its_names_and_leaves_out_what_is_not_known() {
    let (ended, _) = run(&[database("db", &[Scene::Fails(Class::Auth)])], &WaitOptions::default()).await;
    let json = serde_json::to_value(&ended).expect("JSON");
    assert_eq!(json["schema"], "dbprobe.wait/v1");
    assert_eq!((&json["outcome"], &json["targets"][0]["state"]), (&"failed".into(), &"failed".into()));
    assert_eq!(json["targets"][0]["failure"]["class"], "auth");
    assert_eq!(json["targets"][0]["failure"]["permanent"], true);
    assert!(json["targets"][0]["server"].get("started_at").is_none(), "{json}");
    let (ended, _) = run(&[], &WaitOptions::default()).await;
    assert_eq!(ended.outcome, WaitOutcome::Ready, "there is nobody to wait for");
}
