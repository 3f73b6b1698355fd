//! Redis' protocol, RESP2: commands as bytes, and replies read no further than to their end.
//!
//! | first byte | then |
//! | --- | --- |
//! | `+` | a text, to the line's end |
//! | `-` | an error, to the line's end |
//! | `:` | a whole number |
//! | `$` | a length, a line's end, so many bytes, a line's end; of length -1 it is no value |
//! | `*` | a count, a line's end, so many replies; of count -1 it is no value |
//!
//! A line ends with `\r\n`.

use anyhow::{Context, bail, ensure};

/// Deeper than any reply that is read here.
const DEPTH_MAX: usize = 4;

/// A reply that is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// One text, number or string of bytes.
    Bytes(&'a [u8]),
    /// No value.
    Nil,
    /// Several.
    Many(Vec<Reply<'a>>),
}

/// A command of these words.
#[must_use]
pub fn command(words: &[&str]) -> Vec<u8> {
    let word = |word: &&str| format!("${}\r\n{word}\r\n", word.len());
    let words_written: String = words.iter().map(word).collect();
    format!("*{}\r\n{words_written}", words.len()).into_bytes()
}

/// The reply that `bytes` are, once all of it is there.
///
/// # Errors
/// When it is an error, no reply, or more than one.
pub fn reply(bytes: &[u8]) -> anyhow::Result<Option<Reply<'_>>> {
    let Some((reply, rest)) = first(bytes, DEPTH_MAX)? else { return Ok(None) };
    ensure!(rest.is_empty(), "something follows the reply: {}", rest.escape_ascii());
    Ok(Some(reply))
}

/// The reply that `bytes` begin with, and what follows it.
fn first(bytes: &[u8], depth: usize) -> anyhow::Result<Option<(Reply<'_>, &[u8])>> {
    let Some((kind, line, rest)) = line(bytes) else { return Ok(None) };
    match kind {
        b'+' | b':' => Ok(Some((Reply::Bytes(line), rest))),
        b'-' => bail!("Redis says {}", String::from_utf8_lossy(line)),
        b'$' if line == b"-1" => Ok(Some((Reply::Nil, rest))),
        b'$' => {
            let length = number(line)?;
            let end = rest.get(length..).unwrap_or_default();
            let Some(rest_of_it) = end.strip_prefix(b"\r\n") else { return Ok(None) };
            Ok(Some((Reply::Bytes(&rest[..length]), rest_of_it)))
        }
        b'*' if line == b"-1" => Ok(Some((Reply::Nil, rest))),
        b'*' => many(number(line)?, rest, depth.checked_sub(1).context("too deep a reply")?),
        _ => bail!("this is no reply of Redis: {}", bytes.escape_ascii()),
    }
}

fn many(count: usize, mut rest: &[u8], depth: usize) -> anyhow::Result<Option<(Reply<'_>, &[u8])>> {
    let mut replies = Vec::new();
    for _ in 0..count {
        let Some((reply, after)) = first(rest, depth)? else { return Ok(None) };
        replies.push(reply);
        rest = after;
    }
    Ok(Some((Reply::Many(replies), rest)))
}

/// First byte, the rest of the first line, and what follows it; nothing while the line has no end.
fn line(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    Some((*kind, &rest[..end], &rest[end + 2..]))
}

fn number(line: &[u8]) -> anyhow::Result<usize> {
    let text = std::str::from_utf8(line)?;
    text.parse().with_context(|| format!("{text:?} is no length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_tells_how_long_its_words_are() {
        assert_eq!(command(&["GET", "a b"]), b"*2\r\n$3\r\nGET\r\n$3\r\na b\r\n");
    }

    #[test]
    fn a_reply_in_part_is_none_yet_wherever_it_is_cut() {
        let whole: [(&[u8], Reply<'_>); 6] = [
            (b"+OK\r\n", Reply::Bytes(b"OK")),
            (b":12\r\n", Reply::Bytes(b"12")),
            (b"$4\r\na\r\nb\r\n", Reply::Bytes(b"a\r\nb")),
            (b"$-1\r\n", Reply::Nil),
            (b"*0\r\n", Reply::Many(vec![])),
            (b"*2\r\n$1\r\na\r\n:2\r\n", Reply::Many(vec![Reply::Bytes(b"a"), Reply::Bytes(b"2")])),
        ];
        for (bytes, expected) in whole {
            assert_eq!(reply(bytes).unwrap(), Some(expected));
            assert!((0..bytes.len()).all(|cut| reply(&bytes[..cut]).unwrap().is_none()));
        }
    }

    #[test]
    fn an_error_is_told_in_its_words() {
        let error = reply(b"-NOSCRIPT No matching script\r\n").unwrap_err();
        assert_eq!(error.to_string(), "Redis says NOSCRIPT No matching script");
        assert!(reply(b"*2\r\n+a\r\n-ERR b\r\n").is_err());
    }

    #[test]
    fn what_is_no_reply_or_two_is_refused() {
        let wrong: [&[u8]; 5] =
            [b"HTTP/1.1 200 OK\r\n", b"$x\r\n", b"$-2\r\n", b"+a\r\n+b\r\n", &b"*1\r\n".repeat(9)];
        assert!(wrong.iter().all(|bytes| reply(bytes).is_err()));
    }
}
