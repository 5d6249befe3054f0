//! Command lines of grpcurl, both ways.

mod read;
mod write;

pub(super) use self::{
    read::{host_of, read, with_slash},
    write::{ascii, write},
};
