//! A pool that always has a connection.

use std::convert::Infallible;

use dbprobe_instrument::pool::{Acquired, Lack, Pool, PoolState, PoolStatus};

#[derive(Debug)]
pub(crate) struct OneConnection;

impl PoolState for OneConnection {
    fn status(&self) -> PoolStatus {
        PoolStatus::default()
    }
}

impl Pool for OneConnection {
    type Connection = u8;
    type Error = Infallible;

    async fn acquire(&self) -> Result<Acquired<u8>, Infallible> {
        Ok(Acquired::new(9))
    }

    fn lack(&self, error: &Infallible) -> Lack {
        match *error {}
    }
}
