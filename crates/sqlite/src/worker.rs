//! The thread of a session: SQLite blocks, and the runtime that awaits it must not.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use dbprobe_core::{Class, Failure};
use tokio::sync::oneshot;

use crate::config::Config;
use crate::database::Database;
use crate::patience::Patience;
use crate::stop::Stop;

type Job = Box<dyn FnOnce(&mut Database) + Send>;
type Answer<T> = oneshot::Receiver<Result<T, Failure>>;

/// The thread that holds one open database.
///
/// Dropping it asks the thread to stop and does not wait: it ends what it does, closes the file and is gone, at once
/// unless the operating system itself holds it.
pub(crate) struct Worker {
    jobs: Option<Sender<Job>>,
    stop: Arc<Stop>,
    closed: Option<Answer<()>>,
    thread: Option<JoinHandle<()>>,
    path: Option<PathBuf>,
}

impl Worker {
    /// Opens the database on a new thread.
    pub(crate) async fn open(config: Arc<Config>, patience: Patience) -> Result<Self, Failure> {
        let stop = Arc::new(Stop::default());
        let (jobs, queue) = channel();
        let (open, opened) = oneshot::channel();
        let (close, closed) = oneshot::channel();
        let thread = spawn({
            let stop = Arc::clone(&stop);
            move || {
                stop.adopt();
                let database = match Database::open(&config, stop, patience) {
                    Ok(database) => database,
                    Err(failure) => return drop(open.send(Err(failure))),
                };
                if open.send(Ok(database.path.clone())).is_ok() {
                    let _ = close.send(serve(database, &queue));
                }
            }
        })?;
        // From here on a dropped future drops the worker, which asks the thread to stop.
        let mut worker = Self { jobs: Some(jobs), stop, closed: Some(closed), thread: Some(thread), path: None };
        match opened.await.unwrap_or_else(|_| Err(ended())) {
            Ok(path) => {
                worker.path = path;
                Ok(worker)
            }
            Err(failure) => {
                worker.join();
                Err(failure)
            }
        }
    }

    /// Looks, on a thread of its own, whether the file can be opened.
    pub(crate) async fn touch(config: Arc<Config>) -> Result<(), Failure> {
        let (answer, answered) = oneshot::channel();
        let thread = spawn(move || drop(answer.send(Database::touch(&config))))?;
        let result = answered.await.unwrap_or_else(|_| Err(ended()));
        let _ = thread.join();
        result
    }

    /// Runs `work` on the thread.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Database) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |database| drop(answer.send(work(database))));
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job); // to nobody, if the thread has ended: then there is no answer
        }
        answered.await.unwrap_or_else(|_| Err(if self.stop.is_asked() { stopped() } else { ended() }))
    }

    /// Closes the database and waits until the thread is gone.
    pub(crate) async fn close(mut self) -> Result<(), Failure> {
        self.jobs = None;
        let closed = match self.closed.take() {
            Some(closed) => closed.await.unwrap_or_else(|_| Err(ended())),
            None => Ok(()),
        };
        self.join();
        closed
    }

    /// Waits for a thread that has given its last answer: there is nothing left that could block it.
    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    /// The file's absolute path; `None` in memory.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    pub(crate) fn stop(&self) -> Arc<Stop> {
        Arc::clone(&self.stop)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.stop.ask();
        }
    }
}

/// Works until nobody can ask any more, then closes the database.
fn serve(mut database: Database, queue: &Receiver<Job>) -> Result<(), Failure> {
    while let Ok(job) = queue.recv() {
        if database.stop.is_asked() {
            break;
        }
        job(&mut database);
    }
    database.close()
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Failure> {
    // The name is at most 15 bytes long on Linux.
    Builder::new().name("dbprobe-sqlite".to_owned()).spawn(work).map_err(|error| {
        Failure::new(Class::Overloaded, format!("the system gives no thread: {error}"))
            .advise("raise the limit of processes (`ulimit -u`, or the pids limit of the container)")
    })
}

fn stopped() -> Failure {
    Failure::new(Class::Timeout, "the session was asked to stop before")
}

fn ended() -> Failure {
    Failure::new(Class::Internal, "the session's thread has ended")
        .advise("this is a defect of dbprobe or of its driver: please report it")
}
