//! Infrastructure as code without a state file: environments in TOML, reconciled with live AWS.

pub use cn_infra_aws as aws;
pub use cn_infra_core as core;
