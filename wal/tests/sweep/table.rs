//! The calls of the storage: which there are, which were reached, which failed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use wal::simulated::{Site, Sites, Tally};

use super::WAYS;

/// What is said of a call that is one of the storage.
const CALLS: [&str; 16] = [
    ".list()",
    ".open(",
    ".prepare(",
    ".create(",
    ".create_archived(",
    ".room(",
    ".publish(",
    ".archive(",
    ".remove(",
    ".recycle(",
    ".sync_directory()",
    ".bytes()",
    ".read_at(",
    ".write_at(",
    ".sync()",
    ".forget()",
];

/// What looks like one of them and is something else.
const OTHERS: [&str; 7] = [
    "durability.publish(",
    "self.publish(&tally",
    "self.kept.remove(",
    "|_| self.publish(",
    "window.open(",
    "active.room()",
    "map.write_at(",
];

/// Files that are a storage themselves.
const BELOW: [&str; 4] = ["directory/", "simulated/", "storage.rs", "mmap.rs"];

/// The calls of this crate.
#[derive(Default)]
pub(super) struct Table(BTreeMap<Site, Tally>);

impl Table {
    pub(super) fn add(&mut self, sites: &Sites) {
        let of_the_log = |(site, _): &(Site, Tally)| site.file.starts_with("wal/src/");
        for (site, tally) in sites.reached().into_iter().filter(of_the_log) {
            let sum = self.0.entry(site).or_default();
            sum.reached += tally.reached;
            for (way, count) in tally.failed {
                *sum.failed.entry(way).or_default() += count;
            }
        }
    }

    pub(super) fn print(&self) {
        println!(
            "{:>34} reached, and failed: EIO, for ever, ENOSPC, for ever, short, late",
            "call"
        );
        for (Site { file, line, operation }, tally) in &self.0 {
            let failed = WAYS.map(|way| match operation.fails_as(way.0) {
                true => format!("{:7}", tally.failed.get(&way).copied().unwrap_or_default()),
                false => format!("{:>7}", "-"),
            });
            let place = format!("{}:{line} {operation:?}", &file["wal/src/".len()..]);
            println!("{place:>34} {:7}{}", tally.reached, failed.concat());
        }
        println!("{} calls, each of which failed in every way that it can", self.0.len());
    }

    pub(super) fn assert_all_failed(&self) {
        for (site, tally) in &self.0 {
            for way in WAYS.into_iter().filter(|way| site.operation.fails_as(way.0)) {
                assert!(tally.failed.contains_key(&way), "{site:?} never failed as {way:?}");
            }
        }
    }

    /// Each line of the crate that calls the storage was reached.
    pub(super) fn assert_all_reached(&self) {
        let sites = self.0.keys();
        let reached: BTreeSet<(String, u32)> =
            sites.map(|site| (site.file.to_owned(), site.line)).collect();
        let mut missing = Vec::new();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        each_line(&sources, &mut |file, line, code| {
            let called = CALLS.iter().any(|call| code.contains(call));
            if called && !reached.contains(&(format!("wal/src/{file}"), line)) {
                missing.push(format!("{file}:{line} {}", code.trim()));
            }
        });
        assert!(missing.is_empty(), "no scene comes by\n{}", missing.join("\n"));
    }
}

/// Each line of code of the log.
fn each_line(folder: &Path, seen: &mut dyn FnMut(&str, u32, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_line(&path, seen);
            continue;
        }
        let name = path.to_str().unwrap().split_once("wal/src/").unwrap().1.to_owned();
        if BELOW.iter().any(|below| name.starts_with(below)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("[cfg(test)]").next().unwrap_or_default();
        for (line, code) in (1..).zip(code.lines()) {
            let comment = code.trim_start().starts_with("//");
            if !comment && !OTHERS.iter().any(|other| code.contains(other)) {
                seen(&name, line, code);
            }
        }
    }
}
