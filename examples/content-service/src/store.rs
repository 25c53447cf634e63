//! What is asked of the database.

use tokio_postgres::{Client, Error, Row};

use crate::content::{Content, NewContent, Transfer};
use crate::sql;

pub(crate) async fn list_content(client: &Client) -> Result<Vec<Content>, Error> {
    client.query(sql::LIST_CONTENT, &[]).await?.into_iter().map(content).collect()
}

pub(crate) async fn get_content(client: &Client, id: i64) -> Result<Option<Content>, Error> {
    client.query_opt(sql::GET_CONTENT, &[&id]).await?.map(content).transpose()
}

pub(crate) async fn create_content(client: &Client, new: &NewContent) -> Result<Content, Error> {
    content(client.query_one(sql::CREATE_CONTENT, &[&new.slug, &new.title]).await?)
}

/// All of it or nothing: a transaction that is dropped is rolled back.
pub(crate) async fn move_credits(client: &mut Client, transfer: &Transfer) -> Result<(), Error> {
    let Transfer { giver, taker, amount } = transfer;
    let transaction = client.transaction().await?;
    transaction.query(sql::LOCK_AUTHORS, &[giver, taker]).await?;
    transaction.execute(sql::NOTE_TRANSFER, &[giver, taker, amount]).await?;
    transaction.execute(sql::MOVE_CREDITS, &[giver, &-amount]).await?;
    transaction.execute(sql::MOVE_CREDITS, &[taker, amount]).await?;
    transaction.commit().await
}

fn content(row: Row) -> Result<Content, Error> {
    Ok(Content { id: row.try_get(0)?, slug: row.try_get(1)?, title: row.try_get(2)? })
}
