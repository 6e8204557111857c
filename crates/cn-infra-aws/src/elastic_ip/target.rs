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
    /// An instance. Live may show a network interface's id instead: that of an instance is known by it, and one that
    /// is no instance's (a NAT gateway's, a load balancer's) stays.
    Instance(Ref<Instance>),
}

impl Target {
    /// The network interface whose id it is.
    pub(super) fn interface(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Instance(instance) => instance.id().filter(|id| is_interface(id)),
        }
    }
}

fn is_interface(id: &str) -> bool {
    is_id("eni-", id)
}

text_form!(Target, "elastic_ip_target", "none, instance.NAME, ENVIRONMENT/instance.NAME or i-0123456789abcdef0");

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Instance(instance) => instance.fmt(f),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            _ if is_interface(text) => Ok(Self::Instance(Ref::foreign(text))),
            _ => text.parse().map(Self::Instance),
        }
    }
}
