//! The lock of a directory: the system's own, on a file that says who has it. It ends with its process, however that ends.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{CommandError, Result};

/// What the file says.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    who: String,
    process: u32,
    since: Timestamp,
}

/// Locks a file until the answer is dropped.
pub fn lock(path: &Path, who: &str, now: Timestamp) -> Result<File> {
    let failed = |error| CommandError::file("lock", path, error);
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(held(&mut file, path)),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let holder = Holder { who: who.to_owned(), process: std::process::id(), since: now };
    let text = serde_json::to_string(&holder).map_err(|error| CommandError::from(anyhow::Error::new(error)))?;
    file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(failed)?;
    Ok(file)
}

/// Where the file cannot be read (Windows locks its bytes too), or is not written yet, the lock itself says enough.
fn held(file: &mut File, path: &Path) -> CommandError {
    let mut text = String::new();
    let holder = file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str::<Holder>(&text).ok());
    let who = match holder {
        Some(Holder { who, process, since }) => {
            format!("{who} (process {process}) holds it since {}", since.strftime("%Y-%m-%d %H:%M:%S UTC"))
        }
        None => "another process holds it".to_owned(),
    };
    CommandError::new(format!("another apply is at work in this directory: {who}"))
        .hint(format!("wait until it ends: the lock on {} ends with its process, and only then", path.display()))
}
