//! Elastic IPs that move from one server to another.

use std::io::{Read, Write};
use std::net::TcpListener;

use insta::assert_snapshot;

use crate::checkout::Checkout;
use crate::mask::mask;
use crate::stand_in::{StandIn, scenarios};
use crate::terminal::at_terminal;

scenarios!(
    an_address_is_lent_and_taken_back,
    two_environments_exchange_their_addresses,
    a_server_that_is_not_there_is_made_first
);

/// Which server each address is at.
const WHERE: &str = "
names = {i['InstanceId']: next(t['Value'] for t in i['Tags'] if t['Key'] == 'Name') for r in ec2.describe_instances()['Reservations'] for i in r['Instances']}
for a in sorted(ec2.describe_addresses()['Addresses'], key=lambda a: str(a['Tags'])):
    print(next(t['Value'] for t in a['Tags'] if t['Key'] == 'Name'), '→', names.get(a.get('InstanceId'), 'nothing'))";

const FILE: &str = "environments/production.toml";

fn both(stand_in: &StandIn) -> Checkout {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.expect(0, "apply staging --yes");
    checkout.expect(0, "apply production --yes");
    checkout
}

fn an_address_is_lent_and_taken_back(stand_in: &StandIn) {
    let checkout = both(stand_in);
    let before = checkout.read(FILE);
    assert_snapshot!(mask(&checkout.expect(0, "ip move production/site staging/web --dry-run")), @r#"
      ~ environments/production.toml
              [elastic_ip.site]                 # coralnet.ucsd.edu points here
            - instance = "instance.web"
            + instance = "staging/instance.web"
              protect  = true

    production · coralnet · account 123456789012 · us-west-2

      ~ elastic_ip.site/association   in place, instance.web loses this address and has none then
          instance   instance.web → staging/instance.web

      warning[CN211] elastic_ip.site: it takes the place of staging/elastic_ip.site at staging/instance.web, and staging/elastic_ip.site then points at nothing
          hint: a server has one elastic IP: point the other one elsewhere, or at "none"
      warning[CN210] instance.web: the server has no public address, and no rule lets its own network in: nobody reaches it
          hint: point an elastic IP at it, or let in a group or a private network by which it is reached

    Plan: 0 to create, 1 to update, 0 to delete.
    "#);
    let (code, screen) = at_terminal(&checkout, 100, "no\n", "ip move production/site staging/web");
    assert_eq!(code, Some(1), "{screen}");
    assert_eq!(checkout.read(FILE), before, "declined: its bytes are what they were");

    checkout.expect(0, "ip move production/site staging/web --yes");
    assert_snapshot!(stand_in.boto3(WHERE), @"
    coralnet-production-site → coralnet-staging-web
    coralnet-staging-site → nothing
    ");
    checkout.expect(0, "ip move production/site production/web --yes");
    assert_eq!(checkout.read(FILE), before, "and back, byte for byte");
    let run = checkout.run("ip move production/site production/web --yes");
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stdout.contains("nothing to do"), "{run}");
}

fn two_environments_exchange_their_addresses(stand_in: &StandIn) {
    let checkout = both(stand_in);
    let run = checkout.run("ip swap production/site staging/site --yes");
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stdout.contains("instance.web gets staging/elastic_ip.site in its place"), "{run}");
    assert!(!run.stderr.contains("CN211"), "each goes where the other was: {run}");
    assert_snapshot!(stand_in.boto3(WHERE), @"
    coralnet-production-site → coralnet-staging-web
    coralnet-staging-site → coralnet-production-web
    ");
    // Staging's address was displaced meanwhile, and each environment matches its file again.
    for environment in ["production", "staging"] {
        let plan = checkout.expect(0, &format!("plan {environment} --detailed-exitcode"));
        assert!(plan.contains("nothing to do"), "{plan}");
    }
}

fn a_server_that_is_not_there_is_made_first(stand_in: &StandIn) {
    let checkout = Checkout::at(stand_in.endpoint());
    checkout.expect(0, "apply production --yes --only elastic_ip.site");
    let run = checkout.run("ip move production/site staging/web --yes");
    assert_eq!(run.code, Some(0), "{run}");
    let place = |step: &str| run.stdout.find(step).unwrap_or_else(|| panic!("{step}: {run}"));
    assert!(place("+ staging/instance.web") < place("~ elastic_ip.site/association"), "{run}");
    assert_eq!(stand_in.boto3(WHERE), "coralnet-production-site → coralnet-staging-web");
}

#[test]
fn what_names_no_address_or_server_is_said() {
    let checkout = Checkout::new();
    for (arguments, said) in [
        ("ip move site staging/web --yes", "\"site\" names no environment"),
        ("ip move production/sites staging/web --yes", "did you mean elastic_ip.site?"),
        ("ip move production/site staging/bucket.media --yes", "staging/bucket.media is no instance"),
        ("ip move production/site staging/web", "there is no terminal to ask at"),
    ] {
        let run = checkout.run(arguments);
        assert_eq!(run.code, Some(64), "{run}");
        assert!(run.stderr.contains(said), "{arguments}: {run}");
    }
}

/// Moto's addresses are those of loopback, so that something can answer at them.
#[test]
fn how_long_an_address_was_dark_is_measured() {
    let moto = StandIn::moto();
    let checkout = both(&moto);
    let address = moto.boto3("
print(next(a['PublicIp'] for a in ec2.describe_addresses()['Addresses'] if {'Key': 'Name', 'Value': 'coralnet-production-site'} in a['Tags']))");
    let port = served(&address, Vec::new());
    let run = checkout
        .run(&format!("ip move production/site staging/web --yes --probe http://coralnet.ucsd.edu:{port}/login"));
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stderr.contains(&format!("{address} was never dark: every one of ")), "{run}");

    // The server hangs up on the second and the third who ask.
    let port = served(&address, vec![2, 3]);
    let run = checkout.run(&format!("ip move production/site production/web --yes --probe http://site:{port}/"));
    assert_eq!(run.code, Some(0), "{run}");
    let dark = run.stderr.lines().find(|line| line.starts_with(&format!("{address} was dark for "))).unwrap();
    let (answered, asked) = dark.split_once('(').unwrap().1.split_once(" of ").unwrap();
    let asked = asked.split_once(' ').unwrap().0.parse::<u32>().unwrap();
    assert_eq!(answered.parse::<u32>().unwrap() + 2, asked, "{run}");

    let unheard = TcpListener::bind((address.as_str(), 0)).unwrap().local_addr().unwrap().port();
    let run = checkout.run(&format!("ip move production/site staging/web --yes --probe tcp:{unheard}"));
    assert_eq!(run.code, Some(0), "{run}");
    let first = run.stderr.find(&format!("{address} does not answer tcp:{unheard} before it moves\n"));
    let last = run.stderr.find(&format!("{address} answered tcp:{unheard} neither before the move nor after it ("));
    assert!(first.unwrap() < last.unwrap(), "{run}");
    let run = checkout.run("ip move production/site production/web --yes --probe https://coralnet.ucsd.edu");
    assert_eq!(run.code, Some(64), "{run}");
    assert!(run.stderr.contains("is neither tcp:PORT nor http://HOST[:PORT]/PATH"), "{run}");
}

/// A server of pages, which hangs up on some of those who ask; the first is 1.
fn served(address: &str, hangs_up_on: Vec<usize>) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for (client, number) in listener.incoming().map_while(Result::ok).zip(1..) {
            let mut client = client;
            let _ = client.read(&mut [0; 512]);
            if !hangs_up_on.contains(&number) {
                client.write_all(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n").ok();
            }
        }
    });
    port
}
