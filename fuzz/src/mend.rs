//! Checksums put right again over bytes that are wrong, so that what is behind them is reached.

const PAGE: usize = 4096;
const BLOCK: usize = 64 << 10;
const FOOT: usize = 160;

/// Makes all checksums of a file right that can be found.
pub(super) fn mend(bytes: &mut [u8]) {
    if bytes.starts_with(b"walframe") {
        mend_frames(bytes);
    } else {
        mend_segment(bytes);
    }
}

fn mend_segment(bytes: &mut [u8]) {
    let Some(page) = bytes.get(..PAGE) else { return };
    let sum = crc(&[&page[..8], &page[12..]]);
    let log = page[16..32].to_vec();
    put(bytes, 8, sum);
    for offset in (PAGE..bytes.len()).step_by(PAGE) {
        if bytes[offset..].starts_with(b"walgroup") {
            mend_group(&mut bytes[offset..], &log);
        }
    }
}

fn mend_group(group: &mut [u8], log: &[u8]) {
    let length = number(group, 16).min(group.len());
    let blocks = length.div_ceil(BLOCK);
    let table_end = 80 + 4 * blocks;
    if length < PAGE {
        return;
    }
    for block in 0..blocks {
        let start = (block * BLOCK).max(table_end);
        let sum = crc(&[&group[start..((block + 1) * BLOCK).min(length)]]);
        put(group, 80 + 4 * block, sum);
    }
    let sum = crc(&[log, &group[12..table_end]]);
    put(group, 8, sum);
}

fn mend_frames(bytes: &mut [u8]) {
    let Some(foot) = bytes.len().checked_sub(FOOT).filter(|foot| *foot >= 64) else { return };
    let sum = crc(&[&bytes[12..64]]);
    put(bytes, 8, sum);
    let head = bytes[..64].to_vec();
    let index = number(bytes, foot + 16).min(foot);
    for line in (index..foot.saturating_sub(31)).step_by(32) {
        let (offset, length) = (number(bytes, line), number(bytes, line + 20));
        let Some(frame) = bytes.get(offset..offset.saturating_add(length)) else { continue };
        if length < 32 || offset + length > index {
            continue;
        }
        let at = u64::try_from(offset).unwrap_or(0).to_le_bytes();
        let sum = crc(&[&head, &at, &frame[4..]]);
        put(bytes, offset, sum);
        put(bytes, line + 16, sum);
    }
    let sum = crc(&[&bytes[index..foot]]);
    put(bytes, foot + 12, sum);
    let sum = crc(&[&head, &bytes[foot + 12..]]);
    put(bytes, foot + 8, sum);
}

/// The number of four bytes there.
fn number(bytes: &[u8], at: usize) -> usize {
    let four = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    four.map_or(0, |four| usize::try_from(u32::from_le_bytes(*four)).unwrap_or(0))
}

fn put(bytes: &mut [u8], at: usize, sum: u32) {
    if let Some(place) = bytes.get_mut(at..at + 4) {
        place.copy_from_slice(&sum.to_le_bytes());
    }
}

/// The CRC-32 of these parts, one behind the other.
pub(super) fn crc(parts: &[&[u8]]) -> u32 {
    let mut sum = !0_u32;
    for byte in parts.iter().copied().flatten() {
        let low = sum.to_le_bytes()[0] ^ byte;
        sum = TABLE[usize::from(low)] ^ (sum >> 8);
    }
    !sum
}

static TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let (mut n, mut value) = (0, 0_u32);
    while n < 256 {
        let (mut sum, mut bit) = (value, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
            bit += 1;
        }
        table[n] = sum;
        n += 1;
        value += 1;
    }
    table
}
