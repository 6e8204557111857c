//! The lease over a store in memory: what S3 does is modelled, what the lease does is the code itself. And its calls, as
//! S3 gets them.

mod interleave;
mod one;
mod wire;
mod world;
