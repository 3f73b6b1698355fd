//! One request of the kernel, done on the disk and answered.

use rustix::io::Errno;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::wire::{
    ASYNC_DIO, ASYNC_READ, AnswerHead, AttributesAnswer, InitAnswer, InitAsked, MAJOR, MAX_PAGES,
    MINOR, OPEN_DIRECT, OpenAnswer, RequestHead, Run, StatisticsAnswer, Verb, WriteAnswer,
};
use crate::disk::Disk;

/// The longest run of bytes in one request.
pub(super) const RUN_BYTES_MAX: usize = 1 << 20;
const HEAD_BYTES: usize = size_of::<AnswerHead>();
const REGULAR_FILE: u32 = 0o100_600;

/// Does what is asked, and leaves the answer in `reply`; nothing where none is wanted.
pub(super) fn answer(request: &[u8], disk: &Disk, reply: &mut Vec<u8>) {
    reply.clear();
    let Some((head, body)) = take::<RequestHead>(request) else { return };
    let verb = Verb::of(head.opcode);
    if verb == Verb::Forget {
        return;
    }
    reply.resize(HEAD_BYTES, 0);
    let done = act(verb, body, disk, reply);
    if done.is_err() {
        reply.truncate(HEAD_BYTES);
    }
    let error = done.err().map_or(0, |error| -error.raw_os_error());
    let bytes = u32::try_from(reply.len()).unwrap_or(0);
    let head = AnswerHead { bytes, error, unique: head.unique };
    reply[..HEAD_BYTES].copy_from_slice(head.as_bytes());
}

fn act(verb: Verb, body: &[u8], disk: &Disk, reply: &mut Vec<u8>) -> Result<(), Errno> {
    match verb {
        Verb::Init => reply.extend(agree(body)?.as_bytes()),
        Verb::Attributes => reply.extend(attributes(disk).as_bytes()),
        Verb::Open => {
            reply.extend(OpenAnswer { flags: OPEN_DIRECT, ..OpenAnswer::default() }.as_bytes());
        }
        Verb::Read => read(body, disk, reply)?,
        Verb::Write => reply.extend(write(body, disk)?.as_bytes()),
        Verb::Statistics => {
            let statistics = StatisticsAnswer { block_bytes: 512, ..StatisticsAnswer::default() };
            reply.extend(statistics.as_bytes());
        }
        Verb::Sync => disk.sync()?,
        Verb::Done | Verb::Destroy | Verb::Forget => {}
        Verb::Unknown => return Err(Errno::NOSYS),
    }
    Ok(())
}

fn agree(body: &[u8]) -> Result<InitAnswer, Errno> {
    let (asked, _) = take::<InitAsked>(body).ok_or(Errno::INVAL)?;
    Ok(InitAnswer {
        major: MAJOR,
        minor: MINOR,
        read_ahead_max: asked.read_ahead_max,
        flags: asked.flags & (MAX_PAGES | ASYNC_READ | ASYNC_DIO),
        background_max: 64,
        congestion: 48,
        write_max: u32::try_from(RUN_BYTES_MAX).map_err(|_| Errno::INVAL)?,
        time_granularity: 1,
        pages_max: u16::try_from(RUN_BYTES_MAX / 4096).map_err(|_| Errno::INVAL)?,
        ..InitAnswer::default()
    })
}

fn attributes(disk: &Disk) -> AttributesAnswer {
    AttributesAnswer {
        valid_seconds: 3600,
        inode: 1,
        bytes: disk.bytes(),
        blocks: disk.bytes() / 512,
        mode: REGULAR_FILE,
        links: 1,
        block_bytes: 4096,
        ..AttributesAnswer::default()
    }
}

fn read(body: &[u8], disk: &Disk, reply: &mut Vec<u8>) -> Result<(), Errno> {
    let (run, _) = take::<Run>(body).ok_or(Errno::INVAL)?;
    let left = disk.bytes().saturating_sub(run.offset);
    let bytes = u64::from(run.bytes).min(left);
    reply.resize(HEAD_BYTES + crate::size::narrow(bytes), 0);
    disk.read(run.offset, &mut reply[HEAD_BYTES..])
}

fn write(body: &[u8], disk: &Disk) -> Result<WriteAnswer, Errno> {
    let (run, bytes) = take::<Run>(body).ok_or(Errno::INVAL)?;
    let bytes = bytes.get(..usize::try_from(run.bytes).unwrap_or(0)).ok_or(Errno::INVAL)?;
    disk.write(run.offset, bytes)?;
    Ok(WriteAnswer { bytes: run.bytes, unused: 0 })
}

/// What a run of bytes begins with, and what is behind it.
fn take<T: FromBytes + Immutable + KnownLayout>(bytes: &[u8]) -> Option<(T, &[u8])> {
    T::read_from_prefix(bytes).ok()
}
