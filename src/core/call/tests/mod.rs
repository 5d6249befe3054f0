//! Calls end to end, against the embedded server and against peers that misbehave.

mod bad_input;
mod connecting;
mod hold;
mod kinds;
mod support;
mod tls;
mod words;
