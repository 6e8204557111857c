//! The file's words for sources.

use cn_infra_core::environment::Networks;
use ipnet::IpNet;

use super::sources::Sources;

/// Names of `[networks]`, the widest first.
pub(super) struct Names {
    /// Each set of addresses that has names, once.
    pub networks: Vec<Network>,
}

/// A set of addresses and what the file calls it.
pub(super) struct Network {
    /// One name, or several for the same addresses.
    pub name: String,
    pub cidrs: Vec<IpNet>,
    pub sources: Sources,
}

impl Names {
    pub fn of(Networks(networks): &Networks) -> Self {
        let mut named: Vec<Network> = Vec::new();
        for (name, cidrs) in networks.iter().filter(|(_, cidrs)| !cidrs.is_empty()) {
            let sources = Sources::of_cidrs(cidrs);
            match named.iter_mut().find(|network| network.sources == sources) {
                Some(same) => same.name.extend([", ", name]),
                None => named.push(Network { name: name.clone(), cidrs: cidrs.clone(), sources }),
            }
        }
        named.sort_by_key(|network| std::cmp::Reverse(network.sources.size()));
        Self { networks: named }
    }

    /// The widest networks that are in it, then what only one version of IP has, and what is left without a name.
    fn told<'a>(&'a self, sources: &Sources) -> (Vec<(&'a str, &'static str)>, Sources) {
        let parts = self.networks.iter().flat_map(|network| {
            let Network { name, sources, .. } = network;
            [(name, "", sources.clone()), (name, " over IPv4", sources.ipv4()), (name, " over IPv6", sources.ipv6())]
        });
        let mut parts: Vec<_> = parts.collect();
        parts.sort_by_key(|(_, _, part)| std::cmp::Reverse(part.size()));
        let (mut told, mut covered) = (Vec::new(), Sources::nobody());
        for (name, version, part) in parts {
            if part.is_within(sources) && !part.is_within(&covered) {
                covered = covered.union(&part);
                told.push((name.as_str(), version));
            }
        }
        (told, sources.without(&covered))
    }

    /// What of it has no name.
    pub fn unnamed(&self, sources: &Sources) -> Vec<IpNet> {
        self.told(sources).1.cidrs()
    }

    /// It in words: `developers, security_group.web`.
    pub fn words(&self, sources: &Sources) -> String {
        let (told, rest) = self.told(sources);
        let named = told.into_iter().map(|(name, version)| format!("{}{version}", first(name)));
        let unnamed = rest.cidrs().into_iter().map(|cidr| cidr.to_string());
        let words: Vec<_> = named.chain(unnamed).chain(rest.others().map(ToString::to_string)).collect();
        if words.is_empty() { "nobody".to_owned() } else { words.join(", ") }
    }
}

/// Of several names one will do.
fn first(names: &str) -> &str {
    names.split(", ").next().unwrap_or(names)
}
