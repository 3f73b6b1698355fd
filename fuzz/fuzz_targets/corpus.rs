//! Writes each target's seeds to `corpus/` in the current directory, where libFuzzer begins.

use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    for (name, _, seeds) in holdfast_fuzz::TARGETS {
        let folder = Path::new("corpus").join(name);
        fs::create_dir_all(&folder)?;
        for (n, seed) in seeds().into_iter().enumerate() {
            fs::write(folder.join(format!("seed-{n:03}")), seed)?;
        }
    }
    Ok(())
}
