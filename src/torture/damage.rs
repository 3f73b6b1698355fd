//! Damage of what was answered, on a copy: it must be told, or do no harm.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wal::simulated::Choices;

use super::home::{Home, files_of};
use super::{garbage, index, pick};

/// What was done to the files of a log.
#[derive(Debug)]
pub(super) struct Damage {
    /// In words.
    pub(super) what: String,
    /// The file that a refusal must name; none where several are to blame.
    file: Option<String>,
}

/// How a file is damaged.
#[derive(Clone, Copy, Debug)]
enum Harm {
    FlippedBit,
    FlippedBitOfData,
    ZeroedPage,
    Garbage,
    CutShort,
    Emptied,
    Removed,
    Swapped,
    Renamed,
    Doubled,
}

const HARMS: [Harm; 10] = [
    Harm::FlippedBit,
    Harm::FlippedBitOfData,
    Harm::ZeroedPage,
    Harm::Garbage,
    Harm::CutShort,
    Harm::Emptied,
    Harm::Removed,
    Harm::Swapped,
    Harm::Renamed,
    Harm::Doubled,
];

/// The files that belong to a log.
const EXTENSIONS: [&str; 3] = ["wal", "dense", "snapshot"];
const PAGE: u64 = 4096;

impl Damage {
    /// Does one of these to the log of a copy.
    ///
    /// # Errors
    /// When its files cannot be read or written.
    pub(super) fn draw(log: &Path, choices: &mut Choices) -> io::Result<Option<Self>> {
        let names = files_of(log, &EXTENSIONS)?;
        let (Some(n), Some(harm)) = (pick(choices, names.len()), pick(choices, HARMS.len())) else {
            return Ok(None);
        };
        let name = names[n].clone();
        let path = log.join(&name);
        match HARMS[harm] {
            Harm::Removed => {
                fs::remove_file(path)?;
                Ok(Some(Self { what: format!("{name} was removed"), file: None }))
            }
            Harm::Swapped => swap(log, &names, &name, choices),
            harm @ (Harm::Renamed | Harm::Doubled) => move_away(log, &name, harm, choices),
            harm => harm_bytes(&path, name, harm, choices),
        }
    }

    /// Flips a bit where nothing was ever written: no harm is done.
    ///
    /// # Errors
    /// When the newest segment cannot be read or written.
    pub(super) fn behind_the_end(log: &Path, choices: &mut Choices) -> io::Result<Option<Self>> {
        let Some(name) = files_of(log, &["wal"])?.pop() else { return Ok(None) };
        let path = log.join(&name);
        let mut bytes = fs::read(&path)?;
        let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let at = written + index(choices, bytes.len() - written);
        flip(&path, name, at, &mut bytes, choices)
    }

    /// Whether a server that refuses says which file is to blame.
    pub(super) fn is_named_in(&self, message: &str) -> bool {
        match &self.file {
            Some(file) => message.contains(file),
            None => EXTENSIONS.iter().any(|it| message.contains(&format!(".{it}"))),
        }
    }
}

/// The files of a log, how long they are, and when they were last written.
pub(super) fn listing(home: &Home) -> io::Result<Vec<(PathBuf, u64, SystemTime)>> {
    let mut rows = Vec::new();
    for log in home.logs() {
        for name in files_of(&log, &EXTENSIONS)? {
            let path = log.join(name);
            let file = fs::metadata(&path)?;
            rows.push((path, file.len(), file.modified()?));
        }
    }
    Ok(rows)
}

/// The contents of two files change places.
fn swap(
    log: &Path,
    names: &[String],
    name: &str,
    choices: &mut Choices,
) -> io::Result<Option<Damage>> {
    let others: Vec<&String> = names.iter().filter(|other| *other != name).collect();
    let Some(n) = pick(choices, others.len()) else { return Ok(None) };
    let (one, other) = (log.join(name), log.join(others[n]));
    let kept = log.join("swapped");
    fs::rename(&one, &kept)?;
    fs::rename(&other, &one)?;
    fs::rename(&kept, &other)?;
    let what = format!("{name} and {} changed places", others[n]);
    Ok(Some(Damage { what, file: None }))
}

/// A file gets the name of another number, or a copy by such a name.
fn move_away(
    log: &Path,
    name: &str,
    harm: Harm,
    choices: &mut Choices,
) -> io::Result<Option<Damage>> {
    let Some((stem, extension)) = name.rsplit_once('.') else { return Ok(None) };
    let by = if choices.once_in(2) { 1 } else { 1_000 };
    let numbers = stem.split('-').map(|it| u64::from_str_radix(it, 16).unwrap_or(0) + by);
    let stem: Vec<String> = numbers.map(|number| format!("{number:016x}")).collect();
    let other = format!("{}.{extension}", stem.join("-"));
    let (from, to) = (log.join(name), log.join(&other));
    if to.exists() {
        return Ok(None);
    }
    let done = if matches!(harm, Harm::Renamed) {
        fs::rename(from, to)?;
        "was renamed"
    } else {
        fs::copy(from, to)?;
        "was copied"
    };
    Ok(Some(Damage { what: format!("{name} {done} to {other}"), file: None }))
}

/// The bytes of a file are changed in one place, or cut off.
fn harm_bytes(
    path: &Path,
    name: String,
    harm: Harm,
    choices: &mut Choices,
) -> io::Result<Option<Damage>> {
    let mut bytes = fs::read(path)?;
    let at = match harm {
        Harm::FlippedBitOfData => of_data(&bytes, choices),
        _ => index(choices, bytes.len()),
    };
    let file = File::options().write(true).open(path)?;
    let offset = u64::try_from(at).unwrap_or(u64::MAX);
    let page = offset - offset % PAGE;
    let what = match harm {
        Harm::CutShort => {
            file.set_len(offset)?;
            format!("{name} was cut to {at} bytes")
        }
        Harm::Emptied => {
            file.set_len(0)?;
            format!("{name} was emptied")
        }
        Harm::ZeroedPage | Harm::Garbage => {
            let zeros = matches!(harm, Harm::ZeroedPage);
            let bytes = if zeros { vec![0; 4096] } else { garbage(choices, 2 * PAGE) };
            let room = (file.metadata()?.len() - page).min(PAGE);
            let room = usize::try_from(room).unwrap_or(0).min(bytes.len());
            file.write_all_at(&bytes[..room], page)?;
            let with = if zeros { "zeros" } else { "garbage" };
            format!("{name} was overwritten with {room} bytes of {with} at {page}")
        }
        _ => return flip(path, name, at, &mut bytes, choices),
    };
    Ok(Some(Damage { what, file: Some(name) }))
}

fn flip(
    path: &Path,
    name: String,
    at: usize,
    bytes: &mut [u8],
    choices: &mut Choices,
) -> io::Result<Option<Damage>> {
    let Some(byte) = bytes.get_mut(at) else { return Ok(None) };
    let bit = choices.below(8);
    *byte ^= 1 << bit;
    let file = File::options().write(true).open(path)?;
    file.write_all_at(&[*byte], u64::try_from(at).unwrap_or(u64::MAX))?;
    Ok(Some(Damage {
        what: format!("bit {bit} of byte {at} of {name} was flipped"),
        file: Some(name),
    }))
}

/// Where a byte is that is not zero, if one is soon found.
fn of_data(bytes: &[u8], choices: &mut Choices) -> usize {
    let tries = std::iter::repeat_with(|| index(choices, bytes.len())).take(4_000);
    let mut tries = tries.filter(|at| bytes.get(*at).is_some_and(|byte| *byte != 0));
    tries.next().unwrap_or(0)
}
