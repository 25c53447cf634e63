//! Who else is connected.

use std::time::Duration;

use dbprobe_core::{Activities, Activity, ActivityState, Capability, Session};
use tokio::time::{Instant, sleep};

use super::case::cases;
use super::outcome::{Stop, Verdict, broken, demand, not_here};
use super::stage::Stage;
use crate::fixture::Companion;

cases!("activity": the_own_connection_is_listed_and_marked, a_second_session_is_listed_by_user_and_application,
    an_open_transaction_is_idle_and_grows_older, a_session_that_ended_is_not_listed, what_the_role_may_not_see_is_said);

/// Between two looks: MySQL tells the same transactions again to whoever asks within 100 ms.
const PAUSE: Duration = Duration::from_millis(150);

/// A session that sees everybody.
async fn session(stage: &Stage) -> Result<Box<dyn Session>, Stop> {
    stage.needs(Capability::Activity)?;
    stage.session(stage.open(&stage.fixture().dsn_that_sees_all())?.as_ref()).await
}

async fn list(session: &mut dyn Session) -> Result<Activities, Stop> {
    let listed = session.activity().await.map_err(|failure| Stop::Broken(format!("activity failed: {failure}")))?;
    let empty = |text: &Option<String>| text.as_deref() == Some("");
    for one in &listed.list {
        let texts = [&one.user, &one.application, &one.database, &one.address, &one.waits_for];
        demand!(!one.id.is_empty() && !texts.into_iter().any(empty), "something is an empty text: {one:?}");
    }
    Ok(listed)
}

async fn the_own_connection_is_listed_and_marked(stage: &Stage) -> Verdict {
    let mut session = session(stage).await?;
    for _ in 0..2 {
        let listed = list(session.as_mut()).await?;
        let own: Vec<&Activity> = listed.list.iter().filter(|one| one.is_own).collect();
        let [own] = own.as_slice() else { return broken(format!("{} connections are the own one", own.len())) };
        demand!(own.state == ActivityState::Active, "the connection that asks is {:?}", own.state);
        demand!(own.user.is_some(), "nobody is logged in: {own:?}");
        let same = listed.list.iter().filter(|one| one.id == own.id).count();
        demand!(same == 1, "the number {} is listed {same} times", own.id);
        demand!(listed.hidden.is_none(), "a role that sees all is told: {:?}", listed.hidden);
    }
    let _ = session.close().await;
    Ok(())
}

/// The companion among the connections, as soon as `when` says so: servers may list somebody a moment later.
async fn found(
    stage: &Stage,
    session: &mut dyn Session,
    companion: &Companion,
    when: impl Fn(&Activity) -> bool,
) -> Result<Activity, Stop> {
    // The least that a server counts in is a second.
    let end = Instant::now() + stage.patience().max(Duration::from_secs(3));
    loop {
        let listed = list(session).await?.list;
        let is_it = |one: &Activity| {
            let known = companion.application.is_none() || one.application == companion.application;
            !one.is_own && known && one.user.as_deref() == Some(companion.user.as_str())
        };
        let seen: Vec<Activity> = listed.into_iter().filter(is_it).collect();
        if let Some(one) = seen.iter().find(|one| when(one)) {
            return Ok(one.clone());
        }
        if Instant::now() > end {
            let application = &companion.application;
            return broken(format!("of {} ({application:?}) there is {seen:?}", companion.user));
        }
        sleep(PAUSE).await;
    }
}

async fn a_second_session_is_listed_by_user_and_application(stage: &Stage) -> Verdict {
    let mut session = session(stage).await?;
    let companion = stage.companion().await?;
    found(stage, session.as_mut(), &companion, |_| true).await?;
    let _ = session.close().await;
    Ok(())
}

async fn an_open_transaction_is_idle_and_grows_older(stage: &Stage) -> Verdict {
    let mut session = session(stage).await?;
    let companion = stage.companion().await?;
    let is_open = |one: &Activity| one.state == ActivityState::IdleInTransaction;
    let first = found(stage, session.as_mut(), &companion, is_open).await?;
    if companion.is_timed {
        let Some(before) = first.in_transaction else {
            return broken(format!("its transaction has no age: {first:?}"));
        };
        let older = |one: &Activity| one.in_transaction.is_some_and(|now| now > before);
        found(stage, session.as_mut(), &companion, |one| is_open(one) && one.id == first.id && older(one)).await?;
    }
    let _ = session.close().await;
    Ok(())
}

async fn a_session_that_ended_is_not_listed(stage: &Stage) -> Verdict {
    let mut session = session(stage).await?;
    let companion = stage.companion().await?;
    let seen = found(stage, session.as_mut(), &companion, |_| true).await?;
    drop(companion.guard);
    let end = Instant::now() + stage.patience();
    while list(session.as_mut()).await?.list.iter().any(|one| one.id == seen.id && one.user == seen.user) {
        demand!(Instant::now() < end, "{seen:?} is still listed");
        sleep(PAUSE).await;
    }
    let _ = session.close().await;
    Ok(())
}

async fn what_the_role_may_not_see_is_said(stage: &Stage) -> Verdict {
    stage.needs(Capability::Activity)?;
    let driver = stage.driver_that_sees_little().await?;
    let companion = stage.companion().await?;
    let mut session = stage.session(driver.as_ref()).await?;
    let listed = list(session.as_mut()).await?;
    let Some(hidden) = listed.hidden else {
        return broken(format!("nothing is said of what is not seen: {:?}", listed.list));
    };
    demand!(hidden.len() > 20 && !hidden.ends_with('.'), "what is said helps nobody: {hidden:?}");
    let seen = listed.list.iter().find(|one| !one.is_own && one.user.as_deref() == Some(companion.user.as_str()));
    let masked = seen.is_none_or(|one| one.state == ActivityState::Unknown && one.in_transaction.is_none());
    demand!(masked, "the state of one that cannot be seen is told: {seen:?}");
    let _ = session.close().await;
    if listed.list.is_empty() { not_here("it may not even see itself, and says so") } else { Ok(()) }
}
