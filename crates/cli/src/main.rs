//! The command `dbprobe`.

use std::process::ExitCode;

use dbprobe_cli::{Console, Screen, contain, run};

fn main() -> ExitCode {
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut remark = std::io::stderr();
    let program = || {
        let console =
            Console { out: &mut out, err: &mut err, screen: Screen::of_stdout(), err_screen: Screen::of_stderr() };
        run(&dbprobe::registry(), dbprobe::ABSENT, std::env::args_os(), console)
    };
    ExitCode::from(contain(program, |text| {
        let _ = std::io::Write::write_all(&mut remark, text.as_bytes());
    }))
}
