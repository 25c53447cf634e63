//! Starting and stopping, read-only servers, full disks and damage.

use dbprobe_core::Class::{Corrupt, DiskFull, ReadOnly, Starting};
use dbprobe_core::Knowledge;

use super::source::{mariadb, server};

const DAMAGED: &str = "the table is damaged: look at the server's log, save a copy, and restore it from a backup";
const ROOM: &str = "free disk space on the server, or raise the limit of the tablespace or of the temporary files";
const STOPPING: &str = "the server is starting or stopping: wait, and see its log";

pub(super) const ROWS: &[Knowledge] = &[
    // The server's own life.
    server!("1047", "ER_UNKNOWN_COM_ERROR", Starting, "er_unknown_com_error")
        .because("a Galera node is not part of the primary component: it has lost the others, or is just joining")
        .advise("the node is not part of a Galera cluster's primary component: check wsrep_cluster_status"),
    server!("1053", "ER_SERVER_SHUTDOWN", Starting, "er_server_shutdown")
        .because("the server is shutting down")
        .advise(STOPPING),
    mariadb!("1077", "ER_NORMAL_SHUTDOWN", Starting).because("the server is shutting down").advise(STOPPING),
    server!("1079", "ER_SHUTDOWN_COMPLETE", Starting, "er_shutdown_complete")
        .because("the server is shutting down")
        .advise(STOPPING),
    server!("1080", "ER_FORCING_CLOSE", Starting, "er_forcing_close")
        .because("the server is shutting down and ends the sessions that are left")
        .advise(STOPPING),
    server!("3032", "ER_SERVER_OFFLINE_MODE", Starting, "er_server_offline_mode")
        .because("an administrator, or a group that this member was expelled from, has set offline_mode")
        .advise("an administrator has set offline_mode: only SYSTEM_VARIABLES_ADMIN gets in; wait"),
    server!("3168", "ER_SERVER_ISNT_AVAILABLE", Starting, "er_server_isnt_available")
        .because("the server is not ready for clients yet")
        .advise(STOPPING),
    // Read-only.
    server!("1036", "ER_OPEN_AS_READONLY", ReadOnly, "er_open_as_readonly")
        .because(
            "the server may not write the table's files: their owner or mode is wrong, or the disk is mounted \
             read-only",
        )
        .advise("the table's files are read-only: check their permissions on the server"),
    server!("1290", "ER_OPTION_PREVENTS_STATEMENT", ReadOnly, "er_option_prevents_statement")
        .because("the server is a replica (read_only, super_read_only), or runs with an option that forbids this")
        .advise(
            "the server runs with read_only, super_read_only or --skip-grant-tables: look for a replica behind \
             the name",
        ),
    server!("1792", "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION", ReadOnly, "er_cant_execute_in_read_only_transaction")
        .because("transactions are read-only by default here: a replica's setting, or a proxy's for its readers")
        .advise("look for transaction_read_only: a default of the server, or of a proxy"),
    server!("1836", "ER_READ_ONLY_MODE", ReadOnly, "er_read_only_mode")
        .because("the server is a reader of an Aurora cluster, or InnoDB was started read-only")
        .advise(
            "InnoDB runs in read-only mode: look for a reader behind the name, innodb_force_recovery or \
             innodb_read_only",
        ),
    server!("1874", "ER_INNODB_READ_ONLY", ReadOnly, "er_innodb_read_only")
        .because("InnoDB was started read-only, mostly after damage")
        .advise("InnoDB runs in read-only mode: look for innodb_force_recovery or innodb_read_only"),
    server!("3100", "ER_RUN_HOOK_ERROR", ReadOnly, "er_run_hook_error")
        .because("the group has lost its majority, or semi-synchronous replication refuses the commit")
        .advise(
            "the replication plugin refused the commit: look whether the group has lost its majority, and at the \
             server's log",
        ),
    // Full disks.
    mariadb!("1021", "ER_DISK_FULL", DiskFull)
        .because("the disk of the data or of the temporary files is full, and the server waits for room")
        .advise(ROOM),
    server!("1026", "ER_ERROR_ON_WRITE", DiskFull, "er_error_on_write")
        .because("a temporary file or a table's file could not be written, mostly for want of room")
        .advise(ROOM),
    server!("1114", "ER_RECORD_FILE_FULL", DiskFull, "er_record_file_full")
        .because("the tablespace or the memory of a temporary table is full")
        .advise(ROOM),
    server!("1878", "ER_TEMP_FILE_WRITE_FAILURE", DiskFull, "er_temp_file_write_failure")
        .because("the disk of tmpdir or innodb_tmpdir is full")
        .advise(ROOM),
    server!("3675", "ER_DISK_FULL_NOWAIT", DiskFull, "er_disk_full_nowait")
        .because("the disk is full, and the statement was given up")
        .advise(ROOM),
    // Damage.
    server!("1015", "ER_CANT_LOCK", Corrupt, "er_cant_lock")
        .because("the file of the table cannot be locked or read")
        .advise(DAMAGED),
    server!("1016", "ER_CANT_OPEN_FILE", Corrupt, "er_cant_open_file")
        .because("the file of the table is missing, damaged or not readable for the server")
        .advise(DAMAGED),
    server!("1033", "ER_NOT_FORM_FILE", Corrupt, "er_not_form_file")
        .because("the file that describes the table is damaged")
        .advise(DAMAGED),
    server!("1034", "ER_NOT_KEYFILE", Corrupt, "er_not_keyfile")
        .because("an index of the table is damaged, mostly after a crash")
        .advise(DAMAGED),
    server!("1035", "ER_OLD_KEYFILE", Corrupt, "er_old_keyfile")
        .because("an index of the table is of an old format, or damaged")
        .advise(DAMAGED),
    server!("1194", "ER_CRASHED_ON_USAGE", Corrupt, "er_crashed_on_usage")
        .because("the table is marked as crashed")
        .advise(DAMAGED),
    server!("1195", "ER_CRASHED_ON_REPAIR", Corrupt, "er_crashed_on_repair")
        .because("the table is marked as crashed, and the last repair failed")
        .advise(DAMAGED),
    server!("1712", "ER_INDEX_CORRUPT", Corrupt, "er_index_corrupt")
        .because("an index of the table is damaged")
        .advise(DAMAGED),
    server!("1812", "ER_TABLESPACE_MISSING", Corrupt, "er_tablespace_missing")
        .because("the table's .ibd file is missing")
        .advise("the tablespace is missing: see the server's log"),
    server!("1813", "ER_TABLESPACE_EXISTS", Corrupt, "er_tablespace_exists")
        .because("an .ibd file of a table that is no longer known is left over")
        .advise("a tablespace of that name is left over: see the server's log"),
    server!("1814", "ER_TABLESPACE_DISCARDED", Corrupt, "er_tablespace_discarded")
        .because("an administrator discarded the tablespace and has not imported another one")
        .advise("the tablespace was discarded: ALTER TABLE … IMPORT TABLESPACE"),
    server!("1877", "ER_TABLE_CORRUPT", Corrupt, "er_table_corrupt").because("the table is damaged").advise(DAMAGED),
    mariadb!("1932", "ER_NO_SUCH_TABLE_IN_ENGINE", Corrupt)
        .because("the table is known, but the storage engine has none of that name: its file is missing or damaged")
        .advise(DAMAGED),
];
