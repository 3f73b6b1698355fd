//! What tests share.

pub(crate) mod desk;
pub(crate) mod engine;
pub(crate) mod hook;
pub(crate) mod raw;
pub(crate) mod server;
