//! The library as its users have it: real kinds, the real SDK, environments from files.

mod account;
mod allowed;
mod bad_files;
mod checklist;
mod crash;
mod docs;
mod examples;
mod export;
mod fields;
mod fields_sent;
mod guarded;
mod moto;
mod moves;
mod pace;
mod race;
mod recorder;
mod renamed;
mod scale;
mod secrets;
mod simulated;
mod stale;
mod stand_in;
mod stripped;
mod toggle;
mod venv;
mod wide;
