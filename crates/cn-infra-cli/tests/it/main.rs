//! The command as its users have it: real processes, the real environments, and moto for AWS.

mod adopt;
mod checkout;
mod end_to_end;
mod gate;
mod help;
mod interrupt;
mod kill;
mod lock;
mod mask;
#[path = "../../../../tests/it/moto.rs"]
mod moto;
mod offline;
mod reading;
mod saved_plan;
mod surroundings;
mod terminal;
#[path = "../../../../tests/it/venv.rs"]
mod venv;
