//! The planted password is in nothing that is printed or saved.

use dbprobe_testkit::binary::run;
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::secrecy::assert_no_secret;

use crate::world::{PASSWORD, command, with};

pub(crate) fn nowhere() -> Result<(), Missing> {
    with(|world| {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("base.json");
        let path = file.display().to_string();
        for server in world.servers() {
            // A wrong user, so that the server refuses; and a statement that holds the password and is refused, too.
            let dsn = server.dsn();
            let wrong = dsn.replacen("://postgres:", "://somebody:", 1).replacen("://root:", "://somebody:", 1);
            let wrong = wrong.replacen("://default:", "://somebody:", 1);
            let statement = format!("nope {PASSWORD}");
            for (dsn, code) in [(&dsn, 1), (&wrong, 2)] {
                for more in [&["-v"][..], &["-o", "json"]] {
                    let options = ["-n", "2", "--warmup", "0", "--query", &statement, "--save", &path];
                    let finished = run(command(dsn, &options).args(more));
                    assert_eq!(finished.code, Some(code), "a run on {}", server.address());
                    // A server may quote a piece of the statement: that is the user's own, not the DSN's.
                    if code == 2 {
                        finished.assert_no_secret(PASSWORD);
                    }
                }
            }
            for more in [&["-v"][..], &["-o", "json"]] {
                let finished = run(command(&dsn, &["-n", "2", "--warmup", "0"]).args(more));
                finished.assert_no_secret(PASSWORD);
            }
            let health =
                run(dbprobe_testkit::binary::dbprobe().args(["health", "@env:PLACE", "-v"]).env("PLACE", &wrong));
            assert_eq!(health.code, Some(2), "the health of {}", server.address());
            health.assert_no_secret(PASSWORD);
        }
        assert_no_secret(&std::fs::read_to_string(&file).expect("it was saved"), "nope");
    })
}
