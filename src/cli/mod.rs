//! The command line: `call`, `list`, `describe`, `example`, `drift`, `export`, `demo`, for terminals and for scripts.
//!
//! Standard output carries only what was asked for (JSON, names, descriptions); everything else goes
//! to standard error. How it ended is the exit code, [`Exit`]. The window's start is decided here
//! too, but not done: `ui` and `cli` never import each other.
//!
//! ```text
//! args ── call ──── body (split), session, source ── report
//!      ├─ symbols   (list, describe, example)
//!      ├─ drift
//!      ├─ export
//!      └─ demo
//! ```

mod args;
mod body;
mod call;
mod demo;
mod drift;
mod export;
mod report;
mod session;
mod source;
mod symbols;

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser as _, error::ErrorKind};
use stubless_core::{call::Failure, grpc::ConnectError};

/// What the program was started for.
#[derive(Debug)]
pub enum Invocation {
    /// Open the window, on this workspace or the one used last.
    Window(Option<PathBuf>),
    /// Do a command.
    Command(Command),
}

/// A command with its arguments.
#[derive(Debug)]
pub struct Command(Box<args::Command>);

/// How the program ends; scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All well.
    Ok = 0,
    /// A call ended with a status other than OK, drift breaks, or output could not be written.
    Status = 1,
    /// The arguments make no sense. clap ends with the same number.
    Usage = 2,
    /// The schema or the request cannot be used.
    Invalid = 3,
    /// No connection, or no address to listen at.
    Connect = 4,
    /// A defect of this program.
    Defect = 70,
}

impl Exit {
    /// For a connection that was not made: where nothing was dialled, the request is at fault.
    fn without_connection(error: &ConnectError) -> Self {
        match error {
            ConnectError::TlsFile { .. }
            | ConnectError::Authority { .. }
            | ConnectError::AuthorityUserinfo
            | ConnectError::ProxyVariable(_) => Self::Invalid,
            _ => Self::Connect,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        // The numbers above are all below 256.
        Self::from(exit as u8)
    }
}

/// Why a command stopped before its end.
#[derive(Debug)]
enum Stop {
    /// With this card.
    Failed(Exit, Box<Failure>),
    /// Whoever read standard output has gone (`| head`): nothing is left to do, and nothing to say.
    OutputClosed,
}

impl Stop {
    fn new(exit: Exit, summary: impl Into<String>) -> Self {
        Self::Failed(
            exit,
            Box::new(Failure {
                summary: summary.into(),
                ..Failure::default()
            }),
        )
    }

    fn reason(self, reason: impl std::fmt::Display) -> Self {
        self.change(|failure| failure.reason = reason.to_string())
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        self.change(|failure| failure.hint = hint.into())
    }

    fn change(mut self, change: impl FnOnce(&mut Failure)) -> Self {
        if let Self::Failed(_, failure) = &mut self {
            change(failure);
        }
        self
    }

    /// For an error of standard output.
    fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::OutputClosed;
        }
        Self::new(Exit::Status, "Cannot write to standard output").reason(error)
    }
}

/// Reads the program's arguments. Ends the program itself for `--help`, `--version` and a mistake.
pub fn parse() -> Invocation {
    let args = args::Args::parse();
    if let Some(word) = args.workspace.as_deref().filter(|path| is_mistyped(path)) {
        let word = word.display();
        args::Args::command()
            .error(
                ErrorKind::InvalidSubcommand,
                format!("there is no command and no folder `{word}`; commands are call, list, describe, example, drift, export and demo"),
            )
            .exit();
    }
    match args.command {
        Some(command) => Invocation::Command(Command(Box::new(command))),
        None => Invocation::Window(args.workspace),
    }
}

/// Whether a workspace is rather a command with a slip of the pen: a word alone that names nothing here.
fn is_mistyped(workspace: &Path) -> bool {
    workspace.components().count() == 1 && workspace.is_relative() && !workspace.exists()
}

/// Does a command.
pub fn run(command: Command) -> Exit {
    let done = match *command.0 {
        args::Command::Call(args) => on_runtime(1, call::call(args)),
        args::Command::List(args) => on_runtime(1, symbols::list(args)),
        args::Command::Describe(args) => on_runtime(1, symbols::describe(args)),
        args::Command::Example(args) => on_runtime(1, symbols::example(args)),
        args::Command::Drift(args) => on_runtime(1, drift::drift(args)),
        args::Command::Export(args) => on_runtime(1, export::export(args)),
        args::Command::Demo(args) => on_runtime(2, demo::demo(args)),
    };
    match done {
        Ok(exit) => exit,
        Err(Stop::Failed(exit, failure)) => {
            report::failure(&failure);
            exit
        }
        Err(Stop::OutputClosed) => Exit::Ok,
    }
}

/// Runs a start of the program so that a panic in it ends with [`Exit::Defect`]. The panic's message
/// is printed by the standard hook.
pub fn guard(start: impl FnOnce() -> Exit + std::panic::UnwindSafe) -> Exit {
    std::panic::catch_unwind(start).unwrap_or_else(|_| {
        report::line("This is a defect of Stubless, not of your call. Please report it with the lines above.");
        Exit::Defect
    })
}

/// Says that there is no window, and what works without one.
pub fn no_window(why: &str) -> Exit {
    report::line(&format!(
        "{why}; calls can be made without a window: see `stubless call --help`"
    ));
    Exit::Usage
}

/// Says why the window could not be opened, with the causes.
pub fn window_failed(error: &dyn std::error::Error) -> Exit {
    report::line(&format!("error: {error}"));
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    for cause in causes {
        report::line(&format!("  {cause}"));
    }
    Exit::Usage
}

/// Runs a command. Sockets are driven by the runtime's own threads: the command itself may block this
/// one on standard output, which holds the stream back and nothing else. For one connection one thread
/// is enough; a second would only take turns with it, and a short call would wait for both to start.
fn on_runtime(
    threads: usize,
    command: impl Future<Output = Result<Exit, Stop>>,
) -> Result<Exit, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|error| Stop::new(Exit::Defect, "Cannot start threads").reason(error))?;
    let done = runtime.block_on(command);
    // A thread may be blocked in a name lookup; it is not waited for.
    runtime.shutdown_background();
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_defect_of_ours() {
        assert_eq!(guard(|| panic!("on purpose")), Exit::Defect);
        assert_eq!(guard(|| Exit::Status), Exit::Status);
    }
}
