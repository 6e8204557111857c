//! The library as its users have it: real kinds, the real SDK, environments from files.

mod account;
mod bad_files;
mod docs;
mod examples;
mod fields;
mod fields_on_moto;
mod moto;
mod pace;
mod recorder;
mod scale;
mod venv;
mod wide;
