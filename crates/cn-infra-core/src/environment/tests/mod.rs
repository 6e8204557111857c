mod bad;
mod good;
mod kinds;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::{Diagnostics, Environment, Files};

/// Files in memory, all of one directory: `env`.
#[derive(Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Memory {
    fn with(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.0.insert(name.to_owned(), content.into());
        self
    }

    fn load(&self) -> Result<Environment, Diagnostics> {
        Environment::load_from(self, Path::new("env"), "test", &kinds::kinds())
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let name = path.strip_prefix("env").map_err(io::Error::other)?.to_string_lossy();
        if name == "forbidden.toml" {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        self.0.get(name.as_ref()).cloned().ok_or(io::ErrorKind::NotFound.into())
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        let inside = directory.strip_prefix("env").unwrap_or(Path::new(""));
        let names = self.0.keys().map(Path::new).filter(|name| name.parent() == Some(inside));
        names.filter_map(|name| Some(name.file_name()?.to_str()?.to_owned())).collect()
    }
}

/// An environment whose header is right.
const HEADER: &str = r#"[environment]
name = "test"
project = "coral"
account = "123456789012"
region = "us-west-2"
"#;
