//! The command as its users have it: real processes, the real environments, and a stand-in for AWS.

mod adopt;
mod beta_migration;
mod bucket;
mod bucket_killed;
mod checkout;
mod diff;
mod disk;
mod end_to_end;
mod export;
mod gate;
mod help;
mod ingress;
mod interrupt;
mod ip;
mod kill;
mod lock;
mod mask;
#[path = "../../../../tests/it/moto.rs"]
mod moto;
mod my_ip;
mod offline;
mod policy;
mod preflight;
mod reading;
mod sandbox;
mod saved_plan;
mod secrets;
mod snapshot;
#[path = "../../../../tests/it/stand_in.rs"]
mod stand_in;
mod surroundings;
mod terminal;
mod together;
mod undo;
mod untold;
#[path = "../../../../tests/it/venv.rs"]
mod venv;
