//! What the SQLite engine does on real files, and what it says about broken ones.

mod scratch;

mod crowd;
mod faults;
mod locks;
mod queries;
mod reports;
mod unprivileged;
mod writes;
