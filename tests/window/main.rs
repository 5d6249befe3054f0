//! One journey through the real window: first start, a unary call, a stream, an error, a save.
//!
//! Usage: journey ADDRESS PICTURES --short | HOME PID STARTED. The window listens at ADDRESS (eframe's
//! inspection protocol); pictures are kept in PICTURES; HOME is the program's `STUBLESS_HOME`. With the
//! process and the time it was started (seconds since the epoch), what it costs is measured and
//! printed; never judged.

mod cost;
mod driver;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use cost::Cost;
use driver::{Result, Window};
use egui::{Key, Modifiers};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, pictures, rest @ ..] = arguments.as_slice() else {
        return usage();
    };
    let pictures = PathBuf::from(pictures);
    let done = match rest {
        [short] if short == "--short" => first_call(address, pictures),
        [home, pid, started] => {
            let Some(cost) = Cost::of(pid, started) else {
                return usage();
            };
            journey(address, pictures, Path::new(home), &cost)
        }
        _ => return usage(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("  FAILED   {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: journey ADDRESS PICTURES --short | HOME PID STARTED");
    ExitCode::from(2)
}

/// The first minute: the window opens on the sample, and its first request is sent.
fn first_call(address: &str, pictures: PathBuf) -> Result<()> {
    let mut window = Window::connect(address, pictures)?;
    window.resize(1440, 900)?;
    greet(&mut window)
}

fn greet(window: &mut Window) -> Result<()> {
    window.see("SayHello")?;
    window.fill("name", "Grace")?;
    window.click("Send")?;
    window.see("0 OK")?;
    window.see("Hello, Grace")?;
    window.shot("unary")
}

fn journey(address: &str, pictures: PathBuf, home: &Path, cost: &Cost) -> Result<()> {
    let mut window = Window::connect(address, pictures)?;
    window.see("Send")?;
    cost.first_frame();
    window.resize(1440, 900)?;
    window.see("SayHello")?;
    cost.memory("after start");
    cost.idle();
    greet(&mut window)?;

    // Saved: the file in the person's copy of the sample holds what was typed.
    window.press(Key::S, Modifiers::COMMAND)?;
    let file = home.join("data/sample/requests/greeter/say-hello.json");
    window.until("the saved request", || {
        fs::read_to_string(&file).is_ok_and(|text| text.contains("\"Grace\""))
    })?;

    // A message with every kind of field.
    palette(&mut window, "Kitchen/Echo")?;
    window.see("scalars")?;
    window.shot("form")?;
    window.click("JSON")?;
    window.shot("json")?;
    window.click("Form")?;

    // An error with details is an answer, not a failure of the program.
    palette(&mut window, "Fail with details")?;
    window.click("Send")?;
    window.see("the kettle is empty")?;
    window.shot("error")?;

    // A hundred thousand messages.
    palette(&mut window, "100,000 ticks")?;
    window.click("Send")?;
    window.see("Received message 100001")?;
    cost.memory("after 100,000 messages");
    window.shot("stream")?;

    // A stream of places, one of them open: the picture of the README.
    palette(&mut window, "List the Alps")?;
    window.click("Send")?;
    window.see("0 OK")?;
    window.click_beginning("Received message 4,")?;
    window.shot("readme")?;

    // What went over the wire, and the settings of the call.
    window.click("Wire")?;
    window.see("HEADERS")?;
    window.shot("wire")?;
    window.click("Settings")?;
    window.see("CONNECTION")?;
    window.shot("settings")?;
    window.click("Response")?;
    window.click("Message")?;

    // The smallest size everything fits into, and the light theme.
    window.resize(1024, 640)?;
    window.shot("small")?;
    window.resize(1440, 900)?;
    window.click("Switch to light")?;
    window.shot("light")?;
    Ok(())
}

/// Opens what the search finds first.
fn palette(window: &mut Window, words: &str) -> Result<()> {
    window.press(Key::K, Modifiers::COMMAND)?;
    window.type_text(words)?;
    window.press(Key::Enter, Modifiers::NONE)
}
