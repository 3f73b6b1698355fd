//! The house stays tidy: layers point one way, files and functions stay small, unsafe stays in its
//! room.

use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// Under each folder, words that no line of code may have.
const LAYERS: &[(&str, &[&str])] = &[
    ("src/ledger", &["std::", "crate::engine", "crate::http", "wal::"]),
    ("src/engine", &["crate::http", "crate::config", "crate::serve", "hyper", "tokio"]),
    ("src/wire", &["crate::http", "crate::config", "hyper", "tokio", "wal::"]),
    ("src/tools", &["crate::cli::", "crate::http", "crate::serve", "hyper", "tokio"]),
    ("src/http", &["Mutex", "RwLock", "Condvar", "wal::"]),
    ("src/client", &["crate::"]),
    ("src/reconcile", &["crate::http", "crate::cli", "hyper", "tokio", "Mutex", "RwLock"]),
    ("src/clearing", &["crate::http", "crate::cli", "crate::config", "hyper", "tokio"]),
    ("src/cli/clear", &["crate::engine", "crate::ledger", "crate::http", "wal::"]),
    ("src/cli/reconcile", &["crate::engine", "crate::ledger", "crate::http", "wal::"]),
    ("src/cli/statement", &["crate::engine", "crate::ledger", "crate::http", "wal::"]),
    ("src/demo", &["crate::engine", "crate::ledger", "crate::http", "wal::"]),
    ("src/torture", &["crate::engine", "crate::ledger", "crate::http"]),
    ("wal/src", &["ledger", "Account", "hyper", "tokio", "holdfast"]),
    ("loadgen/src", &["holdfast::", "wal::"]),
    ("loadgen/src/simulator", &["crate::client", "crate::clock", "crate::load", "hyper", "tokio"]),
    ("bench/auditor/src", &["holdfast::", "wal::"]),
    ("tests/powercut", &["holdfast::", "wal::"]),
];

#[test]
fn layers_point_one_way() {
    for &(folder, forbidden) in LAYERS {
        for (path, text) in sources(folder) {
            for (number, line) in code_lines(&text) {
                for word in forbidden {
                    assert!(!line.contains(word), "{}:{number} has {word}", path.display());
                }
            }
        }
    }
}

#[test]
fn files_and_functions_stay_small() {
    for (path, text) in every_source() {
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", path.display());
        for (number, lines) in functions(&text) {
            let place = format!("{}:{number}", path.display());
            assert!(lines <= FUNCTION_LINES_MAX, "the function at {place} has {lines} lines");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for (path, text) in every_source() {
        assert!(text.starts_with("//! "), "{} does not begin with a sentence", path.display());
    }
}

#[test]
fn unsafe_is_in_one_room() {
    for (path, text) in every_source() {
        let has = code_lines(&text).any(|(_, line)| line.contains(concat!("unsafe", " {")));
        assert!(!has || path.ends_with("wal/src/mmap.rs"), "{} has unsafe code", path.display());
    }
}

fn every_source() -> impl Iterator<Item = (PathBuf, String)> {
    ["src", "wal", "bench", "loadgen", "tests", "fuzz/src", "fuzz/fuzz_targets"]
        .into_iter()
        .flat_map(sources)
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(&root.join(folder), &mut found);
    assert!(!found.is_empty(), "no source under {folder}");
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// Lines that are neither comments nor tests, which stand at the end of a file.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let lines = (1..).zip(code.lines());
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Where each function begins, and how many lines it has.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = line.split_whitespace().take(5).collect();
        let begins = words.iter().position(|word| *word == "fn");
        let modifiers = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe"];
        if begins.is_some_and(|at| words[..at].iter().all(|word| modifiers.contains(word)))
            && !line.trim_end().ends_with([';', '}'])
        {
            open.push((indent, number));
        } else if line.trim_start().starts_with('}') {
            let closed = open.pop_if(|(outer, _)| *outer == indent);
            found.extend(closed.map(|(_, start)| (start, number - start + 1)));
        }
    }
    found
}
