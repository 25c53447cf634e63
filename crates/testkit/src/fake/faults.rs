//! What can be wrong with a fake: its fault table.

use std::sync::Arc;
use std::time::Duration;

use dbprobe_core::{Class, Phase, Status, WriteMode};

use super::scene::{Fake, PASSWORD};
use super::world::{Act, World, lock};
use crate::fixture::{Fault, Fixture, Missing, Prepared};

/// What can be wrong with a fake.
pub const FAULTS: &[Fault<Fake>] = &[
    Fault::new("a_wrong_password", Phase::Auth, Class::Auth, Status::Down, |fake: &Fake| {
        Box::pin(async { Ok(Prepared::new(fake.dsn_with("wrong"))) })
    })
    .code("F001"),
    Fault::new("a_server_that_is_starting", Phase::Auth, Class::Starting, Status::Down, |fake: &Fake| {
        Box::pin(async { scripted(fake, Phase::Auth, Class::Starting) })
    }),
    Fault::new("a_write_that_is_not_allowed", Phase::Write, Class::Permission, Status::Degraded, |fake: &Fake| {
        Box::pin(async { scripted(fake, Phase::Write, Class::Permission) })
    })
    .code("F100"),
    Fault::new("a_damaged_page", Phase::Read, Class::Corrupt, Status::Down, |fake: &Fake| {
        Box::pin(async { scripted(fake, Phase::Read, Class::Corrupt) })
    }),
    Fault::new("facts_that_may_not_be_seen", Phase::Inspect, Class::Permission, Status::Degraded, |fake: &Fake| {
        Box::pin(async { scripted(fake, Phase::Inspect, Class::Permission) })
    }),
    Fault::new("a_driver_that_panics", Phase::Write, Class::Internal, Status::Down, |fake: &Fake| {
        Box::pin(async {
            fake.script(Phase::Write, [Act::Panic]);
            Ok(Prepared::new(fake.dsn()))
        })
    }),
    Fault::new("a_server_that_hangs_in_the_read", Phase::Read, Class::Timeout, Status::Down, |fake: &Fake| {
        Box::pin(async {
            fake.script(Phase::Read, [Act::Hang]);
            Ok(Prepared::new(fake.dsn()).plan(|plan| plan.timeout = Duration::from_millis(500)))
        })
    }),
    Fault::new("a_password_changed_while_a_session_is_kept", Phase::Auth, Class::Auth, Status::Down, |fake: &Fake| {
        Box::pin(async {
            let world = Arc::clone(&fake.world);
            Ok(Prepared::new(fake.dsn()).after_a_good_probe(move || Box::pin(async move { NewPassword::set(world) })))
        })
    })
    .code("F001"),
    Fault::new("a_table_that_is_not_there", Phase::Write, Class::NotFound, Status::Degraded, |fake: &Fake| {
        Box::pin(async {
            fake.reset().await;
            Ok(Prepared::new(fake.dsn()).plan(|plan| {
                plan.create_health_table = false;
                plan.write = WriteMode::Table;
            }))
        })
    })
    .code("F004"),
];

/// The next step of `phase` is refused with `class`.
fn scripted(fake: &Fake, phase: Phase, class: Class) -> Result<Prepared, Missing> {
    fake.script(phase, [Act::Fail(class, "F100".to_owned(), "the script says so".to_owned())]);
    Ok(Prepared::new(fake.dsn()))
}

/// Another password, and no session that knows the old one, until it is dropped.
struct NewPassword(Arc<World>);

impl NewPassword {
    fn set(world: Arc<World>) -> Self {
        *lock(&world.password) = "another".to_owned();
        world.sessions().values().for_each(|open| open.kill.notify_one());
        Self(world)
    }
}

impl Drop for NewPassword {
    fn drop(&mut self) {
        *lock(&self.0.password) = PASSWORD.to_owned();
    }
}
