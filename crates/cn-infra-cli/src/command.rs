//! What every command is given.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use cn_infra_core::environment::Environment;
use cn_infra_core::journal::{Header, Journal};
use cn_infra_core::plan::Plan;
use cn_infra_sandbox::Sandbox;
use jiff::Timestamp;

use crate::arguments::Global;
use crate::commands::plan::SAVED;
use crate::directory::Directory;
use crate::error::{CommandError, Result};
use crate::sandbox;
use crate::view::View;

/// The directory of journals, beside saved plans.
pub const JOURNALS: &str = "journal";

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

    /// With `--sandbox`: the simulated account of an environment, with what the environment takes for granted.
    pub fn sandbox(&self, environment: &Environment) -> Result<Option<Sandbox>> {
        // Once, however many environments are open.
        static SAID: Once = Once::new();
        if !self.global.sandbox {
            return Ok(None);
        }
        let sandbox = sandbox::open(&environment.account, self.speed())?;
        let (place, speed) = (sandbox::DIRECTORY, self.speed());
        SAID.call_once(|| {
            self.view.say(&format!("sandbox: {place}, {speed} times as fast as AWS, which is not called\n"));
        });
        sandbox::prepare(&sandbox, environment, &self.view)?;
        Ok(Some(sandbox))
    }

    /// Where journals of this directory are: those of AWS, or those of the simulated account.
    pub fn journals(&self) -> PathBuf {
        self.kept().join(JOURNALS)
    }

    /// A journal for an apply that begins now; its file is made with its first record.
    pub fn journal(&self, plan: &Plan, now: Timestamp) -> Arc<Journal> {
        Arc::new(Journal::new(self.journals(), Header::of(plan, now)))
    }

    /// Where locks of this directory are: one set for AWS, one for the simulated account.
    pub fn kept(&self) -> PathBuf {
        self.saved_plan().parent().map(Path::to_owned).unwrap_or_default()
    }

    /// Where a plan is kept unless `--out` says otherwise: one for AWS, one for the simulated account.
    pub fn saved_plan(&self) -> PathBuf {
        if self.global.sandbox { Path::new(sandbox::DIRECTORY).join("plan.json") } else { SAVED.into() }
    }

    /// Virtual seconds of the simulated account in a real one.
    pub fn speed(&self) -> f64 {
        self.global.speed.unwrap_or(sandbox::SPEED)
    }
}
