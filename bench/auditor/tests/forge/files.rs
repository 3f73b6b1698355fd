//! The files of a hand-made log, padded and dense, and snapshots, as the tables say.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use holdfast_auditor::audit::Audit;
use holdfast_auditor::books::Rules;
use holdfast_auditor::finding::Finding;
use holdfast_auditor::log::Extent;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use tempfile::TempDir;

use super::record::Raw;

const LOG: [u8; 16] = *b"a log for tests.";

/// How records are laid out in padded segments.
pub(crate) struct Layout {
    pub(crate) records_in_group: usize,
    pub(crate) groups_in_segment: usize,
}

/// A directory with a padded log.
pub(crate) struct Written {
    home: TempDir,
    segments: Vec<Segment>,
    bodies: Vec<Vec<u8>>,
    moments: Vec<u64>,
}

/// What a dense file must know of a segment.
struct Segment {
    groups: Range<u64>,
    records: Range<usize>,
    before: u32,
    last: u32,
}

impl Layout {
    pub(crate) const SMALL: Self = Self { records_in_group: 3, groups_in_segment: 10 };

    /// Writes all records, and a last group without any, which vouches for the one before.
    pub(crate) fn write(&self, records: &[Raw]) -> Written {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("wal")).unwrap();
        let bodies: Vec<Vec<u8>> = records.iter().map(body).collect();
        let mut written = Written { home, segments: Vec::new(), bodies, moments: Vec::new() };
        written.moments = records.iter().map(moment).collect();
        let mut groups: Vec<Range<usize>> = (0..records.len())
            .step_by(self.records_in_group)
            .map(|start| start..(start + self.records_in_group).min(records.len()))
            .collect();
        groups.push(records.len()..records.len());
        let (mut crc, mut sequence) = (0, 1);
        for (number, groups) in (1_u64..).zip(groups.chunks(self.groups_in_segment)) {
            let before = crc;
            let mut pages = Vec::new();
            let first_sequence = sequence;
            for range in groups {
                let offset = 4096 + pages.len() as u64;
                let group = written.group(range.clone(), (number, offset), sequence, crc);
                crc = u32::from_le_bytes(group[8..12].try_into().unwrap());
                pages.extend(group);
                sequence += 1;
            }
            pages.extend([0; 3 * 4096]);
            let head = segment_page(number, pages.len() as u64 + 4096);
            fs::write(written.padded(number), [head, pages].concat()).unwrap();
            let records = groups[0].start..groups.last().unwrap().end;
            let groups = first_sequence..sequence;
            written.segments.push(Segment { groups, records, before, last: crc });
        }
        written
    }
}

impl Written {
    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn padded(&self, number: u64) -> PathBuf {
        self.file(&format!("{number:016x}.wal"))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join("wal").join(name)
    }

    pub(crate) fn segments(&self) -> u64 {
        self.segments.len() as u64
    }

    fn records(&self, range: Range<usize>) -> Vec<u8> {
        self.bodies[range].concat()
    }

    fn group(
        &self,
        range: Range<usize>,
        (number, offset): (u64, u64),
        sequence: u64,
        previous: u32,
    ) -> Vec<u8> {
        let body = self.records(range.clone());
        let mut blocks = 1;
        while (80 + 4 * blocks + body.len()).next_multiple_of(4096).div_ceil(65536) > blocks {
            blocks += 1;
        }
        let mut group = vec![0; (80 + 4 * blocks + body.len()).next_multiple_of(4096)];
        let table_end = 80 + 4 * blocks;
        group[table_end..table_end + body.len()].copy_from_slice(&body);
        put(&mut group, 0, b"walgroup");
        put(&mut group, 12, &1_u16.to_le_bytes());
        put(&mut group, 14, &(blocks as u16).to_le_bytes());
        let fields = [group.len() as u32, body.len() as u32, range.len() as u32, previous];
        put(&mut group, 16, &fields.map(u32::to_le_bytes).concat());
        let places = [sequence, sequence - 1, range.start as u64 + 1, number, 1, offset];
        put(&mut group, 32, &places.map(u64::to_le_bytes).concat());
        for block in 0..blocks {
            let start = (block * 65536).max(table_end);
            let sum = crc32fast::hash(&group[start..((block + 1) * 65536).min(group.len())]);
            put(&mut group, 80 + 4 * block, &sum.to_le_bytes());
        }
        let sum = crc(&[&LOG, &group[12..table_end]]);
        put(&mut group, 8, &sum.to_le_bytes());
        group
    }
}

/// Writes padded segments again as one dense file, and removes them.
pub(crate) fn write_dense(written: &Written, first: u64, last: u64) -> PathBuf {
    let within = &written.segments[first as usize - 1..last as usize];
    let records = within[0].records.start..within.last().unwrap().records.end;
    let chunks: Vec<Range<usize>> =
        records.clone().step_by(7).map(|n| n..(n + 7).min(records.end)).collect();
    let frames = chunks
        .into_iter()
        .map(|range| (range.start as u64 + 1, range.len() as u32, written.records(range)));
    let mut foot = vec![records.start as u64 + 1, records.end as u64 + 1, within[0].groups.start];
    let end = within.last().unwrap();
    foot.push(u64::from(within[0].before) | (u64::from(end.last) << 32));
    foot.extend([end.groups.end, 1, 1]);
    foot.extend([written.moments[records.start], written.moments[records.end - 1]]);
    let path = written.file(&format!("{first:016x}-{last:016x}.dense"));
    fs::write(&path, frames_file(1, (first, last), frames, &foot)).unwrap();
    (first..=last).for_each(|number| fs::remove_file(written.padded(number)).unwrap());
    path
}

/// Writes a snapshot of two sections.
pub(crate) fn write_snapshot(written: &Written, lsn: u64) -> PathBuf {
    let section = |bytes: &[u8]| [&(bytes.len() as u32).to_le_bytes()[..], bytes].concat();
    let frames = [(0, 1, section(b"what was")), (1, 1, section(&[7; 4000]))];
    let mut foot = vec![lsn, lsn + 1];
    foot.extend([0; 7]);
    let path = written.file(&format!("{lsn:016x}.snapshot"));
    fs::write(&path, frames_file(2, (lsn, lsn), frames.into_iter(), &foot)).unwrap();
    path
}

/// A frames file whose foot ends with these numbers.
fn frames_file(
    kind: u32,
    (first, last): (u64, u64),
    frames: impl Iterator<Item = (u64, u32, Vec<u8>)>,
    ends: &[u64],
) -> Vec<u8> {
    let mut file = vec![0; 64];
    put(&mut file, 0, b"walframe");
    put(&mut file, 12, &[1_u32, kind].map(u32::to_le_bytes).concat());
    put(&mut file, 24, &LOG);
    put(&mut file, 40, &[first, last].map(u64::to_le_bytes).concat());
    let sum = crc(&[&file[12..]]);
    put(&mut file, 8, &sum.to_le_bytes());
    let head = file.clone();
    let (mut index, mut count, mut items, mut plain) = (Vec::new(), 0_u64, 0, 0);
    for (first, its, bytes) in frames {
        let packed = compress_to_vec(&bytes[..], CompressionLevel::Fastest);
        let codec = u32::from(packed.len() < bytes.len());
        let data = if codec == 1 { &packed } else { &bytes };
        let mut rest = [data.len() as u32, bytes.len() as u32, its].map(u32::to_le_bytes).concat();
        rest.extend(first.to_le_bytes());
        rest.extend([codec, 0].map(u32::to_le_bytes).concat());
        let offset = file.len() as u64;
        let sum = crc(&[&head, &offset.to_le_bytes(), &rest, data]);
        index.extend([offset, first].map(u64::to_le_bytes).concat());
        index.extend([sum, data.len() as u32 + 32, its, 0].map(u32::to_le_bytes).concat());
        file.extend(sum.to_le_bytes());
        file.extend(rest);
        file.extend(data);
        (count, items, plain) = (count + 1, items + u64::from(its), plain + bytes.len() as u64);
    }
    let at = file.len() as u64;
    file.extend(&index);
    let mut foot = vec![0; 160];
    put(&mut foot, 0, b"walfoot!");
    put(&mut foot, 12, &crc(&[&index]).to_le_bytes());
    let facts = [at, count, items, plain, file.len() as u64 + 160];
    put(&mut foot, 16, &facts.iter().chain(ends).flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>());
    let sum = crc(&[&head, &foot[12..]]);
    put(&mut foot, 8, &sum.to_le_bytes());
    file.extend(foot);
    file
}

/// What the auditor finds in a directory.
pub(crate) fn audit(path: &Path) -> (Audit, Extent) {
    let mut audit = Audit::new(Rules::default(), 8);
    let extent = audit.run(path, None).unwrap();
    (audit, extent)
}

/// The extent of a log in which nothing is wrong.
pub(crate) fn clean(path: &Path) -> Extent {
    let (audit, extent) = audit(path);
    assert!(audit.findings.is_clean(), "{:#?}", audit.findings);
    extent
}

/// The first thing that is wrong with a log.
pub(crate) fn first_finding(path: &Path) -> Finding {
    let (audit, _) = audit(path);
    audit.findings.first().first().expect("something is wrong").clone()
}

fn segment_page(number: u64, bytes: u64) -> Vec<u8> {
    let mut page = vec![0; 4096];
    put(&mut page, 0, b"walsegmt");
    put(&mut page, 12, &1_u32.to_le_bytes());
    put(&mut page, 16, &LOG);
    put(&mut page, 32, &[number, 1, bytes].map(u64::to_le_bytes).concat());
    let sum = crc(&[&page[..8], &page[12..]]);
    put(&mut page, 8, &sum.to_le_bytes());
    page
}

fn body(raw: &Raw) -> Vec<u8> {
    let mut bytes = (raw.payload.len() as u32).to_le_bytes().to_vec();
    bytes.push(raw.links.len() as u8);
    bytes.extend(raw.links.iter().flat_map(|link| link.to_le_bytes()));
    bytes.extend(&raw.payload);
    bytes
}

fn moment(raw: &Raw) -> u64 {
    u64::from_le_bytes(raw.payload[8..16].try_into().unwrap())
}

fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
    bytes[at..at + part.len()].copy_from_slice(part);
}

fn crc(parts: &[&[u8]]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    parts.iter().for_each(|part| sum.update(part));
    sum.finalize()
}
