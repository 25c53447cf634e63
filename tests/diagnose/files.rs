//! Files that are no database, or cannot be used as one.

use std::path::{Path, PathBuf};
use std::process::Command;

use dbprobe_testkit::binary::{dbprobe, run};
use dbprobe_testkit::fixture::Missing;

use crate::case::Said;
use crate::{expected, page};

/// A set-up: its name, and what makes it in a directory: the file to diagnose, and what keeps it as it is.
type SetUp = (&'static str, fn(&Path) -> (PathBuf, Option<rusqlite::Connection>));

const SET_UPS: &[SetUp] = &[
    ("another_ending", |at| (at.join("orders.db"), kept(database(&at.join("orders.sqlite"))))),
    ("a_slip_of_the_pen", |at| (at.join("ordres.db"), kept(database(&at.join("orders.db"))))),
    ("a_dump_in_sql", |at| (written(&at.join("orders.db"), b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"), None)),
    ("a_backup_that_is_compressed", |at| {
        (written(&at.join("orders.db"), &[b"\x1f\x8b\x08", [7; 600].as_slice()].concat()), None)
    }),
    ("a_file_of_zeros", |at| (written(&at.join("orders.db"), &[0; 8192]), None)),
    ("an_encrypted_database", |at| (written(&at.join("orders.db"), &[0xA7; 8192]), None)),
    ("a_file_on_the_way", |at| (written(&at.join("data"), b"x").join("orders.db"), None)),
    ("a_volume_that_is_not_mounted", |at| (at.join("volume/data/orders.db"), None)),
];

fn kept(connection: rusqlite::Connection) -> Option<rusqlite::Connection> {
    Some(connection)
}

fn database(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).expect("a database");
    connection.execute_batch("CREATE TABLE t (x)").expect("a table");
    connection
}

fn written(path: &Path, content: &[u8]) -> PathBuf {
    std::fs::write(path, content).expect("a file");
    path.to_owned()
}

/// Makes every file and compares what the command says of it.
pub(crate) fn every_file() -> Result<(), Missing> {
    let mut all = Vec::new();
    for (name, make) in SET_UPS {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, _kept) = make(directory.path());
        all.push(said("files", name, &mut dbprobe(), &path));
    }
    compare("files", &all);
    Ok(())
}

fn compare(section: &str, all: &[Said]) {
    let wrong = expected::compare(section, all);
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    page::compare(section, all);
}

fn said(section: &'static str, name: &str, command: &mut Command, path: &Path) -> Said {
    let dsn = format!("file:{}", path.display());
    let finished = run(command.args(["diagnose", "-o", "json"]).arg(dsn));
    Said::of(section, name, &finished.json())
}

/// Files that this user owns, for one that may not use them. Only root can be somebody else.
#[cfg(unix)]
pub(crate) fn of_others() -> Result<(), Missing> {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    let directory = tempfile::tempdir().expect("a directory");
    let allow = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
    };
    allow(directory.path(), 0o755);
    // The binary may lie where nobody else may look.
    let binary = directory.path().join("dbprobe");
    std::fs::copy(dbprobe().get_program(), &binary).expect("a copy of the binary");
    allow(&binary, 0o755);
    let somebody = || {
        let mut command = Command::new(&binary);
        command.env_clear().uid(NOBODY).gid(NOBODY);
        command
    };
    if somebody().arg("--version").output().is_err() {
        return Err(Missing::new("only root can run the command as somebody else"));
    }
    let path = directory.path().join("orders.db");
    drop(database(&path));
    let mut all = Vec::new();
    for (name, file, way) in [
        ("a_file_that_may_not_be_read", 0o600, 0o755),
        ("a_file_that_may_not_be_written", 0o644, 0o777),
        ("a_directory_that_may_not_be_written", 0o666, 0o755),
    ] {
        allow(&path, file);
        allow(directory.path(), way);
        all.push(said("others", name, &mut somebody(), &path));
    }
    compare("others", &all);
    Ok(())
}

/// A file system of its own, in a namespace of its own, which ends with the command.
#[cfg(target_os = "linux")]
pub(crate) fn on_a_full_disk() -> Result<(), Missing> {
    const SCRIPT: &str = r#"mount -t tmpfs -o size=64k tmpfs "$1" && cp "$2" "$1/orders.db" || exit 99
        head -c 1000000 /dev/zero >"$1/filler" 2>/dev/null
        exec "$3" diagnose -o json "file:$1/orders.db""#;
    let directory = tempfile::tempdir().expect("a directory");
    let (at, seed) = (directory.path().join("full"), directory.path().join("orders.db"));
    std::fs::create_dir(&at).expect("a directory");
    drop(database(&seed));
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh"]);
    command.args([&at, &seed]).arg(dbprobe().get_program());
    let output = command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").output();
    match output {
        Ok(output) if output.status.code() == Some(1) && !output.stdout.is_empty() => {
            let diagnosis = serde_json::from_slice(&output.stdout).expect("JSON");
            compare("disk", &[Said::of("disk", "a_disk_that_is_full", &diagnosis)]);
            Ok(())
        }
        output => Err(Missing::new(format!("a tmpfs cannot be mounted in a namespace here: {output:?}"))),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn on_a_full_disk() -> Result<(), Missing> {
    Err(Missing::new("only Linux has namespaces for mounts"))
}

#[cfg(not(unix))]
pub(crate) fn of_others() -> Result<(), Missing> {
    Err(Missing::new("files have other owners only on Unix"))
}
