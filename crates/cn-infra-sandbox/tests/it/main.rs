//! The sandbox as its users have it: real clients, real processes, and requests that nobody should send.

mod checks;
mod front_door;
mod seed;
mod state;
mod threads;
#[path = "../../../../tests/it/venv.rs"]
mod venv;
