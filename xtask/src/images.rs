//! `cargo xtask images`: gets every image that the suites start.
//!
//! In this order: the image that the environment names, the official image where it is here
//! already, the stand-in where it is up to date, the official image from its registry, and last a
//! stand-in built from Debian packages. A second run therefore asks no network anything, but for a
//! row without a stand-in that could not be had: it is left out, and said to be.

mod fingerprint;
mod pull;
mod table;

mod build;

use anyhow::{Result, bail};

use crate::docker;
use pull::Registry;
#[cfg(test)]
pub(crate) use table::StandIn;
pub(crate) use table::{EXPORTERS, IMAGES, Image};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the images of this engine's suite.
    #[arg(long)]
    engine: Option<String>,
    /// Build the stand-ins again, although nothing changed.
    #[arg(long)]
    force: bool,
}

/// Whether stand-ins are built again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rebuild {
    Always,
    WhenChanged,
}

/// Where an image comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// An environment variable names it.
    Named,
    Official,
    StandIn,
}

/// The image that is used for one row of the table.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) image: &'static Image,
    pub(crate) reference: String,
    pub(crate) origin: Origin,
}

/// What people read goes to standard error; standard output holds lines for an env file.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let rows: Vec<&Image> =
        IMAGES.iter().filter(|row| arguments.engine.as_ref().is_none_or(|engine| engine == row.engine)).collect();
    if rows.is_empty() {
        bail!("no engine of that name needs an image");
    }
    docker::find()?;
    let rebuild = if arguments.force { Rebuild::Always } else { Rebuild::WhenChanged };
    for choice in get(rows, rebuild)? {
        println!("{}={}", choice.image.variable(), choice.reference);
    }
    Ok(())
}

/// Makes sure that every row has an image here, and returns which. Only a row without a stand-in
/// can be left out.
pub(crate) fn get(rows: Vec<&'static Image>, rebuild: Rebuild) -> Result<Vec<Choice>> {
    let mut registry = Registry::default();
    let mut choices = Vec::new();
    let mut missing = Vec::new();
    for image in rows {
        let mut origin = present(image, rebuild)?;
        if origin.is_none() && image.official.is_some_and(|official| registry.pull(official)) {
            origin = Some(Origin::Official);
        }
        if origin.is_none() && image.stand_in.is_some() {
            missing.push(image);
            origin = Some(Origin::StandIn);
        }
        match origin {
            Some(origin) => choices.push(Choice { image, reference: reference(image, origin), origin }),
            None => eprintln!("images: {:<15} not available here: Debian has no such server", image.title),
        }
    }
    build::all(&missing, &mut registry)?;
    for choice in &choices {
        eprintln!("images: {:<15} {} ({})", choice.image.title, choice.reference, word(choice.origin));
    }
    Ok(choices)
}

/// Where the image comes from when nothing has to be fetched or built for it.
fn present(image: &Image, rebuild: Rebuild) -> Result<Option<Origin>> {
    if image.named().is_some() {
        return Ok(Some(Origin::Named));
    }
    if image.official.is_some_and(docker::has_image) {
        return Ok(Some(Origin::Official));
    }
    Ok((rebuild == Rebuild::WhenChanged && build::is_current(image)?).then_some(Origin::StandIn))
}

fn reference(image: &Image, origin: Origin) -> String {
    match origin {
        Origin::Named => image.named().unwrap_or_default(),
        Origin::Official => image.official.unwrap_or_default().to_owned(),
        Origin::StandIn => image.tag(),
    }
}

fn word(origin: Origin) -> &'static str {
    match origin {
        Origin::Named => "named by the environment",
        Origin::Official => "official",
        Origin::StandIn => "stand-in from Debian packages",
    }
}
