//! The words that FUSE speaks on `/dev/fuse`: what is used of `linux/fuse.h`, version 7.31.
//!
//! Every number is in the machine's own order.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The version that is spoken.
pub(super) const MAJOR: u32 = 7;
/// See [`MAJOR`].
pub(super) const MINOR: u32 = 31;

/// Reads and writes may be of many pages.
pub(super) const MAX_PAGES: u32 = 1 << 22;
/// Reads may be sent ahead of one another.
pub(super) const ASYNC_READ: u32 = 1;
/// Direct reads and writes may be sent ahead of one another.
pub(super) const ASYNC_DIO: u32 = 1 << 15;

/// Nothing of the file is cached: each read and write of the loop device comes here.
pub(super) const OPEN_DIRECT: u32 = 1;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Forget,
    Attributes,
    Open,
    Read,
    Write,
    Statistics,
    Done,
    Sync,
    Init,
    Destroy,
    Unknown,
}

impl Verb {
    pub(super) const fn of(opcode: u32) -> Self {
        match opcode {
            2 | 36 | 42 => Self::Forget,
            3 | 4 => Self::Attributes,
            14 => Self::Open,
            15 => Self::Read,
            16 => Self::Write,
            17 => Self::Statistics,
            18 | 25 => Self::Done,
            20 => Self::Sync,
            26 => Self::Init,
            38 => Self::Destroy,
            _ => Self::Unknown,
        }
    }
}

/// What every request begins with.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct RequestHead {
    pub(super) bytes: u32,
    pub(super) opcode: u32,
    pub(super) unique: u64,
    pub(super) node: u64,
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) process: u32,
    pub(super) extensions: u32,
}

/// What every answer begins with.
#[derive(Clone, Copy, Debug, Immutable, IntoBytes)]
#[repr(C)]
pub(super) struct AnswerHead {
    pub(super) bytes: u32,
    pub(super) error: i32,
    pub(super) unique: u64,
}

/// What the kernel can do.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct InitAsked {
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) read_ahead_max: u32,
    pub(super) flags: u32,
}

/// What is agreed on.
#[derive(Clone, Copy, Debug, Default, Immutable, IntoBytes)]
#[repr(C)]
pub(super) struct InitAnswer {
    pub(super) major: u32,
    pub(super) minor: u32,
    pub(super) read_ahead_max: u32,
    pub(super) flags: u32,
    pub(super) background_max: u16,
    pub(super) congestion: u16,
    pub(super) write_max: u32,
    pub(super) time_granularity: u32,
    pub(super) pages_max: u16,
    pub(super) map_alignment: u16,
    pub(super) unused: [u32; 8],
}

/// The attributes of a file, and for how long they are so.
#[derive(Clone, Copy, Debug, Default, Immutable, IntoBytes)]
#[repr(C)]
pub(super) struct AttributesAnswer {
    pub(super) valid_seconds: u64,
    pub(super) valid_nanoseconds: u32,
    pub(super) unused: u32,
    pub(super) inode: u64,
    pub(super) bytes: u64,
    pub(super) blocks: u64,
    pub(super) times: [u64; 3],
    pub(super) times_nanoseconds: [u32; 3],
    pub(super) mode: u32,
    pub(super) links: u32,
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) device: u32,
    pub(super) block_bytes: u32,
    pub(super) flags: u32,
}

/// A file that is open.
#[derive(Clone, Copy, Debug, Default, Immutable, IntoBytes)]
#[repr(C)]
pub(super) struct OpenAnswer {
    pub(super) handle: u64,
    pub(super) flags: u32,
    pub(super) unused: u32,
}

/// What is to be read, or which bytes follow that are to be written.
#[derive(Clone, Copy, Debug, FromBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Run {
    pub(super) handle: u64,
    pub(super) offset: u64,
    pub(super) bytes: u32,
    pub(super) kind: u32,
    pub(super) owner: u64,
    pub(super) flags: u32,
    pub(super) unused: u32,
}

/// How much was written.
#[derive(Clone, Copy, Debug, Immutable, IntoBytes)]
#[repr(C)]
pub(super) struct WriteAnswer {
    pub(super) bytes: u32,
    pub(super) unused: u32,
}

/// The file system as a whole: nothing of it is of interest.
#[derive(Clone, Copy, Debug, Default, Immutable, IntoBytes)]
#[repr(C)]
pub(super) struct StatisticsAnswer {
    pub(super) counts: [u64; 5],
    pub(super) block_bytes: u32,
    pub(super) name_bytes_max: u32,
    pub(super) fragment_bytes: u32,
    pub(super) unused: [u32; 7],
}
