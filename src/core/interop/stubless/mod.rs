//! Command lines of `stubless call`, both ways.

mod read;
mod write;

pub(super) use self::{
    read::{read, read_time},
    write::write,
};
