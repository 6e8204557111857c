//! Rules that let in more than is probably meant, as the file has them.
//!
//! CN107: the world reaches SSH or RDP. CN108: the world reaches a port of databases. CN109: a rule sounds temporary and
//! has no end. CN110: port 80 is closed to the world, from where certificates are issued.

use cn_infra_core::check::{Context, Finding, Severity};

use super::SecurityGroup;
use super::rule::Rule;
use super::traffic::Protocol;
use crate::db_instance::ENGINE_PORTS;
use crate::reach::Access;

/// Ports by which a whole server is administered.
const ADMINISTRATION: [(u16, &str); 2] = [(22, "SSH"), (3389, "RDP")];

/// Words of names and descriptions that promise an end.
const TEMPORARY: [&str; 11] =
    ["debug", "import", "loader", "migrate", "migration", "temp", "temporary", "tmp", "trial", "until", "while"];

pub(super) fn check(group: &SecurityGroup, context: &Context<'_, SecurityGroup>, each: &mut dyn FnMut(Finding)) {
    let now = context.situation.now;
    let access = Access::of_group(group, now);
    let is_open = |port: u16| access.sources(Protocol::Tcp, port).is_worldwide();
    for (port, name) in ADMINISTRATION.into_iter().filter(|(port, _)| is_open(*port)) {
        let message = format!("everyone reaches {name}, tcp {port}");
        let hint = "name who needs it: a network of [networks], or a group";
        each(Finding::new("CN107", Severity::Warning, message).hint(hint));
    }
    for (port, engines) in database_ports().into_iter().filter(|(port, _)| is_open(*port)) {
        let message = format!("everyone reaches tcp {port}, the port of {engines}");
        let hint = "let in the group of the servers that use the database, and nobody else";
        each(Finding::new("CN108", Severity::Warning, message).hint(hint));
    }
    let rules = group.ingress.iter().flatten().filter(|(_, rule)| rule.until.is_none());
    rules.filter_map(|(name, rule)| endless(name, rule)).for_each(&mut *each);
    let before = context.live.map(|live| Access::of_group(live, now));
    before.and_then(|before| no_certificates(&before, &access, group)).into_iter().for_each(each);
}

/// Ports and the engines that listen there, each port once.
fn database_ports() -> Vec<(u16, String)> {
    let mut ports: Vec<(u16, String)> = Vec::new();
    for (engine, port) in ENGINE_PORTS {
        match ports.iter_mut().find(|(known, _)| *known == port) {
            Some((_, engines)) => engines.extend([" and ", engine]),
            None => ports.push((port, engine.to_owned())),
        }
    }
    ports
}

fn endless(name: &str, rule: &Rule) -> Option<Finding> {
    let text = format!("{name} {}", rule.description.as_deref().unwrap_or_default()).to_lowercase();
    let word = text.split(|c: char| !c.is_alphanumeric()).find(|word| TEMPORARY.contains(word))?;
    let message = format!("ingress rule {name}: {word:?} sounds temporary, and nothing says when it ends");
    Some(
        Finding::new("CN109", Severity::Note, message)
            .hint("add until = 2026-12-24T18:00:00Z: past it the next apply removes the rule"),
    )
}

/// Closing port 80: authorities that check a domain by HTTP-01 come from addresses that they do not tell.
///
/// <https://letsencrypt.org/docs/challenge-types/#http-01-challenge>
fn no_certificates(before: &Access, after: &Access, group: &SecurityGroup) -> Option<Finding> {
    let at = |access: &Access, port| access.sources(Protocol::Tcp, port);
    group.ingress.as_ref()?;
    let closes = at(before, 80).is_worldwide() && !at(after, 80).is_worldwide();
    (closes && !at(after, 443).is_empty()).then(|| {
        let message = "port 80 is closed to the world, and with it to the authority that issues and renews certificates by ACME's HTTP-01";
        let hint = "get the certificate first, use DNS-01, or leave port 80 open and close 443 alone";
        Finding::new("CN110", Severity::Warning, message).hint(hint)
    })
}

#[cfg(test)]
mod tests {
    use cn_infra_core::check::Situation;
    use cn_infra_core::environment::Tier;
    use jiff::Timestamp;

    use super::*;

    fn group(rules: &str) -> SecurityGroup {
        toml::from_str(&format!("[ingress]\n{rules}")).unwrap()
    }

    fn findings(rules: &str, live: Option<&str>) -> Vec<String> {
        let now = Timestamp::UNIX_EPOCH;
        let situation = Situation { tier: Tier::Development, now, name: "web", my_ip: None };
        let live = live.map(group);
        let mut found = Vec::new();
        check(&group(rules), &Context { live: live.as_ref(), situation: &situation }, &mut |finding| {
            found.push(format!("{}: {}", finding.code, finding.message));
        });
        found
    }

    #[test]
    fn what_the_world_reaches_is_told_over_all_rules() {
        assert_eq!(
            findings("ssh = { port = 22, from = ['0.0.0.0/0'] }", None),
            ["CN107: everyone reaches SSH, tcp 22"]
        );
        let halves = "a = { port = 5432, from = ['::/1'] }\nb = { ports = '5000-6000', from = ['8000::/1'] }";
        assert_eq!(findings(halves, None), ["CN108: everyone reaches tcp 5432, the port of postgres"]);
        let all = findings("all = { protocol = 'all', from = ['::/0'] }", None);
        let codes: Vec<_> = all.iter().map(|finding| &finding[..5]).collect();
        assert_eq!(codes, ["CN107", "CN107", "CN108", "CN108", "CN108", "CN108", "CN108"], "{all:?}");
        let fine = "ssh = { port = 22, from = ['0.0.0.0/1', 'sg-0123456789abcdef0'] }\nhttps = { port = 443, from = ['0.0.0.0/0'] }";
        assert_eq!(findings(fine, None), [""; 0]);
        let over = "ssh = { port = 22, from = ['0.0.0.0/0'], until = 1969-12-24T18:00:00Z }";
        assert_eq!(findings(over, None), [""; 0], "past its end a rule counts as absent");
    }

    #[test]
    fn rules_that_sound_temporary_want_an_end() {
        let alpha = "alpha = { port = 5432, from = ['192.0.2.10/32'], description = 'alpha, while data is loaded' }";
        let message = "CN109: ingress rule alpha: \"while\" sounds temporary, and nothing says when it ends";
        assert_eq!(findings(alpha, None), [message]);
        assert_eq!(findings(&alpha.replace(" }", ", until = 2026-12-24T18:00:00Z }"), None), [""; 0]);
        assert_eq!(
            findings("template = { port = 443, from = ['192.0.2.10/32'] }", None),
            [""; 0],
            "words, not letters"
        );
        assert_eq!(findings("temp-ana = { port = 443, from = ['192.0.2.10/32'] }", None).len(), 1);
    }

    #[test]
    fn closing_port_80_stops_certificates_where_the_site_has_https() {
        let site = |http: &str| {
            format!("http = {{ port = 80, from = ['{http}'] }}\nhttps = {{ port = 443, from = ['192.0.2.0/24'] }}")
        };
        let (open, closed) = (site("0.0.0.0/0"), site("192.0.2.0/24"));
        assert!(findings(&closed, Some(&open))[0].starts_with("CN110"));
        let quiet = [(&open, &open), (&closed, &closed), (&open, &closed)];
        for (wanted, live) in quiet {
            assert_eq!(findings(wanted, Some(live)), [""; 0]);
        }
        assert_eq!(
            findings("ssh = { port = 22, from = ['192.0.2.0/24'] }", Some(&open)),
            [""; 0],
            "no HTTPS, no certificate"
        );
    }
}
