//! Whom a rule lets in, or where it lets go.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use cn_infra_core::address::{Ref, is_name};
use ipnet::IpNet;

use super::SecurityGroup;
use crate::ec2_id::is_id;
use crate::text_form::text_form;

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// A name of `[networks]`; the environment is loaded with its CIDRs in its place.
    Network(String),
    /// A CIDR as it was written, so that a check can point at one that is not canonical.
    Cidr(IpNet),
    /// Whatever bears a security group.
    Group(Ref<SecurityGroup>),
    /// A managed prefix list, by its id.
    PrefixList(String),
}

text_form!(
    Peer,
    "peer",
    "A name of [networks], an IPv4 or IPv6 CIDR, security_group.NAME, ENVIRONMENT/security_group.NAME, sg-… or pl-…"
);

impl Peer {
    /// The form in which AWS stores it: a CIDR without host bits.
    pub(super) fn canonical(&self) -> Self {
        match self {
            Self::Cidr(cidr) => Self::Cidr(cidr.trunc()),
            other => other.clone(),
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(name) => f.write_str(name),
            Self::Cidr(cidr) => cidr.fmt(f),
            Self::Group(group) => group.fmt(f),
            Self::PrefixList(id) => f.write_str(id),
        }
    }
}

impl FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(cidr) = text.parse() {
            return Ok(Self::Cidr(cidr));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Err(format!("{text:?} is an address, not a CIDR: write \"{}\"", IpNet::from(address)));
        }
        if let Ok(group) = text.parse() {
            return Ok(Self::Group(group));
        }
        if is_id("pl-", text) {
            return Ok(Self::PrefixList(text.to_owned()));
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) || text.contains(':') {
            return Err(format!("{text:?} is no CIDR: write one like \"203.0.113.0/28\""));
        }
        if let Some(prefix) = ["sg-", "pl-"].into_iter().find(|prefix| is_short_id(prefix, text)) {
            return Err(format!("{text:?} is no id: one is written like {prefix}0123456789abcdef0"));
        }
        if is_name(text) {
            return Ok(Self::Network(text.to_owned()));
        }
        Err(format!(
            "{text:?} is neither a network's name nor a CIDR, a group (security_group.NAME, sg-…) or a prefix list (pl-…)"
        ))
    }
}

/// Whether a text looks like an id with some of its digits missing, and not like the name of a network.
fn is_short_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_and_writes_it_back() {
        let network = |text: &str| matches!(text.parse(), Ok(Peer::Network(_)));
        let cidr = |text: &str| matches!(text.parse(), Ok(Peer::Cidr(_)));
        let group = |text: &str| matches!(text.parse(), Ok(Peer::Group(_)));
        assert!(network("developers") && network("sg-office"));
        assert!(cidr("198.51.100.7/24") && cidr("::/0"));
        assert!(group("security_group.web") && group("staging/security_group.web") && group("sg-0123456789abcdef0"));
        assert!(matches!("pl-0123456789abcdef0".parse(), Ok(Peer::PrefixList(_))));
        for text in ["198.51.100.7/24", "staging/security_group.web", "pl-0123456789abcdef0", "lab"] {
            assert_eq!(text.parse::<Peer>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        insta::assert_snapshot!("198.51.100.7".parse::<Peer>().unwrap_err(), @r#""198.51.100.7" is an address, not a CIDR: write "198.51.100.7/32""#);
        insta::assert_snapshot!("2001:db8::1".parse::<Peer>().unwrap_err(), @r#""2001:db8::1" is an address, not a CIDR: write "2001:db8::1/128""#);
        insta::assert_snapshot!("10.0.0/24".parse::<Peer>().unwrap_err(), @r#""10.0.0/24" is no CIDR: write one like "203.0.113.0/28""#);
        insta::assert_snapshot!("sg-12".parse::<Peer>().unwrap_err(), @r#""sg-12" is no id: one is written like sg-0123456789abcdef0"#);
        insta::assert_snapshot!("instance.web".parse::<Peer>().unwrap_err(), @r#""instance.web" is neither a network's name nor a CIDR, a group (security_group.NAME, sg-…) or a prefix list (pl-…)"#);
    }

    #[test]
    fn canonical_cidrs_have_no_host_bits() {
        let canonical = |text: &str| text.parse::<Peer>().unwrap().canonical().to_string();
        assert_eq!(canonical("198.51.100.7/24"), "198.51.100.0/24");
        assert_eq!(canonical("2001:DB8:0:0::1/64"), "2001:db8::/64");
    }
}
