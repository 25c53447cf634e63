//! `dbprobe completions` and `dbprobe man`: the command line, for shells and for man(1).

use clap_complete::Shell;
use clap_mangen::Man;
use dbprobe::Status;

use crate::arguments::command;
use crate::console::Console;
use crate::trouble::Trouble;

/// Prints the script by which `shell` completes commands and options.
pub(crate) fn completions(shell: Shell, console: &mut Console<'_>) -> Result<Status, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), "dbprobe", &mut script);
    print(&script, console)
}

/// Prints the page of the whole program, or of its command `name`.
pub(crate) fn page(name: Option<&str>, console: &mut Console<'_>) -> Result<Status, Trouble> {
    let mut all = command().disable_help_subcommand(true);
    all.build();
    let chosen = match name.and_then(|name| all.find_subcommand(name)) {
        Some(found) => found.clone().display_name(format!("dbprobe-{}", found.get_name())),
        None => all,
    };
    let mut page = Vec::new();
    Man::new(chosen).render(&mut page).map_err(Trouble::Output)?;
    print(&page, console)
}

fn print(bytes: &[u8], console: &mut Console<'_>) -> Result<Status, Trouble> {
    console.print(&String::from_utf8_lossy(bytes)).map_err(Trouble::Output)?;
    Ok(Status::Up)
}
