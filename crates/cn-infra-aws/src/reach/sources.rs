//! Where connections may come from: addresses of either version of IP, and what only AWS can resolve.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::ranges::Ranges;
use crate::security_group::Peer;

/// A set of sources. Groups and prefix lists stand for themselves: which addresses they are is not known here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    v4: Ranges,
    v6: Ranges,
    others: BTreeSet<Peer>,
}

impl Sources {
    /// Nobody.
    pub fn nobody() -> Self {
        Self::default()
    }

    /// The addresses of CIDRs.
    pub fn of_cidrs<'a>(cidrs: impl IntoIterator<Item = &'a IpNet>) -> Self {
        cidrs.into_iter().fold(Self::default(), |sources, cidr| sources.union(&Self::of_cidr(cidr)))
    }

    /// What one peer of a rule stands for. A network's name stands for nothing: files are loaded with its CIDRs.
    pub fn of_peer(peer: &Peer) -> Self {
        match peer {
            Peer::Cidr(cidr) => Self::of_cidr(cidr),
            Peer::Group(_) | Peer::PrefixList(_) => Self { others: [peer.clone()].into(), ..Self::default() },
            Peer::Network(_) => Self::default(),
        }
    }

    fn of_cidr(cidr: &IpNet) -> Self {
        match cidr {
            IpNet::V4(cidr) => {
                let (first, last) = (cidr.network().to_bits(), cidr.broadcast().to_bits());
                Self { v4: Ranges::of(first.into(), last.into()), ..Self::default() }
            }
            IpNet::V6(cidr) => {
                let (first, last) = (cidr.network().to_bits(), cidr.broadcast().to_bits());
                Self { v6: Ranges::of(first, last), ..Self::default() }
            }
        }
    }

    /// Whether it is nobody.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && self.others.is_empty()
    }

    /// Whether an address is in it; whether it is one of a group or prefix list is not known.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(address.to_bits().into()),
            IpAddr::V6(address) => self.v6.contains(address.to_bits()),
        }
    }

    /// Whether everybody of a version of IP is in it.
    pub fn is_worldwide(&self) -> bool {
        self.v4 == Ranges::of(0, u32::MAX.into()) || self.v6 == Ranges::of(0, u128::MAX)
    }

    /// Whoever is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.union(&other.v4),
            v6: self.v6.union(&other.v6),
            others: self.others.union(&other.others).cloned().collect(),
        }
    }

    /// Whoever is in this one and not in the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.without(&other.v4),
            v6: self.v6.without(&other.v6),
            others: self.others.difference(&other.others).cloned().collect(),
        }
    }

    /// Whoever is in both.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.common(&other.v4),
            v6: self.v6.common(&other.v6),
            others: self.others.intersection(&other.others).cloned().collect(),
        }
    }

    /// Whether all of it is in another.
    pub fn is_within(&self, other: &Self) -> bool {
        self.without(other).is_empty()
    }

    /// How many addresses of IPv4 and of IPv6 it has.
    pub(super) fn size(&self) -> (u128, u128) {
        (self.v4.count(), self.v6.count())
    }

    /// Only the addresses of IPv4.
    #[must_use]
    pub fn ipv4(&self) -> Self {
        Self { v4: self.v4.clone(), ..Self::default() }
    }

    /// Only the addresses of IPv6.
    #[must_use]
    pub fn ipv6(&self) -> Self {
        Self { v6: self.v6.clone(), ..Self::default() }
    }

    /// The fewest CIDRs that are just its addresses, IPv4 first.
    pub fn cidrs(&self) -> Vec<IpNet> {
        let v4 = self.v4.iter().flat_map(|(first, last)| {
            let [first, last] = [first, last].map(|end| Ipv4Addr::from(u32::try_from(end).unwrap_or(u32::MAX)));
            Ipv4Subnets::new(first, last, 0).map(IpNet::V4)
        });
        let v6 = self
            .v6
            .iter()
            .flat_map(|(first, last)| Ipv6Subnets::new(Ipv6Addr::from(first), Ipv6Addr::from(last), 0).map(IpNet::V6));
        v4.chain(v6).collect()
    }

    /// The security groups and prefix lists in it.
    pub fn others(&self) -> impl Iterator<Item = &Peer> {
        self.others.iter()
    }
}

impl Serialize for Sources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Sources", 2)?;
        fields.serialize_field("cidrs", &self.cidrs())?;
        fields.serialize_field("others", &self.others)?;
        fields.end()
    }
}
