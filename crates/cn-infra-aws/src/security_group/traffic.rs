//! What a rule lets through: protocol and ports, or protocol and ICMP type.

use std::fmt;
use std::str::FromStr;

use serde::Deserializer;
use serde::de::{self, Unexpected, Visitor};

use super::icmp::Icmp;
use crate::text_form::text_form;

/// An IP protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP for IPv4.
    Icmp,
    /// ICMP for IPv6.
    Icmpv6,
    /// Any other, by its IANA number; AWS lets it through on all ports.
    Number(u8),
    /// Every protocol on every port.
    All,
}

text_form!(Protocol, "protocol", "tcp, udp, icmp, icmpv6, all, or the IANA number of another protocol");

impl Protocol {
    /// The protocol as AWS writes it.
    pub(super) fn of_aws(text: &str) -> Option<Self> {
        if text == "-1" { Some(Self::All) } else { text.parse().ok() }
    }

    pub(super) fn is_icmp(self) -> bool {
        matches!(self, Self::Icmp | Self::Icmpv6)
    }

    /// AWS's text for it.
    pub(super) fn aws(self) -> String {
        if self == Self::All { "-1".to_owned() } else { self.to_string() }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp => f.write_str("tcp"),
            Self::Udp => f.write_str("udp"),
            Self::Icmp => f.write_str("icmp"),
            Self::Icmpv6 => f.write_str("icmpv6"),
            Self::Number(number) => number.fmt(f),
            Self::All => f.write_str("all"),
        }
    }
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "tcp" | "6" => Self::Tcp,
            "udp" | "17" => Self::Udp,
            "icmp" | "1" => Self::Icmp,
            "icmpv6" | "58" => Self::Icmpv6,
            "all" => Self::All,
            _ => Self::Number(text.parse().map_err(|_| {
                format!("{text:?} is no protocol: write tcp, udp, icmp, icmpv6, all, or a number from 0 to 255")
            })?),
        })
    }
}

/// A range of ports, both ends included: `8000-8010`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ports {
    /// The lowest port.
    pub first: u16,
    /// The highest port.
    pub last: u16,
}

text_form!(Ports, "ports", "A range of ports, both ends included: 8000-8010");

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ends = text.split_once('-').and_then(|(first, last)| Some((port(first)?, port(last)?)));
        match ends {
            Some((first, last)) if first <= last => Ok(Self { first, last }),
            Some((first, last)) => Err(format!("the range {text:?} runs backwards: write \"{last}-{first}\"")),
            None if port(text).is_some() => Err(format!("{text:?} is one port: write port = {}", text.trim())),
            None => Err(format!("{text:?} is no range of ports: write two numbers up to 65535, as in \"8000-8010\"")),
        }
    }
}

fn port(text: &str) -> Option<u16> {
    text.trim().parse().ok()
}

/// Reads a port; serde's own message would name a type of Rust.
pub(super) fn read_port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    deserializer.deserialize_u16(PortVisitor).map(Some)
}

struct PortVisitor;

impl Visitor<'_> for PortVisitor {
    type Value = u16;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port, a number up to 65535")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<u16, E> {
        u16::try_from(number).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<u16, E> {
        u16::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}

/// Protocol and ports as AWS identifies them: for ICMP type and code, -1 where any will do or there are no ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Traffic {
    pub protocol: Protocol,
    pub from: i32,
    pub to: i32,
}

/// How a rule of a file says its traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub port: Option<u16>,
    pub ports: Option<Ports>,
    pub icmp: Option<Icmp>,
}

impl Traffic {
    /// A protocol's whole traffic.
    pub fn all_of(protocol: Protocol) -> Self {
        Self { protocol, from: -1, to: -1 }
    }

    pub fn ports(protocol: Protocol, ports: Ports) -> Self {
        Self { protocol, from: ports.first.into(), to: ports.last.into() }
    }

    /// `None` where the protocol has no message of this name.
    /// One port of TCP.
    pub fn of_port(port: u16) -> Self {
        Self::ports(Protocol::Tcp, Ports { first: port, last: port })
    }

    pub fn icmp(protocol: Protocol, icmp: Icmp) -> Option<Self> {
        icmp.numbers(protocol).map(|(from, to)| Self { protocol, from, to })
    }

    /// The traffic of a rule as AWS reports it.
    pub fn of_aws(protocol: &str, from: Option<i32>, to: Option<i32>) -> Option<Self> {
        let protocol = Protocol::of_aws(protocol)?;
        Some(match protocol {
            Protocol::Tcp | Protocol::Udp => {
                let port = |port: Option<i32>, unsaid| port.filter(|port| *port >= 0).unwrap_or(unsaid);
                Self { protocol, from: port(from, 0), to: port(to, u16::MAX.into()) }
            }
            Protocol::Icmp | Protocol::Icmpv6 => Self { protocol, from: from.unwrap_or(-1), to: to.unwrap_or(-1) },
            Protocol::Number(_) | Protocol::All => Self::all_of(protocol),
        })
    }

    /// The one way in which desired and live rules say it.
    pub(super) fn said(self) -> Said {
        let Self { protocol, from, to } = self;
        match protocol {
            Protocol::Tcp | Protocol::Udp => {
                let [first, last] = [from, to].map(|port| u16::try_from(port).unwrap_or(u16::MAX));
                if first == last {
                    Said { port: Some(first), ..Said::default() }
                } else {
                    Said { ports: Some(Ports { first, last }), ..Said::default() }
                }
            }
            Protocol::Icmp | Protocol::Icmpv6 => Said { icmp: Some(Icmp::of(protocol, from, to)), ..Said::default() },
            Protocol::Number(_) | Protocol::All => Said::default(),
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.protocol.fmt(f)?;
        let Said { port, ports, icmp } = self.said();
        port.map_or(Ok(()), |port| write!(f, " {port}"))?;
        ports.map_or(Ok(()), |ports| write!(f, " {ports}"))?;
        icmp.map_or(Ok(()), |icmp| write!(f, " {icmp}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_by_name_and_number_are_the_same() {
        for (number, name) in [("6", "tcp"), ("17", "udp"), ("1", "icmp"), ("58", "icmpv6")] {
            assert_eq!(number.parse::<Protocol>().unwrap().to_string(), name);
        }
        assert_eq!("50".parse(), Ok(Protocol::Number(50)));
        assert_eq!(Protocol::All.aws(), "-1");
        insta::assert_snapshot!("http".parse::<Protocol>().unwrap_err(), @r#""http" is no protocol: write tcp, udp, icmp, icmpv6, all, or a number from 0 to 255"#);
    }

    #[test]
    fn ranges_run_forwards() {
        assert_eq!("8000-8010".parse(), Ok(Ports { first: 8000, last: 8010 }));
        insta::assert_snapshot!("9-8".parse::<Ports>().unwrap_err(), @r#"the range "9-8" runs backwards: write "8-9""#);
        insta::assert_snapshot!("1-70000".parse::<Ports>().unwrap_err(), @r#""1-70000" is no range of ports: write two numbers up to 65535, as in "8000-8010""#);
    }

    #[test]
    fn one_traffic_is_said_in_one_way() {
        let said = |protocol, from, to| Traffic::of_aws(protocol, from, to).unwrap().to_string();
        assert_eq!(said("tcp", Some(22), Some(22)), "tcp 22");
        assert_eq!(said("udp", Some(8000), Some(8010)), "udp 8000-8010");
        assert_eq!(said("tcp", None, None), "tcp 0-65535");
        assert_eq!(said("icmp", Some(8), Some(-1)), "icmp echo-request");
        assert_eq!(said("icmp", Some(3), Some(4)), "icmp 3/4");
        assert_eq!(said("icmpv6", None, None), "icmpv6 all");
        assert_eq!(said("-1", None, None), "all");
        assert_eq!(said("50", Some(-1), Some(-1)), "50");
    }
}
