//! Reading protocols and ports.

use super::Traffic;
use crate::error::AwsError;
use crate::query::Params;

pub(super) fn invalid(why: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", why)
}

/// Reads `IpProtocol`, `FromPort` and `ToPort`.
pub(super) fn traffic(params: &Params<'_>) -> Result<Traffic, AwsError> {
    let protocol = protocol(params.require("IpProtocol")?)?;
    let (from, to) = (params.number::<i32>("FromPort")?, params.number::<i32>("ToPort")?);
    let ports = match protocol.as_str() {
        "tcp" | "udp" => Some(ports(from, to)?),
        "icmp" | "icmpv6" => Some(icmp(&protocol, from, to)?),
        // All other protocols have no ports, whatever the request says.
        _ => None,
    };
    Ok(Traffic { protocol, ports })
}

/// Four protocols go by their names, the others by their numbers.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>
fn protocol(text: &str) -> Result<String, AwsError> {
    let name = match text {
        "tcp" | "6" => "tcp",
        "udp" | "17" => "udp",
        "icmp" | "1" => "icmp",
        "icmpv6" | "58" => "icmpv6",
        "-1" => "-1",
        _ => match text.parse::<u8>() {
            Ok(number) => return Ok(number.to_string()),
            Err(_) => return Err(invalid(format!("Invalid value '{text}' for IP protocol. Unknown protocol."))),
        },
    };
    Ok(name.to_owned())
}

fn ports(from: Option<i32>, to: Option<i32>) -> Result<(i32, i32), AwsError> {
    let (Some(from), Some(to)) = (from, to) else {
        return Err(invalid("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."));
    };
    if let Some(port) = [from, to].into_iter().find(|port| !(0..=65535).contains(port)) {
        return Err(invalid(format!("TCP/UDP port ({port}) out of range")));
    }
    if from > to {
        return Err(invalid(format!("Invalid TCP/UDP port range ({from}:{to})")));
    }
    Ok((from, to))
}

/// Type and code; all types go with all codes only.
fn icmp(protocol: &str, from: Option<i32>, to: Option<i32>) -> Result<(i32, i32), AwsError> {
    let (kind, code) = match (from, to) {
        (Some(kind), Some(code)) => (kind, code),
        (None, None) if protocol == "icmpv6" => (-1, -1),
        _ => return Err(invalid("Invalid value 'Must specify both type and code with ICMP.' for portRange.")),
    };
    if !(-1..=255).contains(&kind) || !(-1..=255).contains(&code) {
        return Err(invalid(format!("ICMP type or code ({kind}:{code}) out of range")));
    }
    if kind == -1 && code != -1 {
        return Err(invalid(format!("ICMP code ({code}) specified with the wildcard ICMP type (-1)")));
    }
    Ok((kind, code))
}
