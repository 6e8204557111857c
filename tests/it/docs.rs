//! The pages of `docs/` and the README, held against the code: they cannot say what is not so.

mod codes;
mod examples;
mod reference;
mod sandbox;

use std::path::{Path, PathBuf};

/// A file or folder of the repository.
fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

fn text(below: &str) -> String {
    std::fs::read_to_string(path(below)).unwrap_or_else(|error| panic!("{below}: {error}"))
}

/// All files below a folder with one ending.
fn files(below: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = below.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries
        .flat_map(|path| if path.is_dir() { files(&path, ending) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == ending))
        .collect();
    found.sort();
    found
}
