//! The window: egui only. Draws the state of the program and returns what the person asked for.

pub mod request;
pub mod theme;
pub mod widgets;
