//! No room, locks, full disks and damage.

use dbprobe_core::Class::{Corrupt, DiskFull, Locked, Overloaded, ReadOnly, Timeout};
use dbprobe_core::Knowledge;

use super::source::{AZURE, listed, own_page};

const AGAIN: &str = "it is worth trying again";
const AZURE_BUSY: &str = "the service limits the database: raise its tier, or look for what uses it";
const DAMAGED: &str = "see the server's error log, run DBCC CHECKDB, and restore from a backup";
const HOLDER: &str = "find the holder: select session_id, blocking_session_id from sys.dm_exec_requests where \
             blocking_session_id <> 0";
const LARGE: &str = "the service ended the session for what it used: look for long transactions";
const MEMORY: &str = "the server is out of memory: look at `max server memory` and at the largest consumers";
const RETRY: &str = "try again; if it stays, see the service's health in the portal";
const SESSIONS: &str = "the server takes no more sessions: single-user mode, or a licence that is used up";

pub(super) const ROWS: &[Knowledge] = &[
    // No room.
    Knowledge::new("10928", "", Overloaded, AZURE)
        .because("the database has as many sessions or requests as its tier allows")
        .advise(AZURE_BUSY),
    Knowledge::new("10929", "", Overloaded, AZURE)
        .because("the pool or server is too busy to give the database more than its minimum")
        .advise(AZURE_BUSY),
    Knowledge::new("10936", "", Overloaded, AZURE)
        .because("the elastic pool has as many requests as its tier allows")
        .advise(AZURE_BUSY),
    listed!("17809", Overloaded, "16000-to-17999")
        .because("as many sessions are open as the server is set to take")
        .advise("see who holds the connections in sys.dm_exec_sessions; `user connections` is the limit"),
    listed!("17810", Overloaded, "16000-to-17999")
        .because("another administrator is connected already")
        .advise("only one dedicated administrator connection can be open at a time: end the other one"),
    listed!("18458", Overloaded, "18000-to-18999").because("the licence allows no more sessions").advise(SESSIONS),
    listed!("18459", Overloaded, "18000-to-18999").because("the licence allows no more sessions").advise(SESSIONS),
    listed!("18460", Overloaded, "18000-to-18999").because("the licence allows no more sessions").advise(SESSIONS),
    listed!("18461", Overloaded, "18000-to-18999")
        .because("the server runs in single-user mode and somebody is in it, such as its agent")
        .advise(SESSIONS),
    Knowledge::new("40501", "", Overloaded, AZURE)
        .because("the service throttles the server: it is out of processor, log or workers")
        .advise(AZURE_BUSY),
    Knowledge::new("40549", "", Overloaded, AZURE).because("a transaction was open for too long").advise(LARGE),
    Knowledge::new("40550", "", Overloaded, AZURE).because("a transaction held too many locks").advise(LARGE),
    Knowledge::new("40551", "", Overloaded, AZURE).because("a transaction used too much of tempdb").advise(LARGE),
    Knowledge::new("40552", "", Overloaded, AZURE).because("a transaction wrote too much log").advise(LARGE),
    Knowledge::new("40553", "", Overloaded, AZURE).because("a session used too much memory").advise(LARGE),
    listed!("40642", Overloaded, "31000-to-41399").because("the server of the service is too busy").advise(RETRY),
    Knowledge::new("49918", "", Overloaded, AZURE)
        .because("the service has no resources for the request just now")
        .advise(AZURE_BUSY),
    Knowledge::new("49919", "", Overloaded, AZURE)
        .because("too many databases of the subscription are being created or changed at once")
        .advise(AZURE_BUSY),
    Knowledge::new("49920", "", Overloaded, AZURE)
        .because("too many operations of the subscription run at once")
        .advise(AZURE_BUSY),
    listed!("701", Overloaded, "0-to-999")
        .because("the server, or the resource pool of the session, has no memory left for the query")
        .advise(MEMORY),
    listed!("802", Overloaded, "0-to-999").because("the buffer pool has no memory left").advise(MEMORY),
    listed!("8645", Overloaded, "8000-to-8999")
        .because("the query waited too long for memory: others hold it")
        .advise(MEMORY),
    listed!("8651", Overloaded, "8000-to-8999")
        .because("the query asks for more memory than the server may give")
        .advise(MEMORY),
    listed!("1204", Overloaded, "1000-to-1999")
        .because("transactions hold more locks than the server has memory for")
        .advise("the server has no lock left: look for large transactions"),
    listed!("8628", Timeout, "8000-to-8999")
        .because("the server waited too long for the means to plan the query")
        .advise("see the server's memory and what compiles: it is worth trying again"),
    listed!("845", Timeout, "0-to-999")
        .because("a page stayed locked in memory for too long, mostly by slow storage")
        .advise("look at the waits (sys.dm_os_wait_stats, PAGEIOLATCH) and at the disks"),
    // Locks.
    own_page!("1205", Locked)
        .because("two transactions waited for each other, and this one was given up")
        .advise("the statement lost a deadlock; it is worth trying again"),
    own_page!("1222", Locked).because("another session holds the lock for longer than lock_timeout").advise(HOLDER),
    listed!("3960", Locked, "3000-to-3999")
        .because("another transaction changed the row since this one began (snapshot isolation)")
        .advise("another transaction changed the same row under snapshot isolation; it is worth trying again"),
    listed!("41301", Locked, "31000-to-41399")
        .because("a transaction that this one depends on was given up (memory-optimized tables)")
        .advise(AGAIN),
    listed!("41302", Locked, "31000-to-41399")
        .because("another transaction changed the row since this one began (memory-optimized tables)")
        .advise(AGAIN),
    listed!("41305", Locked, "31000-to-41399")
        .because("another transaction changed what this one had read (memory-optimized tables)")
        .advise(AGAIN),
    listed!("41325", Locked, "31000-to-41399")
        .because("another transaction added rows to what this one had read (memory-optimized tables)")
        .advise(AGAIN),
    // Full disks and read-only databases.
    listed!("3906", ReadOnly, "3000-to-3999")
        .because("the database is a readable secondary, or set read-only")
        .advise("look for a secondary replica behind the name, or `alter database … set read_write`"),
    listed!("1101", DiskFull, "1000-to-1999")
        .because("the disk is full, or no file of the filegroup may grow")
        .advise("no room is left in the filegroup: free disk space, add a file, or let one grow"),
    own_page!("1105", DiskFull)
        .because("the disk is full, or no file of the filegroup may grow")
        .advise("no room is left in the filegroup: free disk space, add a file, or let one grow"),
    listed!("3041", DiskFull, "3000-to-3999")
        .because("the backup's disk is full, or cannot be reached")
        .advise("a backup failed: see the server's error log for the reason, often a full disk"),
    listed!("5149", DiskFull, "5000-to-5999")
        .because("the disk is full, and a file could not grow")
        .advise("free disk space, or move a file to another disk"),
    own_page!("9002", DiskFull)
        .because("nobody backs the log up, or a transaction or a replica holds it")
        .advise("the log is full: log_reuse_wait_desc in sys.databases says why; often a log backup is missing"),
    Knowledge::new("40544", "", DiskFull, AZURE)
        .because("the database is as large as its tier allows")
        .advise("the database has reached its size limit: raise it, or delete data"),
    listed!("41823", DiskFull, "41400-to-49999")
        .because("the memory-optimized tables are as large as the tier allows")
        .advise("delete data, or raise the tier"),
    // Damage.
    own_page!("823", Corrupt)
        .because("the disk or its driver fails")
        .advise("the operating system could not read or write a file: look at the disks; then DBCC CHECKDB"),
    listed!("824", Corrupt, "0-to-999")
        .because("a page is damaged: its checksum or its number is wrong")
        .advise(DAMAGED),
    listed!("825", Corrupt, "0-to-999")
        .because("the disk is failing: a page could be read only after several tries")
        .advise("a page could be read only after several tries: the disk is about to fail"),
    listed!("926", Corrupt, "0-to-999")
        .because("recovery failed at damage, and nobody may open the database")
        .advise("the database is marked suspect: see the server's error log, then restore from a backup"),
    listed!("945", Corrupt, "0-to-999")
        .because("a file of the database is missing, locked by another program or has no room")
        .advise("the database's files cannot be opened, or there is no room for them: see the error log"),
    listed!("3908", Corrupt, "3000-to-3999")
        .because("the database is in emergency mode, or damaged")
        .advise("the database is in emergency mode or damaged: see the server's error log"),
];
