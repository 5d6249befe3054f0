//! `stubless demo`.

use std::io::{self, Write as _};

use stubless_core::demo::{Demo, DemoOptions};

use super::{Exit, Stop, args::DemoArgs, report};

/// Serves until the program is ended. The address alone goes to standard output, for scripts that
/// let the system choose the port.
pub(super) async fn demo(args: DemoArgs) -> Result<Exit, Stop> {
    let options = DemoOptions {
        listen: args.listen,
        ..DemoOptions::default()
    };
    let demo = Demo::start(options).await.map_err(|error| {
        Stop::new(Exit::Connect, format!("Cannot listen at {}", args.listen))
            .reason(error)
            .hint("choose another address with --listen; port 0 takes a free one")
    })?;
    let address = demo.address();
    let mut out = io::stdout();
    writeln!(out, "{address}")
        .and_then(|()| out.flush())
        .map_err(|error| Stop::output(&error))?;
    report::line(&format!(
        "The demo server listens; Ctrl-C stops it. Try:\n  stubless list {address}\n  \
         stubless call {address} demo.v1.Greeter/SayHello -d '{{\"name\": \"Ada\"}}'"
    ));
    std::future::pending().await
}
