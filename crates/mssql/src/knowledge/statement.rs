//! Statements, and what they are about.

use dbprobe_core::Class::{NotFound, Query, Unsupported};
use dbprobe_core::Knowledge;

use super::source::{BABELFISH, listed};

const CREATE: &str = "create it with `dbprobe init`, or give `--create-health-table`; the role may also not be allowed to \
             see it";
const SHAPE: &str = "if it is about `_health_check`: the table is not dbprobe's; compare with `dbprobe init --print`";
const TRY: &str = "try it in sqlcmd on this server";

pub(super) const ROWS: &[Knowledge] = &[
    listed!("208", NotFound, "0-to-999")
        .because("the table does not exist in this database, or the role may not see it")
        .advise(CREATE),
    listed!("1088", NotFound, "1000-to-1999")
        .because("the table does not exist in this database, or the role may not see it")
        .advise(CREATE),
    listed!("3701", NotFound, "3000-to-3999")
        .because("it does not exist, or the role may not see it")
        .advise("it is not there, or the role may not see it: check its name and schema"),
    listed!("2812", NotFound, "2000-to-2999")
        .because("the procedure does not exist, or the role may not execute it")
        .advise("check the procedure's name and the permission to execute it"),
    listed!("195", Unsupported, "0-to-999")
        .because("the function is of a newer version, or this only speaks SQL Server's protocol")
        .advise("this server does not have the function: check its version with `select @@version`"),
    listed!("948", Unsupported, "0-to-999")
        .because("the database was made by a newer version of SQL Server")
        .advise("upgrade this server, or bring the database to the one that it comes from"),
    listed!("4121", Unsupported, "4000-to-4999")
        .because("the function is of a newer version, or this only speaks SQL Server's protocol")
        .advise("this server does not have the function: check its version with `select @@version`"),
    listed!("40508", Unsupported, "31000-to-41399")
        .because("Azure SQL Database does not change databases within a session")
        .advise("name the database in the DSN"),
    listed!("40515", Unsupported, "31000-to-41399")
        .because("Azure SQL Database does not reach into other databases")
        .advise("leave the database's name out of the query, and name it in the DSN"),
    listed!("102", Query, "0-to-999")
        .because("the statement is misspelt, or is of another version or another kind of server")
        .advise(TRY),
    listed!("156", Query, "0-to-999")
        .because("the statement is misspelt, or is of another version or another kind of server")
        .advise(TRY),
    listed!("207", Query, "0-to-999").because("the table has other columns than the statement names").advise(SHAPE),
    listed!("213", Query, "0-to-999")
        .because("the table has other columns than the statement has values")
        .advise(SHAPE),
    listed!("245", Query, "0-to-999")
        .because("a text cannot be read as the type that the statement wants")
        .advise("check the values and the casts of the query"),
    listed!("515", Query, "0-to-999").because("a column that must have a value gets none").advise(SHAPE),
    listed!("547", Query, "0-to-999")
        .because("a foreign key or a CHECK constraint does not allow the row")
        .advise(SHAPE),
    listed!("2601", Query, "2000-to-2999").because("a row with this unique key is there already").advise(SHAPE),
    listed!("2627", Query, "2000-to-2999").because("a row with this key is there already").advise(SHAPE),
    listed!("2628", Query, "2000-to-2999").because("a text is longer than its column").advise(SHAPE),
    listed!("2714", Query, "2000-to-2999")
        .because("an object of this name exists already, perhaps made by another prober at the same moment")
        .advise("try again; if it stays, check whose it is"),
    listed!("8152", Query, "8000-to-8999").because("a text is longer than its column").advise(SHAPE),
    Knowledge::new("33557097", "", Query, BABELFISH)
        .because("Babelfish has no number of SQL Server's for what PostgreSQL said")
        .advise("Babelfish puts what has no number of SQL Server's under this one: the text says what it is"),
];
