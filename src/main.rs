//! labform, the command.

use std::process::ExitCode;

fn main() -> ExitCode {
    labform::cli::main()
}
