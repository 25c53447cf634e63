//! Routes and server, from the outside.

mod client;
mod sample;

mod attacks;
mod probes;
mod routes;
mod secured;
mod serving;
