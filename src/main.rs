//! Arguments → command line or window; nothing else.

use std::{path::PathBuf, process::ExitCode};

use stubless::cli::{self, Exit, Invocation};

fn main() -> ExitCode {
    let exit = cli::guard(|| match cli::parse() {
        Invocation::Command(command) => cli::run(command),
        Invocation::Window(workspace) => window(workspace),
    });
    exit.into()
}

#[cfg(feature = "gui")]
fn window(workspace: Option<PathBuf>) -> Exit {
    if !has_display() {
        return cli::no_window("There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)");
    }
    match stubless::ui::run(workspace) {
        Ok(()) => Exit::Ok,
        Err(error) => cli::window_failed(&error),
    }
}

#[cfg(not(feature = "gui"))]
fn window(_: Option<PathBuf>) -> Exit {
    cli::no_window("This Stubless was built without its window")
}

/// Elsewhere than on Linux and its like there is always a display to ask for.
#[cfg(feature = "gui")]
fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(all(unix, not(target_os = "macos")))) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
