//! Makes texts comparable: what differs from run to run is masked.

use std::net::Ipv4Addr;

/// The kinds of ids that AWS chooses.
const IDS: [&str; 8] = ["db-", "i-", "sg-", "eipalloc-", "eni-", "vol-", "vpc-", "ami-"];

/// The text without ids, addresses that the stand-in chose, ports, temporary directories and times.
pub fn mask(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | ':');
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_part(c)).unwrap_or(from.len()));
        masked.push_str(before);
        masked.push_str(&mask_word(word, after));
        rest = after;
    }
    masked + rest
}

fn mask_word(word: &str, after: &str) -> String {
    let unit = after.strip_prefix(" s").is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
    if unit && word.parse::<f64>().is_ok() {
        return "…".to_owned();
    }
    let pieces: Vec<_> = word.split('/').map(mask_piece).collect();
    pieces.join("/")
}

fn mask_piece(piece: &str) -> String {
    if let Some(prefix) = IDS.iter().find(|prefix| is_id(piece, prefix)) {
        return format!("{prefix}…");
    }
    if piece.starts_with(".tmp") {
        return "DIRECTORY".to_owned();
    }
    let (host, port) = piece.split_once(':').map_or((piece, None), |(host, port)| (host, Some(port)));
    match host.parse::<Ipv4Addr>() {
        Ok(address) if address.is_loopback() && port.is_some() => format!("{host}:PORT"),
        Ok(address) if address.is_loopback() || address.is_private() => "ADDRESS".to_owned(),
        _ => piece.to_owned(),
    }
}

/// Databases have ids of 26 capitals and digits, all else hexadecimal ones.
fn is_id(word: &str, prefix: &str) -> bool {
    word.strip_prefix(prefix).is_some_and(|rest| {
        let database = rest.len() == 26 && rest.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
        database || rest.len() >= 8 && rest.chars().all(|c| c.is_ascii_hexdigit())
    })
}

#[test]
fn only_what_differs_is_masked() {
    let text = "i-0123456789abcdef0 at 127.65.104.230 (10.0.0.1), 0.0.0.0/0 198.51.100.7/32 http://127.0.0.1:5901";
    assert_eq!(mask(text), "i-… at ADDRESS (ADDRESS), 0.0.0.0/0 198.51.100.7/32 http://127.0.0.1:PORT");
    assert_eq!(mask("2 steps in /tmp/.tmpNvGQDa, 0.34 s."), "2 steps in /tmp/DIRECTORY, … s.");
}
