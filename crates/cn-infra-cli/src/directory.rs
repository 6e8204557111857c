//! The directory of the environment files: where it is, which environments it holds.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cn_infra_core::environment::{Disk, Environment, Files};
use cn_infra_core::kinds::Kinds;

use crate::error::{CommandError, Result};
use crate::nearest::nearest;

/// The name of the directory that is looked for.
const NAME: &str = "environments";

/// A directory of environment files.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// The directory that the caller names, or `environments/` in `from` or a directory above it.
    pub fn find(named: Option<&Path>, from: &Path) -> Result<Self> {
        if let Some(path) = named {
            return if path.is_dir() {
                Ok(Self { path: path.to_owned() })
            } else {
                Err(CommandError::usage(format!("--environments: there is no directory {}", path.display())))
            };
        }
        let found = from.ancestors().map(|above| above.join(NAME)).find(|path| path.is_dir());
        let path = found.ok_or_else(|| {
            CommandError::usage(format!("there is no directory {NAME}/ in {} or above it", from.display()))
                .hint("run cn-infra in the directory of your files, or name theirs with --environments DIR")
        })?;
        Ok(Self { path: path.strip_prefix(from).map(Path::to_owned).unwrap_or(path) })
    }

    /// The file of an environment.
    pub fn file(&self, environment: &str) -> PathBuf {
        self.path.join(format!("{environment}.toml"))
    }

    /// The files of the directory that an environment consists of: its own, and those that it includes.
    pub fn files(&self, environment: &str) -> Vec<PathBuf> {
        let own = self.file(environment);
        let table = std::fs::read_to_string(&own).ok().and_then(|text| toml::from_str::<toml::Table>(&text).ok());
        let include = table.as_ref().and_then(|table| table.get("environment")?.get("include")?.as_array());
        let names = include.into_iter().flatten().filter_map(|name| name.as_str());
        let included: Vec<_> = names.map(|name| self.path.join(name)).collect();
        std::iter::once(own).chain(included).collect()
    }

    /// The names of all environments, sorted. Files without `[environment]` are included by others.
    pub fn names(&self) -> Result<Vec<String>> {
        let failed = |error| CommandError::file("read", &self.path, error);
        let mut names = Vec::new();
        for entry in self.path.read_dir().map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") && declares_environment(&path) {
                let name = path.file_stem().and_then(OsStr::to_str);
                let unnameable = || CommandError::new(format!("{}: the name is not UTF-8", path.display()));
                names.push(name.ok_or_else(unnameable)?.to_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Reads an environment. An unknown name is answered with those there are.
    pub fn load(&self, name: &str, kinds: &Kinds) -> Result<Environment> {
        self.load_from(&Disk, name, kinds)
    }

    /// Reads an environment from its files as they will be.
    pub fn load_from(&self, files: &dyn Files, name: &str, kinds: &Kinds) -> Result<Environment> {
        if std::fs::symlink_metadata(self.file(name)).is_err() {
            return Err(unknown(name, &self.names()?, &self.path));
        }
        Ok(Environment::load_from(files, &self.path, name, kinds)?)
    }
}

/// What cannot be read or parsed counts, so that it is checked and its errors are said.
fn declares_environment(path: &Path) -> bool {
    let text = Disk.read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let table = text.ok().and_then(|text| toml::from_str::<toml::Table>(&text).ok());
    table.is_none_or(|table| table.contains_key("environment"))
}

fn unknown(name: &str, names: &[String], path: &Path) -> CommandError {
    let error = CommandError::usage(format!("there is no environment {name:?} in {}", path.display()));
    match (nearest(name, names), names) {
        (Some(near), _) => error.hint(format!("did you mean {near}? There are: {}", names.join(", "))),
        (None, []) => error.hint(format!("write {}", path.join(format!("{name}.toml")).display())),
        (None, _) => error.hint(format!("there are: {}", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, Directory) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(NAME);
        std::fs::create_dir_all(path.join("production")).unwrap();
        std::fs::write(path.join("production.toml"), "[environment]\nname = 'production'\n").unwrap();
        std::fs::write(path.join("staging.toml"), "[environment\n").unwrap();
        std::fs::write(path.join("common.toml"), "[tags]\n").unwrap();
        std::fs::write(path.join("notes.txt"), "[environment]\n").unwrap();
        (root, Directory { path })
    }

    #[test]
    fn the_directory_is_looked_for_upwards() {
        let (root, _) = directory();
        let deep = root.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(Directory::find(None, &deep).unwrap().path, root.path().join(NAME));
        assert_eq!(Directory::find(None, root.path()).unwrap().path, Path::new(NAME));
    }

    #[test]
    fn includes_are_no_environments_but_broken_files_are() {
        assert_eq!(directory().1.names().unwrap(), ["production", "staging"]);
    }

    #[test]
    fn a_directory_in_the_place_of_a_file_is_said_and_hides_nothing() {
        let (_root, directory) = directory();
        std::fs::create_dir(directory.path.join("old.toml")).unwrap();
        assert_eq!(directory.names().unwrap(), ["old", "production", "staging"]);
        let error = directory.load("old", &Kinds::new()).unwrap_err();
        assert!(error.error.to_string().contains("old.toml is a directory"), "{}", error.error);
    }

    #[test]
    fn an_unknown_environment_is_answered_with_a_near_name_and_all_names() {
        let (_root, directory) = directory();
        let error = directory.load("prodution", &Kinds::new()).unwrap_err();
        assert_eq!(error.code, crate::exit::ExitCode::Usage);
        assert_eq!(error.hint.unwrap(), "did you mean production? There are: production, staging");
        let error = directory.load("x", &Kinds::new()).unwrap_err();
        assert_eq!(error.hint.unwrap(), "there are: production, staging");
    }

    #[test]
    fn a_named_directory_must_be_there() {
        let error = Directory::find(Some(Path::new("/no/such")), Path::new("/")).unwrap_err();
        assert_eq!(error.error.to_string(), "--environments: there is no directory /no/such");
    }
}
