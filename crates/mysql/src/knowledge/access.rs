//! Who may come in, and what may be done.

use dbprobe_core::Class::{Auth, Permission, Query, Tls, Unsupported};
use dbprobe_core::Knowledge;

use super::source::{mariadb, server};

const INIT: &str = "let an administrator run `dbprobe init`, which prints or grants what is needed";
const PLUGIN: &str = "give dbprobe an account with caching_sha2_password, mysql_native_password or ed25519";

pub(super) const ROWS: &[Knowledge] = &[
    server!("1042", "ER_BAD_HOST_ERROR", Auth, "er_bad_host_error")
        .because("the server cannot find out the name of this machine: its resolver does not answer")
        .advise("the server cannot find out this host's name: set skip_name_resolve, or mend its resolver"),
    server!("1044", "ER_DBACCESS_DENIED_ERROR", Permission, "er_dbaccess_denied_error")
        .because(
            "the account has no grant on this database, or the database does not exist and the account may not \
             see that",
        )
        .advise("check the database's name and the account's grants on it (SHOW GRANTS)"),
    server!("1045", "ER_ACCESS_DENIED_ERROR", Auth, "er_access_denied_error")
        .because("the password is wrong, or no account of this name may log in from this host")
        .advise("check the user's name, its host part (SELECT user, host FROM mysql.user) and the password"),
    server!("1095", "ER_KILL_DENIED_ERROR", Permission, "er_kill_denied_error")
        .because("the session belongs to another account")
        .advise("an account may only end its own sessions: grant CONNECTION_ADMIN, or log in as its owner"),
    server!("1129", "ER_HOST_IS_BLOCKED", Auth, "er_host_is_blocked")
        .because(
            "connections from this host broke off during the login more often than max_connect_errors allows, as \
             port checks do",
        )
        .advise(
            "an administrator of the server runs `mysqladmin flush-hosts` (or TRUNCATE \
             performance_schema.host_cache), and looks for what breaks logins off from this host; dbprobe itself \
             does not",
        ),
    server!("1130", "ER_HOST_NOT_PRIVILEGED", Auth, "er_host_not_privileged")
        .because("no account has a host part that fits the address this machine comes from")
        .advise(
            "no account may log in from this host: check the host parts in mysql.user, and what address the \
             server sees",
        ),
    server!("1131", "ER_PASSWORD_ANONYMOUS_USER", Auth, "er_password_anonymous_user")
        .because("the login is that of the anonymous user, who may not change passwords")
        .advise("give the DSN a user; DROP USER ''@'localhost' closes the anonymous login"),
    server!("1142", "ER_TABLEACCESS_DENIED_ERROR", Permission, "er_tableaccess_denied_error")
        .because("the account has no grant for this on the table")
        .advise(INIT),
    server!("1143", "ER_COLUMNACCESS_DENIED_ERROR", Permission, "er_columnaccess_denied_error")
        .because("the account has no grant for this on the column")
        .advise(INIT),
    server!("1227", "ER_SPECIFIC_ACCESS_DENIED_ERROR", Permission, "er_specific_access_denied_error")
        .because("the statement needs a global privilege that the account does not have")
        .advise(INIT),
    server!("1251", "ER_NOT_SUPPORTED_AUTH_MODE", Unsupported, "er_not_supported_auth_mode")
        .because("the account's plugin is none that the client said it knows, such as an old password hash")
        .advise(PLUGIN),
    mariadb!("1275", "ER_SERVER_IS_IN_SECURE_AUTH_MODE", Unsupported)
        .because("the account's password is hashed as before MySQL 4.1, and the server takes such logins no more")
        .advise(PLUGIN),
    server!("1370", "ER_PROCACCESS_DENIED_ERROR", Permission, "er_procaccess_denied_error")
        .because("the account may not run or change the routine")
        .advise(INIT),
    server!("1396", "ER_CANNOT_USER", Permission, "er_cannot_user")
        .because("the account exists already, or does not, or this one may not make accounts")
        .advise("the account exists already with another host part, or may not be made by this one"),
    server!("1410", "ER_CANT_CREATE_USER_WITH_GRANT", Permission, "er_cant_create_user_with_grant")
        .because("the account that is to get the grant does not exist")
        .advise("an account is made by CREATE USER first: `dbprobe init --print` prints how"),
    server!("1419", "ER_BINLOG_CREATE_ROUTINE_NEED_SUPER", Permission, "er_binlog_create_routine_need_super")
        .because("the binary log is on, and the account may make no routines or triggers then")
        .advise(INIT),
    server!("1449", "ER_NO_SUCH_USER", Query, "er_no_such_user")
        .because("the account that defined the view, trigger or routine was dropped")
        .advise("make that account again, or alter the definer: SHOW CREATE VIEW names it"),
    server!("1524", "ER_PLUGIN_IS_NOT_LOADED", Unsupported, "er_plugin_is_not_loaded")
        .because("the account's plugin is not loaded: mysql_native_password since MySQL 8.4, for one")
        .advise("the account's plugin is not loaded on the server: load it, or alter the account"),
    server!("1698", "ER_ACCESS_DENIED_NO_PASSWORD_ERROR", Auth, "er_access_denied_no_password_error")
        .because(
            "the account has no password but its Unix user (unix_socket, auth_socket), as root has on Debian and \
             Ubuntu",
        )
        .advise("the account logs in by its Unix user only: use its socket, or give dbprobe an account of its own"),
    server!("1820", "ER_MUST_CHANGE_PASSWORD", Auth, "er_must_change_password")
        .because("an administrator let the password expire")
        .advise("the password has to be changed: ALTER USER … IDENTIFIED BY …"),
    server!("1862", "ER_MUST_CHANGE_PASSWORD_LOGIN", Auth, "er_must_change_password_login")
        .because("the password is older than its lifetime allows")
        .advise("the password has expired: ALTER USER … IDENTIFIED BY …, or PASSWORD EXPIRE NEVER"),
    server!("3118", "ER_ACCOUNT_HAS_BEEN_LOCKED", Auth, "er_account_has_been_locked")
        .because("an administrator has locked the account")
        .advise("the account is locked: ALTER USER … ACCOUNT UNLOCK"),
    server!("3159", "ER_SECURE_TRANSPORT_REQUIRED", Tls, "er_secure_transport_required")
        .because("require_secure_transport is on, and the connection is not encrypted")
        .advise("the server wants TLS (require_secure_transport): leave ssl-mode at PREFERRED or say REQUIRED"),
    server!("3948", "ER_CLIENT_LOCAL_FILES_DISABLED", Permission, "er_client_local_files_disabled")
        .because("the statement loads a file of the client, which is switched off")
        .advise("local_infile is off: leave LOAD DATA LOCAL out of the query"),
    server!(
        "3955",
        "ER_USER_ACCESS_DENIED_FOR_USER_ACCOUNT_BLOCKED_BY_PASSWORD_LOCK",
        Auth,
        "er_user_access_denied_for_user_account_blocked_by_password_lock"
    )
    .because("too many logins with a wrong password have locked the account for a time")
    .advise("the account is locked after failed logins: ALTER USER … ACCOUNT UNLOCK, and look who fails"),
    mariadb!("4151", "ER_ACCOUNT_HAS_BEEN_LOCKED", Auth)
        .because("an administrator has locked the account")
        .advise("the account is locked: ALTER USER … ACCOUNT UNLOCK"),
];
