//! `update` and `on_event` as tables.
