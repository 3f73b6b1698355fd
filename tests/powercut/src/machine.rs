//! A machine of the rig: a disk, a file system on it, and a server on that.

use std::sync::Arc;

use crate::auditor::Auditor;
use crate::choices::Choices;
use crate::disk::{Disk, Harm, Trap};
use crate::image::Image;
use crate::moment::Survival;
use crate::mount::{Filesystem, Mounted};
use crate::server::{Binary, Refused, Server, ending};
use crate::workplace::Workplace;
use crate::wrong::Wrong;

/// What every machine is made from.
pub struct Parts {
    /// Where mount points and messages are.
    pub workplace: Workplace,
    /// The file system.
    pub fs: Filesystem,
    /// The server.
    pub binary: Binary,
    /// Who audits what is left in the end, if somebody does.
    pub auditor: Option<Auditor>,
    /// A disk with an empty file system.
    pub empty: Image,
    /// The length of segments, where it is not to be drawn.
    pub segment_bytes: Option<u64>,
}

/// A machine that runs. Dropped, it is switched off, in the order of its fields.
pub struct Machine {
    /// The server.
    pub server: Server,
    /// The file system.
    pub mounted: Mounted,
    /// The disk.
    pub disk: Arc<Disk>,
}

/// The lengths of segments: short, so that one follows the other and a start has little to fill,
/// and yet more than the tellers have in flight.
const SEGMENT_BYTES: [u64; 2] = [128 << 10, 512 << 10];
/// A power cut while a machine starts is at one of the first so many writes and syncs.
const STARTING_OPERATIONS: [u64; 3] = [6, 60, 600];

impl Parts {
    /// Gets all of it ready.
    ///
    /// # Errors
    /// When this machine does not let it: why.
    pub fn new(fs: Filesystem, binary: Binary) -> anyhow::Result<Self> {
        let workplace = Workplace::new()?;
        let empty = fs.make(&workplace)?;
        Ok(Self { workplace, fs, binary, auditor: None, empty, segment_bytes: None })
    }

    /// Starts a machine on what a disk holds.
    ///
    /// # Errors
    /// When the file system is not mounted, or the server refuses.
    pub fn boot(&self, image: Image, choices: &mut Choices) -> anyhow::Result<Machine> {
        let disk = self.fs.disk(image);
        let mounted = Mounted::new(&self.workplace, self.fs, &disk)?;
        let server = match self.start(&mounted, choices)? {
            Ok(server) => server,
            Err(refused) => return Err(falsely(&refused).into()),
        };
        Ok(Machine { server, mounted, disk })
    }

    /// Starts a server on a file system.
    ///
    /// # Errors
    /// When it neither starts nor refuses.
    pub fn start(
        &self,
        mounted: &Mounted,
        choices: &mut Choices,
    ) -> anyhow::Result<Result<Server, Refused>> {
        let (drawn, threads) = (choices.one_of(&SEGMENT_BYTES), choices.one_of(&["1", "2"]));
        let bytes = self.segment_bytes.unwrap_or(drawn).to_string();
        let mut binary = self.binary.clone();
        let flags = ["--segment-bytes", &bytes, "--threads", threads];
        binary.flags.extend(flags.map(str::to_owned));
        binary.start(mounted.path(), &self.workplace.fresh("messages"))
    }

    /// Starts a machine on what a disk holds and cuts its power while it starts; what the disk
    /// holds then, and whether the power went before the start was over.
    ///
    /// # Errors
    /// When the start fails though there is power.
    pub fn stumble(&self, image: Image, choices: &mut Choices) -> anyhow::Result<Image> {
        let disk = self.fs.disk(image);
        let operations = choices.one_of(&STARTING_OPERATIONS);
        disk.set(Trap { harm: Harm::PowerCut, at: 1 + choices.below(operations) });
        let started = Mounted::new(&self.workplace, self.fs, &disk)
            .and_then(|mounted| Ok((self.start(&mounted, choices)?, mounted)));
        let powered = !disk.await_trap(std::time::Duration::ZERO);
        let moment = disk.cut();
        match started {
            Ok((Err(refused), _mounted)) if powered => return Err(falsely(&refused).into()),
            Err(error) if powered => return Err(error),
            Ok(_) | Err(_) => {}
        }
        Ok(moment.end(choices.one_of(&Survival::ALL), choices))
    }
}

/// A server that refuses though it has what it needs.
pub(crate) fn falsely(refused: &Refused) -> Wrong {
    let ended = ending(refused.status);
    Wrong::new(format!("the server refuses to start, {ended}: {}", refused.message))
}
