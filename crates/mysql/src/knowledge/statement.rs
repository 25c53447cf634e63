//! Statements, and what they are about.

use dbprobe_core::Class::{Config, NotFound, Query, Unsupported};
use dbprobe_core::Knowledge;

use super::source::server;

const SHAPE: &str = "if it is about `_health_check`: the table is not dbprobe's; compare with `dbprobe init --print`";

pub(super) const ROWS: &[Knowledge] = &[
    // What is not there.
    server!("1046", "ER_NO_DB_ERROR", Config, "er_no_db_error")
        .because("the DSN names no database, and the statement needs one")
        .advise("name a database in the DSN: `…@host/database`"),
    server!("1049", "ER_BAD_DB_ERROR", NotFound, "er_bad_db_error")
        .because("the server has no database of this name: it is misspelt, or not created yet")
        .advise("check the database's name with SHOW DATABASES, or create it"),
    server!("1094", "ER_NO_SUCH_THREAD", NotFound, "er_no_such_thread")
        .because("the session ended meanwhile")
        .advise("the session to stop has ended already: nothing is left to do"),
    server!("1146", "ER_NO_SUCH_TABLE", NotFound, "er_no_such_table")
        .because("the table does not exist in this database")
        .advise("create it with `dbprobe init`, or give `--create-health-table`"),
    // What the server cannot do.
    server!("1193", "ER_UNKNOWN_SYSTEM_VARIABLE", Unsupported, "er_unknown_system_variable")
        .because("the server does not have this setting: it is old, or only speaks MySQL's protocol")
        .advise("the server, or a proxy before it, is older than MySQL 5.7.20 or MariaDB 10.1"),
    server!("1235", "ER_NOT_SUPPORTED_YET", Unsupported, "er_not_supported_yet")
        .because("this version of the server, or what only speaks its protocol, does not do this")
        .advise("the server does not have this yet: check its version"),
    server!("1286", "ER_UNKNOWN_STORAGE_ENGINE", Unsupported, "er_unknown_storage_engine")
        .because("the storage engine is switched off or not part of this server")
        .advise("the server has no such storage engine: InnoDB must not be switched off"),
    server!("1289", "ER_FEATURE_DISABLED", Unsupported, "er_feature_disabled")
        .because("the server was built or started without the feature")
        .advise("the feature is switched off on the server: the message names the option that turns it on"),
    server!("3098", "ER_BEFORE_DML_VALIDATION_ERROR", Unsupported, "er_before_dml_validation_error")
        .because("the table is not InnoDB, or has no primary key, which Group Replication asks for")
        .advise("the table does not fit Group Replication: it must be InnoDB with a primary key"),
    // Statements.
    server!("1005", "ER_CANT_CREATE_TABLE", Query, "er_cant_create_table")
        .because("the storage engine refuses the table: mostly a foreign key that does not fit")
        .advise("the table could not be made: the message has the engine's own number"),
    server!("1030", "ER_GET_ERRNO", Query, "er_get_errno")
        .because("the storage engine failed: the number in the message says at what")
        .advise("look the number up with `perror NUMBER` on the server, and see its log"),
    server!("1054", "ER_BAD_FIELD_ERROR", Query, "er_bad_field_error")
        .because("the table has other columns than the statement names")
        .advise(SHAPE),
    server!("1062", "ER_DUP_ENTRY", Query, "er_dup_entry")
        .because("a row with this key is there already")
        .advise(SHAPE),
    server!("1064", "ER_PARSE_ERROR", Query, "er_parse_error")
        .because("the statement is misspelt, or is of another version or another kind of server")
        .advise("the server does not know this syntax: check its version, and sql_mode"),
    server!("1105", "ER_UNKNOWN_ERROR", Query, "er_unknown_error")
        .because("a proxy such as Vitess or MaxScale, or an engine behind it, has an error of its own")
        .advise("read the message, and see the proxy's log"),
    server!("1136", "ER_WRONG_VALUE_COUNT_ON_ROW", Query, "er_wrong_value_count_on_row")
        .because("the table has other columns than the statement has values")
        .advise(SHAPE),
    server!("1153", "ER_NET_PACKET_TOO_LARGE", Query, "er_net_packet_too_large")
        .because("the statement, or a value in it, is longer than max_allowed_packet")
        .advise("the statement is longer than max_allowed_packet: make it shorter, or raise that on the server"),
    server!("1180", "ER_ERROR_DURING_COMMIT", Query, "er_error_during_commit")
        .because("the storage engine could not commit: the number in the message says why")
        .advise("the commit failed: the message has the engine's own number"),
    server!("1288", "ER_NON_UPDATABLE_TABLE", Query, "er_non_updatable_table")
        .because("what is written to is a view that takes no writes")
        .advise(SHAPE),
    server!("1298", "ER_UNKNOWN_TIME_ZONE", Query, "er_unknown_time_zone")
        .because("the server's tables of time zones are empty")
        .advise("the server does not know the time zone: load its tables with mysql_tzinfo_to_sql"),
    server!("1305", "ER_SP_DOES_NOT_EXIST", Query, "er_sp_does_not_exist")
        .because("the function or procedure does not exist: an older server, or one that only speaks MySQL's protocol")
        .advise("check its name and the server's version"),
    server!("1347", "ER_WRONG_OBJECT", Query, "er_wrong_object")
        .because("the name is that of a view, or of another kind of object")
        .advise(SHAPE),
    server!("1356", "ER_VIEW_INVALID", Query, "er_view_invalid")
        .because("the view refers to a table or column that is gone, or its definer may not read it")
        .advise(SHAPE),
    server!("1364", "ER_NO_DEFAULT_FOR_FIELD", Query, "er_no_default_for_field")
        .because("a column without a default gets no value")
        .advise(SHAPE),
    server!("1429", "ER_CONNECT_TO_FOREIGN_DATA_SOURCE", Query, "er_connect_to_foreign_data_source")
        .because("the table is a link to another server (FEDERATED), which does not answer")
        .advise("the table points to another server that does not answer: `_health_check` must be a local table"),
    server!("1558", "ER_COL_COUNT_DOESNT_MATCH_PLEASE_UPDATE", Query, "er_col_count_doesnt_match_please_update")
        .because("the server was upgraded, and its own tables were not")
        .advise("run mysql_upgrade or mariadb-upgrade (MySQL since 8.0.16 does it at its start)"),
    server!("1709", "ER_INDEX_COLUMN_TOO_LONG", Query, "er_index_column_too_long")
        .because("the row format is an old one with short index keys")
        .advise("an index is longer than the row format allows: ROW_FORMAT=DYNAMIC has room for it"),
    server!("1785", "ER_GTID_UNSAFE_NON_TRANSACTIONAL_TABLE", Query, "er_gtid_unsafe_non_transactional_table")
        .because("the table is MyISAM or another kind without transactions")
        .advise("the table is not transactional, which enforce_gtid_consistency does not allow: make it InnoDB"),
    server!("1815", "ER_INTERNAL_ERROR", Query, "er_internal_error")
        .because("the server or a proxy such as MaxScale failed at something of its own")
        .advise("read the message, and see the log of the server and of the proxy before it"),
    server!("3750", "ER_TABLE_WITHOUT_PK", Query, "er_table_without_pk")
        .because("the table has no primary key, and the server asks for one")
        .advise(
            "sql_require_primary_key is on: the table must have a primary key; compare with `dbprobe init \
             --print`",
        ),
    server!("3819", "ER_CHECK_CONSTRAINT_VIOLATED", Query, "er_check_constraint_violated")
        .because("a CHECK constraint of the table does not allow the row")
        .advise(SHAPE),
];
