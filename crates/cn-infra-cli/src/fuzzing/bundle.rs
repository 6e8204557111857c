//! One input as the files of an environment.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use cn_infra_core::environment::Files;

/// Where the files are said to be.
pub const DIRECTORY: &str = "environments";
/// What a line `#@@` stands for, as in `tests/it/bad_files`.
pub const HEADER: &str =
    "[environment]\nname = \"test\"\nproject = \"coralnet\"\naccount = \"123456789012\"\nregion = \"us-west-2\"\n";

/// Files by name. The first of an input is `test.toml`; a line `#@ NAME` begins another.
#[derive(Debug)]
pub struct Bundle(BTreeMap<String, Vec<u8>>);

impl Bundle {
    /// The files of an input.
    pub fn of(input: &[u8]) -> Self {
        let mut files = BTreeMap::new();
        let mut name = "test.toml".to_owned();
        for line in input.split_inclusive(|byte| *byte == b'\n') {
            if let Some(next) = line.strip_prefix(b"#@ ") {
                String::from_utf8_lossy(next).trim().clone_into(&mut name);
            } else {
                let line = if line == b"#@@\n" { HEADER.as_bytes() } else { line };
                files.entry(name.clone()).or_insert_with(Vec::new).extend(line);
            }
        }
        Self(files)
    }

    /// The same with another file in the place of the environment's own; `None` if there is no such file.
    pub fn with_main(&self, name: &str) -> Option<Self> {
        let mut files = self.0.clone();
        files.insert("test.toml".to_owned(), self.0.get(name)?.clone());
        Some(Self(files))
    }
}

impl Files for Bundle {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let name = path.strip_prefix(DIRECTORY).map_err(io::Error::other)?.to_string_lossy();
        self.0.get(name.as_ref()).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &Path) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}
