//! Types of ICMP messages, by name and number.

use std::fmt;
use std::str::FromStr;

use super::traffic::Protocol;
use crate::text_form::text_form;

/// Which ICMP messages: all, those of a type, or those of a type and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icmp {
    /// Every message.
    All,
    /// A type by its common name, with any code.
    Named(&'static IcmpName),
    /// A type by its number.
    Number {
        /// The type.
        kind: u8,
        /// The code; `None`: any.
        code: Option<u8>,
    },
}

/// A type of ICMP message that has a name, and its number in either version.
#[derive(Debug, PartialEq, Eq)]
pub struct IcmpName {
    name: &'static str,
    v4: Option<u8>,
    v6: Option<u8>,
}

const fn icmp_name(name: &'static str, v4: Option<u8>, v6: Option<u8>) -> IcmpName {
    IcmpName { name, v4, v6 }
}

/// The common names, of IANA's registries "ICMP Type Numbers" and "ICMPv6 type Numbers".
static ICMP_NAMES: [IcmpName; 14] = [
    icmp_name("echo-reply", Some(0), Some(129)),
    icmp_name("destination-unreachable", Some(3), Some(1)),
    icmp_name("source-quench", Some(4), None),
    icmp_name("redirect", Some(5), Some(137)),
    icmp_name("echo-request", Some(8), Some(128)),
    icmp_name("router-advertisement", Some(9), Some(134)),
    icmp_name("router-solicitation", Some(10), Some(133)),
    icmp_name("time-exceeded", Some(11), Some(3)),
    icmp_name("parameter-problem", Some(12), Some(4)),
    icmp_name("timestamp", Some(13), None),
    icmp_name("timestamp-reply", Some(14), None),
    icmp_name("packet-too-big", None, Some(2)),
    icmp_name("neighbor-solicitation", None, Some(135)),
    icmp_name("neighbor-advertisement", None, Some(136)),
];

text_form!(Icmp, "icmp", "all, a common name such as echo-request, or numbers: TYPE or TYPE/CODE");

impl Icmp {
    /// Type and code as AWS counts them, where the protocol has a message of this name; -1 is any.
    pub(super) fn numbers(self, protocol: Protocol) -> Option<(i32, i32)> {
        match self {
            Self::All => Some((-1, -1)),
            Self::Named(name) => name.number(protocol).map(|kind| (kind.into(), -1)),
            Self::Number { kind, code } => Some((kind.into(), code.map_or(-1, i32::from))),
        }
    }

    /// The most telling form of a type and code.
    pub(super) fn of(protocol: Protocol, kind: i32, code: i32) -> Self {
        let (Ok(kind), code) = (u8::try_from(kind), u8::try_from(code).ok()) else { return Self::All };
        let named = ICMP_NAMES.iter().find(|name| code.is_none() && name.number(protocol) == Some(kind));
        named.map_or(Self::Number { kind, code }, Self::Named)
    }
}

impl IcmpName {
    fn number(&self, protocol: Protocol) -> Option<u8> {
        if protocol == Protocol::Icmpv6 { self.v6 } else { self.v4 }
    }
}

impl fmt::Display for Icmp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Named(name) => f.write_str(name.name),
            Self::Number { kind, code: None } => kind.fmt(f),
            Self::Number { kind, code: Some(code) } => write!(f, "{kind}/{code}"),
        }
    }
}

impl FromStr for Icmp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some(name) = ICMP_NAMES.iter().find(|name| name.name == text) {
            return Ok(Self::Named(name));
        }
        let numbers = match text.split_once('/') {
            Some((kind, code)) => kind.parse().ok().zip(code.parse().ok().map(Some)),
            None => text.parse().ok().map(|kind| (kind, None)),
        };
        numbers.map(|(kind, code)| Self::Number { kind, code }).ok_or_else(|| {
            let names: Vec<_> = ICMP_NAMES.iter().map(|name| name.name).collect();
            format!("{text:?} is no ICMP type: write all, TYPE, TYPE/CODE, or one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_number_per_version() {
        let ping: Icmp = "echo-request".parse().unwrap();
        assert_eq!(ping.numbers(Protocol::Icmp), Some((8, -1)));
        assert_eq!(ping.numbers(Protocol::Icmpv6), Some((128, -1)));
        assert_eq!("packet-too-big".parse::<Icmp>().unwrap().numbers(Protocol::Icmp), None);
    }

    #[test]
    fn numbers_are_shown_by_name_where_they_have_one() {
        assert_eq!(Icmp::of(Protocol::Icmp, 8, -1).to_string(), "echo-request");
        assert_eq!(Icmp::of(Protocol::Icmpv6, 8, -1).to_string(), "8");
        assert_eq!(Icmp::of(Protocol::Icmp, 3, 4).to_string(), "3/4");
        assert_eq!(Icmp::of(Protocol::Icmp, -1, -1).to_string(), "all");
    }

    #[test]
    fn says_what_is_allowed() {
        insta::assert_snapshot!("ping".parse::<Icmp>().unwrap_err(), @r#""ping" is no ICMP type: write all, TYPE, TYPE/CODE, or one of echo-reply, destination-unreachable, source-quench, redirect, echo-request, router-advertisement, router-solicitation, time-exceeded, parameter-problem, timestamp, timestamp-reply, packet-too-big, neighbor-solicitation, neighbor-advertisement"#);
        assert!("8/300".parse::<Icmp>().is_err());
    }
}
