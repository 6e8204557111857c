//! The lease over a store in memory: what S3 does is modelled, what the lease does is the code itself.

mod interleave;
mod one;
mod world;
