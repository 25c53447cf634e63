//! Many targets at once.

use futures_util::StreamExt;

use crate::answer::{Answer, Question};

/// Asks about every one of `targets`, at most `concurrency` at once, and hands each answer over as it comes, with the
/// place of its target. After the interrupt nothing is begun, and an answer that it cut short is not handed over.
pub(crate) async fn ask_all(
    question: Question<'_>,
    targets: &[String],
    concurrency: usize,
    mut each: impl FnMut(usize, Answer),
) {
    let interrupt = &question.wishes.interrupt;
    let begun = targets.iter().enumerate().take_while(|_| !interrupt.has_fired());
    let probes = begun.map(|(at, target)| async move { (at, question.ask(target, at + 1).await) });
    let mut answers = futures_util::stream::iter(probes).buffer_unordered(concurrency.max(1));
    while let Some((at, answer)) = answers.next().await {
        // The probes under way are awaited all the same: they stop what the servers are doing for them.
        if !interrupt.has_fired() {
            each(at, answer);
        }
    }
}
