//! From the part `probe.modules` of the file to modules that are known to work.

use dbprobe_core::{DsnError, Prober, Registry, Secret, WriteMode};

use super::{Module, STAND_IN};
use crate::allow::Allowed;
use crate::dsn;
use crate::field::Field;
use crate::fields::{Fields, entries};
use crate::findings::Findings;
use crate::name;
use crate::node::{Key, Node};
use crate::page::Page;
use crate::place::Place;
use crate::settings::Settings;
use crate::spelling::near;
use crate::target::fitting;

const KEYS: &[&str] = &["allow", "database", "http", "parameters", "password", "scheme", "user"];

/// Reads the part `probe` of the file.
pub(crate) fn read(field: Field<'_>, prober: &Prober, registry: &Registry, findings: &mut Findings) -> Vec<Module> {
    let fields = Fields::read("`probe`", field.node, &[&["modules"]], findings);
    let Some(modules) = fields.field("modules") else { return Vec::new() };
    let entries = entries("`modules`", modules.node, findings);
    entries.iter().filter_map(|(key, node)| read_one(key, node, prober, registry, findings)).collect()
}

fn read_one(key: &Key, node: &Node, prober: &Prober, registry: &Registry, findings: &mut Findings) -> Option<Module> {
    let name = name::target("module", key, findings);
    let fields = Fields::read("a module", node, &[KEYS, Settings::PLAN], findings);
    let mut settings = Settings::new(prober.clone());
    settings.plan.write = WriteMode::None; // nobody expects that a look at any host writes there
    settings.read_plan(fields, findings);
    let page = fields.field("http").map(|field| Page::read(field, findings));
    if let Some(timeout) = page.as_ref().and_then(|page| page.timeout) {
        settings.plan.timeout = timeout;
    }
    let (mut user, mut password, mut database) = (None, None, None);
    fields.set_some("user", &mut user, findings, Field::filled);
    fields.set_some("password", &mut password, findings, Field::template);
    fields.set_some("database", &mut database, findings, Field::filled);
    let (parameters, places): (Vec<_>, Vec<_>) = read_parameters(fields, findings).into_iter().unzip();
    let allow = read_allow(key, fields, findings);
    let (scheme, schemes) = read_scheme(key, fields, registry, findings)?;
    let mut module = Module {
        name: name?.to_owned(),
        plan: settings.plan,
        place: key.place,
        aliases: schemes.iter().copied().filter(|alias| is_alias(alias, &scheme, schemes)).collect(),
        scheme,
        user,
        password,
        database,
        parameters,
        fragment: page.as_ref().map(|page| page.fragment.clone()).unwrap_or_default(),
        allow,
        default_port: None,
    };
    refuse_page(&module, page.as_ref(), findings)?;
    check(&mut module, page.as_ref(), &places, registry, findings)?;
    let engine = module.engine(registry)?;
    module.plan = fitting(module.plan, engine, registry);
    Some(module)
}

type Parameter = (String, Secret);

fn read_parameters(fields: Fields<'_>, findings: &mut Findings) -> Vec<(Parameter, Place)> {
    let Some(field) = fields.field("parameters") else { return Vec::new() };
    let mut parameters = Vec::new();
    for (key, node) in entries("`parameters`", field.node, findings) {
        if let Some(value) = (Field { name: "parameters", node }).text(findings) {
            parameters.push(((key.text.clone(), Secret::new(value)), key.place));
        }
    }
    parameters
}

fn read_allow(key: &Key, fields: Fields<'_>, findings: &mut Findings) -> Vec<Allowed> {
    let items = fields.field("allow").map(|field| field.items(findings)).unwrap_or_default();
    if items.is_empty() {
        findings
            .add(key.place, "this module has no `allow`: it says where its credentials may be sent")
            .advise("list the hosts, for example `allow: [\"*.db.example.com:5432\", 10.0.0.0/8]`");
    }
    let mut allow = Vec::new();
    for item in items {
        let Some(text) = item.text(findings) else { continue };
        match Allowed::parse(&text) {
            Ok(allowed) => allow.push(allowed),
            Err(why) => drop(item.complain(findings, why).show(item.written())),
        }
    }
    allow
}

/// The scheme, and all those of its engine.
fn read_scheme(
    key: &Key,
    fields: Fields<'_>,
    registry: &Registry,
    findings: &mut Findings,
) -> Option<(String, &'static [&'static str])> {
    let Some(field) = fields.field("scheme") else {
        findings.add(key.place, "this module has no `scheme`").advise("write for example `scheme: postgres`");
        return None;
    };
    let scheme = field.filled(findings)?.trim().to_ascii_lowercase();
    if let Some(engine) = registry.engines().iter().find(|engine| engine.schemes.contains(&scheme.as_str())) {
        return Some((scheme, engine.schemes));
    }
    let all: Vec<&str> = registry.engines().iter().flat_map(|engine| engine.schemes).copied().collect();
    let question = near(&scheme, &all).map(|word| format!(", did you mean `{word}`?")).unwrap_or_default();
    field
        .complain(findings, format!("unknown scheme{question}"))
        .show(field.written())
        .advise(format!("the schemes of this build are {}", all.join(", ")));
    None
}

/// Whether a target with the scheme `alias` means the same as one with `scheme`: with TLS and without is not the same.
fn is_alias(alias: &str, scheme: &str, schemes: &[&str]) -> bool {
    let secure = |scheme: &str| scheme.strip_suffix('s').is_some_and(|plain| schemes.contains(&plain));
    !alias.contains('+') && secure(alias) == secure(scheme)
}

/// Pages are for URLs, and they may not lead elsewhere.
fn refuse_page(module: &Module, page: Option<&Page>, findings: &mut Findings) -> Option<()> {
    let Some(page) = page else { return Some(()) };
    if !module.is_page() {
        findings.add(page.place, "`http` is for modules with the scheme `http` or `https`").advise("leave it out");
        return None;
    }
    if let Some(follow) = page.follow {
        findings
            .add(follow, "`follow`: a redirect could lead to a host that `allow` does not name")
            .advise("leave it out: a module follows no redirects");
        return None;
    }
    Some(())
}

/// Whether the engine takes what the module makes, and connects to the host that a target names.
fn check(
    module: &mut Module,
    page: Option<&Page>,
    places: &[Place],
    registry: &Registry,
    findings: &mut Findings,
) -> Option<()> {
    let driver = match module.stand_in(registry) {
        Ok(driver) => driver,
        Err((error, built)) => {
            complain(&error, built.expose(), page, places, module, findings);
            return None;
        }
    };
    let endpoints = &driver.target().endpoints;
    if endpoints.len() != 1 || endpoints[0].host != STAND_IN {
        findings
            .add(
                module.place,
                format!("a module of `{}://` does not connect to the host that a target names", module.scheme),
            )
            .advise("choose the scheme of an engine on a network, and no parameter that names a host");
        return None;
    }
    let endpoint = module.stand_in_on(None, registry).ok().and_then(|it| it.target().endpoints.first().cloned());
    module.default_port = endpoint.and_then(|endpoint| endpoint.port);
    Some(())
}

fn complain(
    error: &DsnError,
    built: &str,
    page: Option<&Page>,
    places: &[Place],
    module: &Module,
    findings: &mut Findings,
) {
    let before: String =
        built.chars().take(error.columns().map_or(0, |columns| columns.start.saturating_sub(1))).collect();
    let place = match (before.split_once('#'), before.split_once('?')) {
        (Some((url, _)), _) => page.map(|page| page.place_of(error, url)),
        (None, Some((_, parameters))) => places.get(parameters.matches('&').count()).copied(),
        (None, None) => None,
    };
    findings.add(place.unwrap_or(module.place), format!("the module `{}`: {}", module.name, dsn::fact(error))).advice =
        error.advice().map(str::to_owned);
}
