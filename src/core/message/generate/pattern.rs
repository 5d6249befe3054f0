//! Texts of a regular expression.
