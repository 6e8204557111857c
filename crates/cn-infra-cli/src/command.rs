//! What every command is given.

use crate::arguments::Global;
use crate::directory::Directory;
use crate::error::{CommandError, Result};
use crate::view::View;

/// The options of every command, and where it prints.
#[derive(Clone, Debug)]
pub struct Context {
    /// The options.
    pub global: Global,
    /// Where it prints.
    pub view: View,
}

impl Context {
    /// The directory of the environment files.
    pub fn directory(&self) -> Result<Directory> {
        let here = std::env::current_dir()
            .map_err(|error| CommandError::file("find", "the current directory".as_ref(), error))?;
        Directory::find(self.global.environments.as_deref(), &here)
    }
}
