//! How names are made, and how networks are found again.

use super::{Exporting, free, names};
use crate::address::Address;
use crate::environment::Networks;

#[test]
fn a_name_is_made_of_any_text() {
    for (text, name) in [
        ("web", "web"),
        ("coralnet-serve-1", "coralnet-serve-1"),
        ("My web server (old)", "My-web-server-old"),
        ("10.0.0.1", "x-10-0-0-1"),
        ("-- größe --", "gr-e"),
        ("", "x"),
        ("…", "x"),
    ] {
        assert_eq!(names::from_text(text), name, "{text:?}");
    }
    assert_eq!(names::from_text(&"a".repeat(300)).len(), 60);
}

#[test]
fn a_taken_name_gets_a_number() {
    assert_eq!(free("web", |_| false), "web");
    assert_eq!(free("web", |name| name == "web" || name == "web-2"), "web-3");
}

#[test]
fn the_widest_network_stands_for_its_cidrs() {
    let cidr = |text: &str| text.parse().unwrap();
    let networks = [
        ("ana", vec![cidr("198.51.100.7/32")]),
        ("developers", vec![cidr("198.51.100.7/32"), cidr("203.0.113.0/28")]),
        ("nobody", vec![]),
    ];
    let networks = Networks(networks.map(|(name, cidrs)| (name.to_owned(), cidrs)).into());
    let address = Address::new("server", "web");
    let exporting = Exporting { address: &address, name: None, networks: &networks };
    let in_networks = |cidrs: &[&str]| {
        let (names, rest) = exporting.in_networks(cidrs.iter().map(|text| cidr(text)).collect());
        (names.join(" "), rest.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    let said = |names: &str, rest: &str| (names.to_owned(), rest.to_owned());
    assert_eq!(in_networks(&["198.51.100.7/32", "203.0.113.0/28"]), said("developers", ""));
    assert_eq!(in_networks(&["198.51.100.7/32", "192.0.2.1/32"]), said("ana", "192.0.2.1/32"));
    assert_eq!(in_networks(&["203.0.113.0/28"]), said("", "203.0.113.0/28"));
}
