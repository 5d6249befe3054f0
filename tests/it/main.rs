//! The one integration binary: behaviour at the program's borders, and the house rules.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets what it does not expect has failed"
)]

mod cli;
mod cli_drift;
mod cli_export;
mod cli_sample;
mod fault;
mod rules;
mod tidy;
#[cfg(feature = "gui")]
mod ui_bytes;
#[cfg(feature = "gui")]
mod ui_diff;
#[cfg(feature = "gui")]
mod ui_editor;
#[cfg(feature = "gui")]
mod ui_form;
#[cfg(feature = "gui")]
mod ui_generate;
#[cfg(feature = "gui")]
mod ui_journey;
#[cfg(feature = "gui")]
mod ui_logs;
#[cfg(feature = "gui")]
mod ui_message;
#[cfg(feature = "gui")]
mod ui_paste;
#[cfg(feature = "gui")]
mod ui_reflection;
#[cfg(feature = "gui")]
mod ui_request;
#[cfg(feature = "gui")]
mod ui_rules;
#[cfg(feature = "gui")]
mod ui_save;
#[cfg(feature = "gui")]
mod ui_schema;
#[cfg(feature = "gui")]
mod ui_special;
#[cfg(feature = "gui")]
mod ui_stream;
#[cfg(feature = "gui")]
mod ui_stream_view;
#[cfg(feature = "gui")]
mod ui_support;
#[cfg(feature = "gui")]
mod ui_templates;
#[cfg(feature = "gui")]
mod ui_timeline;
#[cfg(feature = "gui")]
mod ui_widgets;
mod workspace_kill;
