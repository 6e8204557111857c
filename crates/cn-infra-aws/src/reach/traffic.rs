//! What is reached: a protocol and a range of its ports, or of its ICMP messages.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::security_group::{AwsTraffic, Ports, Protocol};

/// A protocol and some of its ports, both ends included.
///
/// ICMP has messages instead: type and code are the high and low byte of a number. Every other protocol has one range,
/// the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Traffic {
    /// The protocol; `All`: all that are not named beside it.
    pub protocol: Protocol,
    /// The lowest port.
    pub first: u16,
    /// The highest port.
    pub last: u16,
}

impl Traffic {
    /// One port of TCP.
    pub fn tcp(port: u16) -> Self {
        Self { protocol: Protocol::Tcp, first: port, last: port }
    }

    pub(super) fn of_rule(AwsTraffic { protocol, from, to }: AwsTraffic) -> Self {
        let (first, last) = match protocol {
            Protocol::Tcp | Protocol::Udp => (port(from).unwrap_or(0), port(to).unwrap_or(u16::MAX)),
            Protocol::Icmp | Protocol::Icmpv6 => messages(from, to),
            Protocol::Number(_) | Protocol::All => (0, u16::MAX),
        };
        Self { protocol, first, last }
    }

    fn is_whole(self) -> bool {
        (self.first, self.last) == (0, u16::MAX)
    }
}

fn port(number: i32) -> Option<u16> {
    u16::try_from(number).ok()
}

/// The numbers of ICMP messages; -1 is any.
fn messages(kind: i32, code: i32) -> (u16, u16) {
    let byte = |number: i32| u8::try_from(number).ok();
    match (byte(kind), byte(code)) {
        (None, _) => (0, u16::MAX),
        (Some(kind), None) => (u16::from_be_bytes([kind, 0]), u16::from_be_bytes([kind, u8::MAX])),
        (Some(kind), Some(code)) => {
            let number = u16::from_be_bytes([kind, code]);
            (number, number)
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, first, last } = *self;
        let ([kind, code], [last_kind, last_code]) = (first.to_be_bytes(), last.to_be_bytes());
        match protocol {
            Protocol::All => f.write_str("all else"),
            Protocol::Tcp | Protocol::Udp => AwsTraffic::ports(protocol, Ports { first, last }).fmt(f),
            Protocol::Number(_) => protocol.fmt(f),
            _ if self.is_whole() => AwsTraffic::all_of(protocol).fmt(f),
            _ if first == last => AwsTraffic { protocol, from: kind.into(), to: code.into() }.fmt(f),
            _ if kind == last_kind && (code, last_code) == (0, u8::MAX) => {
                AwsTraffic { protocol, from: kind.into(), to: -1 }.fmt(f)
            }
            _ => write!(f, "{protocol} {kind}/{code}-{last_kind}/{last_code}"),
        }
    }
}

impl Serialize for Traffic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
