//! Who may come in, to which database, and what may be done.

use dbprobe_core::Class::{Auth, Locked, NotFound, Permission, Tls};
use dbprobe_core::Knowledge;

use super::source::{AZURE, SETTINGS, VNET, listed, own_page};

const FIREWALL: &str = "add this client's address to the server's firewall rules, or to the virtual network's";
const INIT: &str = "let an administrator run `dbprobe init`, which prints or grants what is needed";

pub(super) const ROWS: &[Knowledge] = &[
    // Who logs in.
    listed!("18456", Auth, "18000-to-18999")
        .because("the password is wrong, or there is no such login: the server tells which in its log only")
        .advise("check the user and the password; the server's error log has the reason by its state"),
    listed!("18452", Auth, "18000-to-18999")
        .because("the server takes Windows logins only, or the login is one")
        .advise("dbprobe logs in by name and password: create a SQL Server login, and turn mixed mode on"),
    listed!("18470", Auth, "18000-to-18999")
        .because("an administrator has disabled the login")
        .advise("the login is disabled: alter login … enable"),
    listed!("18486", Auth, "18000-to-18999")
        .because("too many wrong passwords have locked the login")
        .advise("the login is locked out after wrong passwords: alter login … with password = … unlock"),
    listed!("18487", Auth, "18000-to-18999")
        .because("the password is older than the policy allows")
        .advise("the password has expired: set another one"),
    listed!("18488", Auth, "18000-to-18999")
        .because("the login was made with must_change")
        .advise("the password must be changed before the first login: set another one"),
    listed!("15404", Auth, "15000-to-15999")
        .because("the server cannot reach its domain, or its service account may not ask it")
        .advise("the server cannot ask its domain about the login: see its error log"),
    listed!("17806", Auth, "16000-to-17999")
        .because("the domain does not trust the login, or the service's principal name is wrong")
        .advise("the server's handshake with its domain failed: see its error log"),
    Knowledge::new("40531", "", Auth, AZURE)
        .because("the gateway of Azure SQL cannot tell the server's name: the client sends none in TLS")
        .advise("write the user as name@server, or check the server's name"),
    Knowledge::new("40532", "", Auth, AZURE)
        .because("the gateway of Azure SQL does not know the server that is asked for")
        .advise("write the user as name@server, or check the server's name"),
    Knowledge::new("40615", "", Permission, VNET)
        .because("the firewall of Azure SQL has no rule for this machine's address")
        .advise(FIREWALL),
    Knowledge::new("40914", "", Permission, VNET)
        .because("this machine's subnet is not in the virtual network rules of Azure SQL")
        .advise(FIREWALL),
    Knowledge::new("47073", "", Permission, SETTINGS)
        .because("the server in Azure takes connections from private endpoints only")
        .advise("public network access is switched off: connect by the private endpoint"),
    Knowledge::new("47072", "", Tls, SETTINGS)
        .because("the server in Azure asks for a newer version of TLS than was agreed on")
        .advise("let this machine offer TLS 1.2 or later, or lower the server's minimal TLS version"),
    listed!("17892", Permission, "16000-to-17999")
        .because("a logon trigger of the server refuses this login")
        .advise("a logon trigger refused the login: see the server's error log"),
    // Which database.
    listed!("4060", NotFound, "4000-to-4999")
        .because("the database does not exist, is offline, or the login has no user in it")
        .advise("check the database's name, that it is online, and that the login has a user in it"),
    own_page!("4064", NotFound)
        .because("the login's default database was dropped, is offline, or the login has no user in it")
        .advise("the login's default database cannot be opened: name another one in the DSN"),
    listed!("911", NotFound, "0-to-999")
        .because("the server has no database of this name: it is misspelt, or not created yet")
        .advise("check the database's name with `select name from sys.databases`, or create it"),
    listed!("916", Permission, "0-to-999")
        .because("the login has no user in this database")
        .advise("create a user for the login in this database: create user … for login …"),
    listed!("923", Permission, "0-to-999")
        .because("an administrator is at work on the database")
        .advise("the database is open for its owner only (restricted_user): wait, or alter database … set multi_user"),
    listed!("924", Locked, "0-to-999")
        .because("somebody is in the database, which takes one session only")
        .advise("the database is in single-user mode and somebody is in it: alter database … set multi_user"),
    // What may be done.
    listed!("229", Permission, "0-to-999").because("the role has no grant for this on the object").advise(INIT),
    listed!("230", Permission, "0-to-999").because("the role has no grant for this on the column").advise(INIT),
    listed!("262", Permission, "0-to-999")
        .because("the role may not do this in the database, such as create a table")
        .advise(INIT),
    listed!("297", Permission, "0-to-999")
        .because("the role lacks a permission on the server, such as view server state")
        .advise(INIT),
    listed!("300", Permission, "0-to-999")
        .because("the role lacks a permission on the server, such as view server state")
        .advise(INIT),
    listed!("371", Permission, "0-to-999").because("the role lacks a permission for what it asks for").advise(INIT),
    listed!("2760", Permission, "2000-to-2999")
        .because("the schema does not exist, or the role has no rights on it")
        .advise("the role may not create objects in schema dbo: let an administrator run `dbprobe init`"),
    listed!("15151", Permission, "15000-to-15999")
        .because("it does not exist, or the role may not see that it does")
        .advise("it is not there, or the role may not see it: let an administrator look"),
    listed!("15247", Permission, "15000-to-15999")
        .because("the role is not a member of the role that may do this")
        .advise(INIT),
    listed!("15007", NotFound, "15000-to-15999")
        .because("there is no login of this name")
        .advise("create the login first: create login … with password = …"),
];
