//! Queries on the tracked pool itself, as sqlx has them on its own.

use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::{Database, Describe, Either, Error, Execute, Executor, Pool};

use super::super::tracked::TrackedPool;
use super::rows::Rows;

type Step<DB> = Either<<DB as Database>::QueryResult, <DB as Database>::Row>;

/// `query.fetch_one(&pool)` goes on working: the connection is waited for and used inside, and both are measured.
impl<'p, DB: Database> Executor<'p> for &'_ TrackedPool<Pool<DB>>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step<DB>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let pool = self.clone();
        Box::pin(Rows::new(|giver| async move {
            let mut connection = pool.acquire().await?;
            let connection: &mut DB::Connection = &mut connection;
            let mut steps = connection.fetch_many(query);
            while let Some(step) = steps.try_next().await? {
                giver.give(step).await;
            }
            Ok(())
        }))
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let pool = self.clone();
        Box::pin(async move {
            let mut connection = pool.acquire().await?;
            let connection: &mut DB::Connection = &mut connection;
            connection.fetch_optional(query).await
        })
    }

    fn prepare_with<'e, 'q: 'e>(
        self,
        sql: &'q str,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement<'q>, Error>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        Box::pin(async move {
            let mut connection = pool.acquire().await?;
            let connection: &mut DB::Connection = &mut connection;
            connection.prepare_with(sql, parameters).await
        })
    }

    fn describe<'e, 'q: 'e>(self, sql: &'q str) -> BoxFuture<'e, Result<Describe<DB>, Error>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        Box::pin(async move {
            let mut connection = pool.acquire().await?;
            let connection: &mut DB::Connection = &mut connection;
            connection.describe(sql).await
        })
    }
}
