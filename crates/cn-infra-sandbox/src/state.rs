//! All that a sandbox is, and how it is kept: everything that outlives a request is a row of a table.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use crate::calls::Calls;
use crate::clock::Clock;
use crate::contents::Contents;
use crate::faults::Fault;
use crate::limits::Limits;
use crate::sandbox::SandboxOptions;
use crate::settings::Settings;
use crate::store::{Keeper, StateError, Store};
use crate::table::{Change, Rows, Table};
use crate::world::World;

/// The one row of the settings.
const SETTINGS: &str = "current";

/// The file of the bytes of objects, in a state directory.
const BYTES: &str = "objects.bin";

/// The state of a sandbox, in memory or in a directory.
#[derive(Debug)]
pub struct State {
    kept: Kept,
    store: Option<Store>,
    /// The calls of this process.
    pub calls: Calls,
    /// What was drawn from the request budgets by this process.
    pub limits: Limits,
}

/// What is kept in a directory.
#[derive(Debug)]
pub struct Kept {
    /// How it began.
    pub options: SandboxOptions,
    /// The virtual clock.
    pub clock: Clock,
    /// All accounts.
    pub world: World,
    settings: Table<Settings>,
    faults: Table<Fault>,
    /// What the running request changed so far.
    changes: Vec<Change>,
}

impl State {
    /// A fresh account in memory.
    pub fn new(options: SandboxOptions) -> Self {
        Self { kept: Kept::new(options), store: None, calls: Calls::default(), limits: Limits::default() }
    }

    /// The account of a directory; a fresh one where there is none.
    pub fn open(options: SandboxOptions, directory: &Path) -> Result<Self, StateError> {
        let store = Store::open(directory, &options.account)?;
        let mut state = Self::new(options);
        state.kept.keep_bytes_in(directory)?;
        state.store = Some(store);
        state.transact(|_, _, _| ())?;
        // A process that was killed left its journal to the next one.
        state.tidy();
        Ok(state)
    }

    /// A fresh account in a directory, whatever it kept before.
    pub fn begin(options: SandboxOptions, directory: &Path) -> Result<Self, StateError> {
        let mut store = Store::open(directory, &options.account)?;
        let mut state = Self::new(options);
        let now = state.kept.clock.now();
        state.kept.keep_bytes_in(directory)?;
        // Others wait until the bytes are gone as well: what they store next must stay.
        let _locked = store.clear(&mut state.kept, now)?;
        state.kept.clear_bytes(directory)?;
        state.store = Some(store);
        Ok(state)
    }

    /// An account of its own in memory that goes on from what this one is now. Nothing was called there yet.
    pub fn fork(&mut self) -> Result<Self, StateError> {
        self.transact(|kept, _, _| kept.fork())?.map(|kept| Self {
            kept,
            store: None,
            calls: Calls::default(),
            limits: Limits::default(),
        })
    }

    /// Works on what is kept, as it is now, other processes' changes included; what `work` changes is kept before this
    /// returns.
    pub fn transact<T>(&mut self, work: impl FnOnce(&mut Kept, &mut Calls, &mut Limits) -> T) -> Result<T, StateError> {
        let Self { kept, store, calls, limits } = self;
        let _locked = store.as_mut().map(|store| store.enter(kept)).transpose()?;
        let (before, done) = (kept.clock, work(kept, calls, limits));
        kept.commit();
        let changes = std::mem::take(&mut kept.changes);
        let Some(store) = store else { return Ok(done) };
        if changes.is_empty() && kept.clock.is(&before) {
            return Ok(done);
        }
        store.append(kept.clock.now(), changes).inspect_err(|_| kept.clock = before)?;
        Ok(done)
    }

    /// Folds the journal where that pays. Where it fails, nothing is lost: the next one reads the journal.
    fn tidy(&mut self) {
        if let Err(error) = self.fold() {
            tracing::warn!(%error, "the journal of the sandbox was not folded");
        }
    }

    /// Folds the journal of the directory into a snapshot, where that pays.
    fn fold(&mut self) -> Result<(), StateError> {
        let Self { kept, store: Some(store), .. } = self else { return Ok(()) };
        if !store.is_worth_folding() {
            return Ok(());
        }
        let _locked = store.enter(kept)?;
        let now = kept.clock.now();
        store.fold(kept, now)
    }

    /// A fresh account. The clock goes on, as fast as at the start.
    pub fn reset(&mut self) -> Result<(), StateError> {
        let Self { kept, store, calls, limits } = self;
        let _locked = store.as_mut().map(|store| store.enter(kept)).transpose()?;
        kept.forget();
        kept.clock.set_speed(kept.options.speed);
        let now = kept.clock.now();
        if let Some(store) = store.as_mut() {
            store.fold(kept, now)?;
        }
        kept.clear_bytes(store.as_ref().map_or(Path::new(""), |store| store.directory()))?;
        (*calls, *limits) = (Calls::default(), Limits::default());
        Ok(())
    }
}

impl Drop for State {
    /// The journal is folded when a process ends.
    fn drop(&mut self) {
        self.tidy();
    }
}

impl Kept {
    fn new(options: SandboxOptions) -> Self {
        let clock = Clock::new(options.start, options.speed);
        let (settings, faults) = (Table::default(), Table::default());
        Self { options, clock, world: World::default(), settings, faults, changes: Vec::new() }
    }

    fn fork(&mut self) -> Result<Self, StateError> {
        let mut fork = Self { clock: self.clock, ..Self::new(self.options.clone()) };
        let mut loaded = Ok(());
        self.dump(&mut |table, key, row| {
            if loaded.is_ok() {
                loaded = fork.load((table.to_owned(), key.to_owned(), Some(row)));
            }
        });
        loaded.map_err(|why| StateError::Io { path: "fork".into(), source: io::Error::other(why) })?;
        let copied = fork.world.copy_bytes_of(&self.world);
        copied.map_err(|source| StateError::Io { path: BYTES.into(), source })?;
        Ok(fork)
    }

    fn keep_bytes_in(&mut self, directory: &Path) -> Result<(), StateError> {
        let path = directory.join(BYTES);
        self.world.keep_bytes_in(&path).map_err(|source| StateError::Io { path, source })
    }

    fn clear_bytes(&mut self, directory: &Path) -> Result<(), StateError> {
        self.world.clear_bytes().map_err(|source| StateError::Io { path: directory.join(BYTES), source })
    }

    /// Quotas and switches.
    pub fn settings(&self) -> &Settings {
        self.settings.get(SETTINGS).unwrap_or(&self.options.settings)
    }

    /// Changes them.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings.insert(SETTINGS, settings);
    }

    /// The faults that wait, the oldest first.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.faults.values()
    }

    /// Adds a fault.
    pub fn add_fault(&mut self, fault: Fault) {
        let last = self.faults.iter().next_back().and_then(|(key, _)| key.parse().ok()).unwrap_or(0_u64);
        self.faults.insert(format!("{:08}", last + 1), fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&mut self) {
        for key in self.faults.keys_where(|_| true) {
            self.faults.remove(&key);
        }
    }

    /// What was made in each account and region.
    pub fn contents(&self) -> Vec<Contents> {
        self.world.contents(self.clock.now())
    }

    /// Counts a call for every fault that is for it, and tells the first that hits.
    pub fn hit(&mut self, service: &str, operation: &str) -> Option<Fault> {
        self.hit_where(|fault| fault.is_for(service, operation))
    }

    /// The same for a key that a DeleteObjects names.
    pub fn hit_key(&mut self, service: &str) -> Option<Fault> {
        self.hit_where(|fault| fault.is_for_keys(service))
    }

    fn hit_where(&mut self, is_for: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut hit = None;
        for key in self.faults.keys_where(is_for) {
            let Some(fault) = self.faults.get_mut(&key) else { continue };
            if fault.hits() && hit.is_none() {
                hit = Some(fault.clone());
            }
        }
        hit
    }

    /// Adds what the running request changed.
    pub fn changed(&mut self, changes: Vec<Change>) {
        self.changes.extend(changes);
    }

    fn commit(&mut self) {
        let Self { settings, faults, changes, .. } = self;
        for (name, rows) in [("settings", settings as &mut dyn Rows), ("faults", faults)] {
            rows.commit(&mut |key, row| changes.push((format!("sandbox/{name}"), key.to_owned(), row)));
        }
    }
}

impl Keeper for Kept {
    fn forget(&mut self) {
        (self.settings, self.faults) = (Table::default(), Table::default());
        self.world.forget();
    }

    fn load(&mut self, change: Change) -> Result<(), String> {
        let rows: &mut dyn Rows = match change.0.as_str() {
            "sandbox/settings" => &mut self.settings,
            "sandbox/faults" => &mut self.faults,
            _ => return self.world.load(change),
        };
        rows.load(&change.1, change.2).map_err(|error| error.to_string())
    }

    fn catch_up(&mut self, now: Timestamp) {
        self.clock.catch_up(now);
    }

    fn dump(&mut self, each: &mut dyn FnMut(&str, &str, Value)) {
        self.settings.dump(&mut |key, row| each("sandbox/settings", key, row));
        self.faults.dump(&mut |key, row| each("sandbox/faults", key, row));
        self.world.dump(each);
    }
}
