//! Starting and stopping, replicas, managed services moving, and the line.

use dbprobe_core::Class::{Config, Protocol, ReadOnly, Reset, Starting, Timeout, Tls};
use dbprobe_core::Knowledge;

use super::source::{AZURE, RETRIES, listed, own_page};

const REPLICA: &str =
    "this is a secondary replica: connect to the availability group's listener, or wait for the failover";
const RETRY: &str = "try again; if it stays, see the service's health in the portal";
const WAIT: &str = "the server is starting, stopping or recovering: wait, and see its error log";

pub(super) const ROWS: &[Knowledge] = &[
    // Starting, stopping, recovering.
    listed!("615", Starting, "0-to-999").because("the service has just moved or renamed the database").advise(RETRY),
    listed!("904", Starting, "0-to-999")
        .because("the database cannot be opened while the server starts or stops")
        .advise(WAIT),
    listed!("921", Starting, "0-to-999").because("the database is still being recovered after a start").advise(WAIT),
    listed!("922", Starting, "0-to-999").because("the database is being recovered").advise(WAIT),
    listed!("927", Starting, "0-to-999")
        .because("a restore is running, or was left with norecovery")
        .advise("the database is being restored: wait for it, or finish with `restore database … with recovery`"),
    listed!("942", Starting, "0-to-999")
        .because("an administrator has taken the database offline")
        .advise("the database is offline: alter database … set online"),
    listed!("952", Starting, "0-to-999")
        .because("the database is changing its state, as at a start or a failover")
        .advise(WAIT),
    listed!("6005", Starting, "6000-to-6999").because("the server is shutting down").advise(WAIT),
    listed!("17142", Starting, "16000-to-17999")
        .because("an administrator has paused the service")
        .advise("the service is paused: continue it"),
    listed!("17147", Starting, "16000-to-17999").because("the server is shutting down").advise(WAIT),
    listed!("17148", Starting, "16000-to-17999").because("the server is shutting down").advise(WAIT),
    listed!("17187", Starting, "16000-to-17999")
        .because("the server has just been started and takes no sessions yet")
        .advise(WAIT),
    listed!("18401", Starting, "18000-to-18999")
        .because("the server was updated and runs its upgrade scripts")
        .advise("the server is upgrading its own databases: wait"),
    listed!("18451", Starting, "18000-to-18999")
        .because("the server is shutting down")
        .advise("the server is shutting down and lets only administrators in: wait"),
    // Managed services.
    Knowledge::new("40143", "", Starting, RETRIES)
        .because("the service is moving the database, or failed at something of its own")
        .advise(RETRY),
    listed!("40166", Starting, "31000-to-41399")
        .because("the service is moving the database to another machine")
        .advise(RETRY),
    Knowledge::new("40197", "", Starting, AZURE)
        .because("the service is moving the database: an update, a failure of hardware, or a change of tier")
        .advise("the service is moving the database: try again"),
    Knowledge::new("40540", "", Starting, RETRIES)
        .because("the service is moving the database to another machine")
        .advise(RETRY),
    Knowledge::new("40613", "", Starting, AZURE)
        .because("the database fails over, wakes up from its pause, or is being moved")
        .advise("the database is not available just now: try again, and see the status of the service"),
    Knowledge::new("42108", "", Starting, RETRIES)
        .because("the pool of Azure Synapse is paused")
        .advise("the pool is paused: resume it"),
    Knowledge::new("42109", "", Starting, RETRIES)
        .because("the pool of Azure Synapse is being resumed")
        .advise("the pool is warming up: wait"),
    // Availability groups and mirrors.
    listed!("954", ReadOnly, "0-to-999")
        .because("the database is the mirror of another server's")
        .advise("connect to the principal server, or wait for the failover"),
    listed!("955", Starting, "0-to-999")
        .because("the mirror has no quorum: partner and witness do not answer")
        .advise("check the partner and the witness, and the network between them"),
    listed!("976", ReadOnly, "0-to-999")
        .because("the database is a secondary replica that lets nobody read")
        .advise(REPLICA),
    listed!("978", ReadOnly, "0-to-999")
        .because("the secondary lets only sessions in that say they only read")
        .advise("this secondary takes only readers: add ApplicationIntent=ReadOnly, or connect to the listener"),
    listed!("979", Config, "0-to-999")
        .because("the DSN asks for a reader, and this replica takes none")
        .advise("the replica takes no readers: leave ApplicationIntent=ReadOnly out"),
    listed!("982", Starting, "0-to-999")
        .because("the listener finds no secondary that may be read")
        .advise("no readable secondary is online: look at sys.dm_hadr_availability_replica_states"),
    listed!("983", Starting, "0-to-999")
        .because("the replica is neither primary nor secondary just now: a failover is under way")
        .advise(REPLICA),
    listed!("988", Starting, "0-to-999")
        .because("the availability group has lost its quorum")
        .advise("look at sys.dm_hadr_availability_replica_states, and at the cluster's quorum"),
    listed!("4221", Starting, "4000-to-4999")
        .because("a secondary that has just started cannot tell yet which versions of rows it needs")
        .advise("the secondary waits for long transactions of the primary before it lets readers in"),
    listed!("35250", Starting, "31000-to-41399")
        .because("the primary is down, or its endpoint (port 5022) cannot be reached")
        .advise("the replica has lost its primary: look at sys.dm_hadr_availability_replica_states"),
    // The line.
    own_page!("233", Reset)
        .because("the server hung up during the login: no room, or TLS that it does not want")
        .advise("the server closed the connection in the login: see its error log"),
    listed!("596", Reset, "0-to-999")
        .because("an administrator ended it with KILL, or the database was taken away")
        .advise("an administrator ended the session: see the server's error log"),
    listed!("4014", Reset, "4000-to-4999")
        .because("the network failed, or a proxy changed what was sent")
        .advise("the server could not read what was sent: see its error log"),
    Knowledge::new("10053", "", Reset, RETRIES)
        .because("a firewall, a proxy or the server's own machine cut the connection")
        .advise("a network device or the server cut the connection: see both logs"),
    Knowledge::new("10054", "", Reset, RETRIES)
        .because("the server crashed or was restarted, or a firewall cut the connection")
        .advise("a network device or the server cut the connection: see both logs"),
    listed!("17197", Timeout, "16000-to-17999")
        .because("the server is too busy to finish logins in time")
        .advise("see the server's load and its error log; a slow domain controller looks like this, too"),
    listed!("17828", Protocol, "16000-to-17999")
        .because("what speaks on the connection is not TDS, or a proxy changed it")
        .advise("the server did not understand the first packet: a proxy may have changed it"),
    listed!("17830", Reset, "16000-to-17999")
        .because("the network failed during the login, or the client gave up")
        .advise("the network failed while the server was still logging in: see its error log"),
    listed!("17832", Protocol, "16000-to-17999")
        .because("a proxy changed the login")
        .advise("the server did not understand the login packet: a proxy may have changed it"),
    listed!("17835", Tls, "16000-to-17999")
        .because("Force Encryption is on, and the client asks for none")
        .advise("the server insists on encryption: say encrypt=true"),
    listed!("17836", Protocol, "16000-to-17999")
        .because("a proxy changed a packet")
        .advise("the server did not understand a packet: a proxy may have changed it"),
];
