//! The library as its users have it: real kinds, the real SDK, environments from files.

mod moto;
mod scale;
mod wide;
