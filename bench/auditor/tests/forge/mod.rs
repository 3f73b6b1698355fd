//! A log made by hand: records with the numbers of a small model, written in either form.

mod book;
mod files;
mod record;

pub(crate) use book::{Forge, own_key};
pub(crate) use files::{Layout, Written, audit, clean, first_finding, write_dense, write_snapshot};
pub(crate) use record::Raw;
