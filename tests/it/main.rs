//! The library as its users have it: real kinds, the real SDK, environments from files.

mod bad_files;
mod docs;
mod fields;
mod moto;
mod scale;
mod wide;
