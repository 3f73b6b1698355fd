//! What is printed: on what it was measured, a table, and how to measure it again.

use std::fs;
use std::path::Path;

use crate::files::Disk;

/// Rows of texts under a head of texts.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    #[must_use]
    pub fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    /// One more row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it, first column to the left, the others to the right.
    pub fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let cell_width = |row: &Vec<String>, n: usize| row.get(n).map_or(0, |c| c.chars().count());
        let width = |n| self.rows.iter().map(|row| cell_width(row, n)).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(n, (cell, width))| match n {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            println!("{}", cells.collect::<Vec<_>>().join("  "));
        }
    }
}

/// Prints the machine, and the command that was typed.
pub fn preamble(directory: Option<&Path>) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let line = |path| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let kernel = line("/proc/sys/kernel/osrelease");
    let load = line("/proc/loadavg");
    println!("machine: {cores} cores ({}), Linux {kernel}, load {load}", processor());
    if let Some(directory) = directory {
        match Disk::of(directory) {
            Ok(disk) => println!("files:   {} on {}", disk.filesystem(), disk.device()),
            Err(error) => {
                println!("files:   in {}, on an unknown disk: {error}", directory.display())
            }
        }
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    println!("repeat:  cargo run --release -p holdfast-bench -- {}\n", words.join(" "));
    if cfg!(debug_assertions) {
        println!("A DEBUG BUILD: these figures mean nothing.\n");
    }
}

fn processor() -> String {
    let facts = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = facts.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| "unknown".to_owned(), |(_, name)| name.to_owned())
}
