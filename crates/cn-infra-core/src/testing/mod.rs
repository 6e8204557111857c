//! For tests, of this crate and of programs that embed it: three small kinds with the traits of real ones.

pub mod clock;
pub mod cloud;
pub mod contract;
pub mod kinds;
pub mod samples;
