//! What an elastic IP points at.

use std::fmt;
use std::str::FromStr;

use cn_infra_core::address::Ref;

use crate::ec2_id::is_id;
use crate::instance::Instance;
use crate::text_form::text_form;

/// What an elastic IP points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `"none"`: nothing.
    None,
    /// An instance, by its primary network interface.
    Instance(Ref<Instance>),
    /// A network interface that is no instance's: a NAT gateway's, a load balancer's. Seen in live only.
    Interface(String),
}

text_form!(Target, "elastic_ip_target", "none, instance.NAME, ENVIRONMENT/instance.NAME or i-0123456789abcdef0");

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Instance(instance) => instance.fmt(f),
            Self::Interface(id) => f.write_str(id),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            _ if is_id("eni-", text) => Ok(Self::Interface(text.to_owned())),
            _ => text.parse().map(Self::Instance),
        }
    }
}
