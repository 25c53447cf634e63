//! Many targets at once.

use std::ops::ControlFlow;

use futures_util::StreamExt;

use crate::answer::{Answer, Question};

/// Asks about every one of `dsns`, at most `concurrency` at once, and hands each answer over as it comes, with the
/// place of its DSN. Breaking off drops the probes under way, and with them their connections.
pub(crate) async fn ask_all(
    question: Question<'_>,
    dsns: &[String],
    concurrency: usize,
    mut each: impl FnMut(usize, Answer) -> ControlFlow<()>,
) {
    let probes = dsns.iter().enumerate().map(|(at, dsn)| async move { (at, question.ask(dsn, at + 1).await) });
    let mut answers = futures_util::stream::iter(probes).buffer_unordered(concurrency.max(1));
    while let Some((at, answer)) = answers.next().await {
        if each(at, answer).is_break() {
            return;
        }
    }
}
