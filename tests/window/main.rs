//! One journey through the real window: first start, a unary call, a stream, an error, a save.
//!
//! Usage: journey ADDRESS PICTURES FOLDER. The window listens at ADDRESS (eframe's inspection
//! protocol); pictures are kept in PICTURES; FOLDER may be written to.

mod driver;

use std::{path::PathBuf, process::ExitCode};

use driver::{Result, Window};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(pictures)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: journey ADDRESS PICTURES FOLDER");
        return ExitCode::from(2);
    };
    match journey(&address, PathBuf::from(pictures)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("  FAILED   {error}");
            ExitCode::FAILURE
        }
    }
}

fn journey(address: &str, pictures: PathBuf) -> Result<()> {
    let mut window = Window::connect(address, pictures)?;
    window.settle()?;
    window.see("Greeter")?;
    window.shot("start")?;
    Ok(())
}
