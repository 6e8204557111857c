//! The sandbox as its users have it: real clients, real processes, and requests that nobody should send.

mod checks;
#[path = "../../../../tests/it/venv.rs"]
mod venv;
