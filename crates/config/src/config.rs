//! The whole file.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dbprobe_core::{Prober, Registry, Source, read_file};

use crate::error::ConfigError;
use crate::field::Field;
use crate::fields::{Fields, entries};
use crate::findings::Findings;
use crate::metrics::{self, Metrics};
use crate::modules::{self, Module};
use crate::node::Node;
use crate::place::Place;
use crate::settings::Settings;
use crate::spelling::near;
use crate::target::{self, TargetSettings};
use crate::{address, document, dsn};

/// The whole configuration, checked and with its defaults filled in.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file that it was read from.
    pub file: PathBuf,
    /// Where the exporter listens.
    pub listen: Vec<SocketAddr>,
    /// Further addresses for the same routes.
    pub api_listen: Vec<SocketAddr>,
    /// The exporter-toolkit file with TLS, users and headers.
    pub web_config: Option<PathBuf>,
    /// What is exported.
    pub metrics: Metrics,
    /// For targets that Prometheus names in the URL of `/probe`, in the order of the file.
    pub modules: Vec<Module>,
    /// The targets, in the order of the file.
    pub targets: Vec<Arc<TargetSettings>>,
    /// Where the DSN of each target stands in the file.
    pub places: BTreeMap<String, Place>,
}

/// The longest file that is read, in bytes.
const LONGEST: u64 = 16 << 20;

const KEYS: &[&str] = &["api_listen", "defaults", "listen", "metrics", "probe", "prober", "targets", "web_config"];

impl Config {
    /// Where the exporter listens unless the file says otherwise.
    pub const LISTEN: &str = "0.0.0.0:9091";

    /// Reads and checks a file. DSNs are read, nothing is sent.
    ///
    /// A reference in a DSN may lead nowhere yet, since it is read again at every connection; see
    /// [`Config::warnings`]. Every other reference is expanded here.
    ///
    /// # Errors
    /// Every mistake that was found, with its place.
    pub fn load(file: &Path, registry: &Registry) -> Result<Self, Vec<ConfigError>> {
        let mut findings = Findings::new(file);
        let Some(text) = read_text(file, &mut findings) else { return Err(findings.into_errors()) };
        Self::parse(file, &text, registry)
    }

    /// Reads and checks `text` as if it stood in `file`.
    ///
    /// # Errors
    /// Those of [`Config::load`].
    pub fn parse(file: &Path, text: &str, registry: &Registry) -> Result<Self, Vec<ConfigError>> {
        let mut findings = Findings::new(file);
        match document::parse(text) {
            Ok(document) => {
                let config = read(file, &document, registry, &mut findings);
                findings.settle(config)
            }
            Err(error) => {
                findings.add(error.place, error.message).advice = error.advice.map(str::to_owned);
                Err(findings.into_errors())
            }
        }
    }

    /// The target `name`.
    pub fn target(&self, name: &str) -> Option<&TargetSettings> {
        self.targets.iter().map(Arc::as_ref).find(|target| target.name == name)
    }

    /// The name of a target that `name` is a misspelling of.
    pub fn near(&self, name: &str) -> Option<&str> {
        let names: Vec<&str> = self.targets.iter().map(|target| target.name.as_str()).collect();
        near(name, &names)
    }

    /// DSNs that cannot be read now: a variable that is not set, a file that is missing, or what stands there is no DSN.
    /// The exporter starts all the same and tries again; meanwhile the target is `unknown`.
    pub fn warnings(&self, registry: &Registry) -> Vec<ConfigError> {
        let mut findings = Findings::new(&self.file);
        for target in self.targets.iter().filter(|target| !matches!(target.source, Source::Literal(_))) {
            let place = self.places.get(&target.name).copied();
            let mut note = |message: &str, advice: Option<String>| {
                findings.add(place, format!("target `{}`: {message}", target.name)).advice = advice;
            };
            match target.source.load() {
                Err(failure) => note(&failure.message, failure.advice),
                Ok(text) => {
                    if let Err(error) = dsn::open(text.expose(), registry) {
                        note(&dsn::fact(&error), error.advice().map(str::to_owned));
                    }
                }
            }
        }
        for module in &self.modules {
            if let Some(message) = module.warning() {
                findings.add(module.place, message);
            }
        }
        findings.into_errors()
    }
}

fn read_text(file: &Path, findings: &mut Findings) -> Option<String> {
    match read_file(file, LONGEST).map(String::from_utf8) {
        Ok(Ok(text)) => return Some(text),
        Ok(Err(_)) => findings.add(None, "the file is not UTF-8").advise("save it as UTF-8"),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => findings.add(None, "there is no such file").advise("name it with `--config`"),
            ErrorKind::PermissionDenied => {
                findings.add(None, "the file may not be read").advise("let the user that dbprobe runs as read it")
            }
            ErrorKind::FileTooLarge | ErrorKind::InvalidInput | ErrorKind::IsADirectory => {
                findings.add(None, format!("{error}: this is not a configuration"))
            }
            _ => findings.add(None, format!("the file cannot be read: {error}")),
        },
    };
    None
}

fn read(file: &Path, document: &Node, registry: &Registry, findings: &mut Findings) -> Config {
    let fields = Fields::read("the configuration", document, &[KEYS], findings);
    let mut config = Config { file: file.to_owned(), ..Config::default() };
    let mut addresses = Vec::new();
    match fields.field("listen") {
        Some(field) => config.listen = address::read(field, &mut addresses, findings),
        None => config.listen = Config::LISTEN.parse().into_iter().collect(),
    }
    if let Some(field) = fields.field("api_listen") {
        config.api_listen = address::read(field, &mut addresses, findings);
    }
    if let Some(path) = fields.field("web_config").and_then(|field| field.filled(findings)) {
        config.web_config = Some(file.parent().unwrap_or(Path::new("")).join(path));
    }
    if let Some(field) = fields.field("metrics") {
        config.metrics = metrics::read(field, findings);
    }
    let defaults = defaults(fields, findings);
    if let Some(field) = fields.field("targets") {
        for (key, node) in entries("`targets`", field.node, findings) {
            if let Some((target, place)) = target::read(key, node, &defaults, registry, findings) {
                config.places.insert(target.name.clone(), place);
                config.targets.push(Arc::new(target));
            }
        }
    }
    if let Some(field) = fields.field("probe") {
        config.modules = modules::read(field, &defaults.plan.prober, registry, findings);
    }
    config
}

fn defaults(fields: Fields<'_>, findings: &mut Findings) -> Settings {
    let mut prober = Prober::of_this_host();
    fields.set("prober", &mut prober, findings, |field: Field<'_>, findings: &mut Findings| {
        let prober = field.filled(findings)?.trim().parse::<Prober>();
        prober.map_err(|error| field.complain(findings, error).line).ok()
    });
    let mut defaults = Settings::new(prober);
    if let Some(field) = fields.field("defaults") {
        let fields = Fields::read("`defaults`", field.node, &[Settings::PLAN, Settings::POLICY], findings);
        defaults.read_plan(fields, findings);
        defaults.read_policy(fields, findings);
    }
    defaults
}
