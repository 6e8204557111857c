//! Who holds a lock, for the person who waits for it.

use std::process::Command;

/// `ana@laptop`. Nothing is decided by it.
pub fn who() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.filter(|user| !user.is_empty()).unwrap_or_else(|| "somebody".to_owned());
    format!("{user}@{}", host().unwrap_or_else(|| "an unnamed host".to_owned()))
}

fn host() -> Option<String> {
    let named = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let asked =
        || Command::new("hostname").output().ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let name = named.or_else(asked)?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
