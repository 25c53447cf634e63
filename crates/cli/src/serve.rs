//! `dbprobe serve`: the exporter.

use dbprobe::{Registry, Status};
use dbprobe_exporter::{Exporter, Options, Shard, StartError};
use tokio::runtime::{Builder, Runtime};

use crate::arguments::{Common, Serve};
use crate::config;
use crate::descriptors;
use crate::log;
use crate::signals::{Hangups, Signals};
use crate::trouble::Trouble;

/// How many threads serve. Rendering ten thousand targets for two Prometheis at once is work for two.
const SERVING: usize = 2;

/// Watches the configured targets and serves what it sees, until SIGTERM or SIGINT.
pub(crate) fn run(registry: &Registry, options: &Serve, common: &Common, colour: bool) -> Result<Status, Trouble> {
    log::start(options.log_level, options.log_format, colour);
    let options = Options {
        file: config::required(common)?,
        listen: options.listen.clone(),
        shard: shard(options)?,
        descriptors: descriptors::raised(),
    };
    // Probes have threads of their own: rendering a page must not make a database look slow, nor a driver that blocks
    // keep Prometheus waiting.
    let probing = runtime("probe", None)?;
    let serving = runtime("serve", Some(SERVING))?;
    let result = serving.block_on(serve(registry.clone(), options, &probing));
    serving.shutdown_background();
    probing.shutdown_background();
    result.map(|()| Status::Up)
}

async fn serve(registry: Registry, options: Options, probing: &Runtime) -> Result<(), Trouble> {
    let mut signals = Signals::listen().map_err(Trouble::Runtime)?;
    let mut hangups = Hangups::listen().map_err(Trouble::Runtime)?;
    let shard = options.shard;
    let exporter = Exporter::open(registry, options, probing.handle().clone()).await.map_err(|error| match error {
        StartError::Config(errors) => Trouble::Config(errors),
        error => Trouble::Usage(error.to_string()),
    })?;
    if shard != Shard::default() {
        tracing::info!("watching shard {shard}");
    }
    for url in exporter.urls() {
        tracing::info!("listening on {url}");
    }
    let reloader = exporter.reloader();
    let reloads = tokio::spawn(async move {
        loop {
            hangups.next().await;
            let _ = reloader.reload().await; // the exporter has said in the log how it went
        }
    });
    exporter
        .run(async {
            let signal = signals.next().await;
            tracing::info!("stopping: {}", signal.as_str());
        })
        .await;
    reloads.abort();
    Ok(())
}

fn shard(options: &Serve) -> Result<Shard, Trouble> {
    Shard::new(options.shard, options.total_shards).ok_or_else(|| {
        let (shard, total) = (options.shard, options.total_shards);
        Trouble::Usage(format!("there is no shard {shard} of {total}: shards are counted from 0"))
    })
}

fn runtime(name: &str, threads: Option<usize>) -> Result<Runtime, Trouble> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    builder.thread_name(name).enable_all().build().map_err(Trouble::Runtime)
}
