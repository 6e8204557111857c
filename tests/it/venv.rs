//! The Python of the tests: a virtual environment with moto and boto3.
//!
//! It is made once under `target/`, from the package registry; without Python the tests fail and say so, they are never
//! skipped. Shared with the tests of the command and of the sandbox, which include this file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The version that the list of moto's faults was made for.
const MOTO: &str = "moto[server]==5.2.5";

/// The Python of the virtual environment, made on first use.
pub fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("moto-5.2.5");
        let (python, ready) = (venv.join("bin/python"), venv.join("ready"));
        // Test binaries that run side by side make it once.
        let lock = File::create(venv.with_added_extension("lock")).expect("target/ can be written");
        lock.lock().expect("files can be locked");
        if !ready.exists() {
            fs::remove_dir_all(&venv).ok();
            run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", MOTO]));
            fs::write(&ready, MOTO).expect("target/ can be written");
        }
        python
    })
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "the tests need python3 with its venv module (Debian: apt-get install python3-venv): \
             {} does not start: {error}",
            command.get_program().display()
        )
    });
    assert!(
        output.status.success(),
        "the tests could not prepare {MOTO} (python3 with venv and a package registry are needed): {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
