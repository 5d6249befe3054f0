//! The one integration binary: behaviour at the program's borders, and the house rules.

mod cli;
mod cli_sample;
mod tidy;
#[cfg(feature = "gui")]
mod ui_journey;
#[cfg(feature = "gui")]
mod ui_request;
#[cfg(feature = "gui")]
mod ui_support;
#[cfg(feature = "gui")]
mod ui_widgets;
