//! Tools that write their histories into MariaDB and PostgreSQL while the test runs.

use dbprobe_testkit::binary::{dbprobe, run};
use dbprobe_testkit::fixture::Missing;
use dbprobe_testkit::server::Server;

use crate::project::{Project, files, here};
use crate::servers::{Place, postgres, tools};

/// A tool's project in a container, and a database for it.
struct Running {
    tools: Server,
    server: Server,
    place: Place,
    project: &'static str,
}

impl Running {
    fn start(project: &'static str, place: Place) -> Result<Self, Missing> {
        let running = Self { tools: tools()?, server: place.start()?, place, project };
        for (file, content) in files(&here().join("projects").join(project)) {
            running.put(&file, &content);
        }
        Ok(running)
    }

    fn put(&self, file: &str, content: &[u8]) {
        let script = "mkdir -p \"$(dirname \"$1\")\" && cat > \"$1\"";
        let path = format!("/srv/{}/{file}", self.project);
        self.tools.exec_with_input(&["sh", "-c", script, "sh", &path], content).expect("the tool's project");
    }

    /// What the tool says in its project, well or not.
    fn tell(&self, command: &str) -> Result<String, String> {
        let url = format!("DATABASE_URL={}", self.place.url(&self.server, self.project));
        let script = format!("cd /srv/{} && {command}", self.project);
        self.tools.exec_with_input(&["env", &url, "sh", "-c", &script], b"")
    }

    /// Runs the tool in its project.
    #[track_caller]
    fn run(&self, command: &str) {
        let ran = self.tell(command);
        assert!(ran.is_ok(), "{command}: {ran:?}");
    }

    /// Lets the tool fail in the middle of a further migration. None of these tools marks that in its history, so the
    /// migration is pending as before, although the half of it stays where a server does not take tables back.
    #[track_caller]
    fn fail(&self, project: &Project, file: &str, command: &str) {
        let kind = if self.project == "rails" { "rb" } else { "py" };
        let failing = here().join("projects/failing").join(format!("{}.{kind}", self.project));
        let content = std::fs::read_to_string(failing).expect("a migration that fails");
        self.put(file, content.as_bytes());
        let said = self.tell(command).expect_err("the tool fails");
        assert!(said.contains("missing"), "{said}");
        let count = "SELECT count(*) FROM information_schema.tables WHERE table_name IN ('stock', 'shop_stock')";
        let left = self.place.ask(&self.server, count);
        assert_eq!(left.trim(), if self.place.takes_back_tables() { "0" } else { "1" });
        let below = file.strip_prefix(project.below()).map_or(file, |file| file.trim_start_matches('/'));
        project.write(below, &content);
        assert_eq!(project.guess(&self.server.dsn()).is("behind", "failed", 2).list("pending").len(), 1);
        project.remove(below);
        self.tools.exec(&["rm", &format!("/srv/{}/{file}", self.project)]).expect("the file");
    }
}

pub(crate) fn alembic(place: Place) -> Result<(), Missing> {
    let running = Running::start("alembic", place)?;
    let dsn = running.server.dsn();
    let project = Project::copy("projects/alembic", "versions");
    // Its history does not exist yet, and nobody else's files look like these.
    assert_eq!(project.guess(&dsn).is("behind", "failed", 2).list("pending").len(), 3);
    running.run("alembic upgrade +2");
    assert_eq!(project.guess(&dsn).is("behind", "failed", 2).list("pending"), ["0c0000000003"]);
    running.run("alembic upgrade head");
    project.guess(&dsn).is("current", "passed", 0);
    running.fail(&project, "versions/0d0000000004_stock.py", "alembic upgrade head");
    project.remove("0c0000000003_order_customer.py");
    assert_eq!(project.guess(&dsn).is("ahead", "warning", 0).list("ahead"), ["0c0000000003"]);
    // Two branches in the files, of which the database has none.
    let project = Project::copy("projects/alembic", "versions");
    for head in ["aa", "bb"] {
        project.write(&format!("{head}.py"), &format!("revision = '{head}'\ndown_revision = '0c0000000003'\n"));
    }
    let told = project.guess(&dsn);
    let notes = told.is("behind", "failed", 2).list("notes");
    assert!(notes.iter().any(|note| note.contains("2 heads: aa, bb")), "{notes:?}");
    running.run("alembic downgrade base");
    assert_eq!(
        Project::copy("projects/alembic", "versions").guess(&dsn).is("behind", "failed", 2).list("pending").len(),
        3
    );
    Ok(())
}

pub(crate) fn django(place: Place) -> Result<(), Missing> {
    let running = Running::start("django", place)?;
    let dsn = running.server.dsn();
    let project = Project::copy("projects", "django");
    project.guess(&dsn).is("behind", "failed", 2);
    running.run("python3 manage.py migrate shop 0001");
    assert_eq!(project.guess(&dsn).is("behind", "failed", 2).list("pending"), ["shop.0002_customer"]);
    running.run("python3 manage.py migrate");
    // The migrations of Django's own apps have no files here, and are no reason to worry.
    project.guess(&dsn).is("current", "passed", 0);
    running.fail(&project, "shop/migrations/0003_stock.py", "python3 manage.py migrate");
    project.remove("shop/migrations/0002_customer.py");
    assert_eq!(project.guess(&dsn).is("ahead", "warning", 0).list("ahead"), ["shop.0002_customer"]);
    running.run("python3 manage.py squashmigrations --no-input shop 0002 && python3 manage.py migrate");
    let project = Project::copy("projects", "django");
    let squashed =
        running.tools.exec(&["sh", "-c", "cat /srv/django/shop/migrations/0001_*squashed*.py"]).expect("a file");
    project.write("shop/migrations/0001_squashed_0002_customer.py", &squashed);
    project.remove("shop/migrations/0001_initial.py");
    project.remove("shop/migrations/0002_customer.py");
    project.guess(&dsn).is("current", "passed", 0);
    Ok(())
}

pub(crate) fn rails(place: Place) -> Result<(), Missing> {
    let running = Running::start("rails", place)?;
    let dsn = running.server.dsn();
    let project = Project::copy("projects/rails", "db/migrate");
    project.guess(&dsn).is("behind", "failed", 2);
    running.run("ruby migrate.rb 20260101000001");
    assert_eq!(project.guess(&dsn).is("behind", "failed", 2).list("pending"), ["20260101000002_create_customers.rb"]);
    running.run("ruby migrate.rb");
    let told = project.guess(&dsn);
    // The table's name is that of dbmate and golang-migrate, too.
    assert_eq!(told.is("current", "passed", 0).history["tool"], "rails");
    running.fail(&project, "db/migrate/20260101000003_create_stock.rb", "ruby migrate.rb");
    project.remove("20260101000002_create_customers.rb");
    assert_eq!(project.guess(&dsn).is("ahead", "warning", 0).list("ahead"), ["20260101000002"]);
    Ok(())
}

pub(crate) fn prerequisites() -> Result<(), Missing> {
    let server = postgres()?;
    server.ask(&["--command", "CREATE SCHEMA shop; CREATE TABLE shop.orders (id int)"]).expect("a table");
    let validate = |options: &[&str]| run(dbprobe().args(["validate", &server.dsn()]).args(options));
    let good = validate(&[
        "--server-version",
        ">=15,<19",
        "--expect-role",
        "primary",
        "--table",
        "shop.orders,pg_class",
        "--extension",
        "plpgsql>=1.0",
        "--setting",
        "wal_level=replica",
        "--setting",
        "max_connections>=50",
        "--setting",
        "shared_buffers>=16MB",
        "--free-connections",
        "20",
    ]);
    assert_eq!(good.code, Some(0), "{good:#?}");
    assert_eq!(good.stdout.matches(" passed: ").count(), 11, "{}", good.stdout);
    let bad = validate(&[
        "--server-version",
        "<15",
        "--expect-role",
        "replica",
        "--table",
        "orders",
        "--extension",
        "plpgsql>=9",
        "--extension",
        "postgis",
        "--setting",
        "max_connections>=5000",
        "--setting",
        "no_such_setting=1",
        "--free-connections",
        "5000",
    ]);
    assert_eq!((bad.code, bad.stderr.as_str()), (Some(2), ""), "{bad:#?}");
    bad.assert_no_secret("s3cret");
    assert_eq!(bad.stdout.matches(" failed: ").count(), 8, "{}", bad.stdout);
    let slow = validate(&["--max-latency", "1us", "--fail-on", "warning"]);
    assert_eq!(slow.code, Some(1), "{slow:#?}");
    Ok(())
}
