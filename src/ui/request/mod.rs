//! The request editor.
