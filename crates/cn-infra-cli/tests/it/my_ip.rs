//! The operator's own address, where a plan closes port 22 to somebody.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::checkout::Checkout;
use crate::stand_in::StandIn;
use crate::terminal::at_terminal;

const BEFORE: &str = r#"ssh   = { port = 22,  from = ["developers"] }"#;
const AFTER: &str = r#"ssh   = { port = 22,  from = ["198.51.100.7/32"] }"#;
const SERVICE: &str = "CN_INFRA_MY_IP_URL";

/// A service that tells everybody the same address; and how often it was asked.
fn service(address: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/?key=hunter2", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            counter.fetch_add(1, Ordering::Relaxed);
            let length = address.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(format!("{head}{address}").as_bytes());
        }
    });
    (url, asked)
}

/// A group is there, and the file narrows who reaches its port 22.
fn narrowed(sandbox: &StandIn, url: &str) -> Checkout {
    let checkout = Checkout::at(sandbox.endpoint()).with(SERVICE, url);
    checkout.expect(0, "apply staging --yes --only security_group.web");
    checkout.edit("environments/staging.toml", BEFORE, AFTER);
    checkout
}

const PLAN: &str = "plan staging --only security_group.web";

#[test]
fn a_service_is_asked_only_where_it_matters() {
    let sandbox = StandIn::sandbox();
    let (url, asked) = service("203.0.113.3\n");
    let checkout = narrowed(&sandbox, &url);
    assert_eq!(asked.load(Ordering::Relaxed), 0, "nothing was closed");
    let run = checkout.run(PLAN);
    assert_eq!(run.code, Some(4), "{run}");
    assert!(run.stdout.contains("port 22 would be closed to 203.0.113.3, your own address"), "{run}");
    assert!(run.stderr.contains("your own address is 203.0.113.3, by CN_INFRA_MY_IP_URL"), "{run}");
    assert!(!run.to_string().contains("hunter2"), "{run}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // What the operator says is not asked for.
    checkout.expect(0, &format!("{PLAN} --my-ip 198.51.100.7"));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_service_that_fails_leaves_the_address_unknown() {
    let sandbox = StandIn::sandbox();
    let (url, _) = service("<html>");
    let run = narrowed(&sandbox, &url).run(PLAN);
    assert_eq!(run.code, Some(0), "{run}");
    assert!(run.stdout.contains("CN106"), "{run}");
    let said = "warning: CN_INFRA_MY_IP_URL does not tell your own address: its answer is not an IP address alone";
    assert!(run.stderr.contains(said) && !run.to_string().contains("hunter2"), "{run}");
}

#[test]
fn an_unknown_address_is_asked_about_at_a_terminal_and_only_there() {
    let sandbox = StandIn::sandbox();
    let checkout = narrowed(&sandbox, "");
    let apply = "apply staging --yes --only security_group.web";
    let (code, screen) = at_terminal(&checkout, 120, "no\n", apply);
    assert_eq!(code, Some(1), "{screen}");
    assert!(screen.contains("You may be among those that port 22 is closed to [CN106]. Apply this step"), "{screen}");
    // A saved plan has the finding, too.
    checkout.expect(0, PLAN);
    let (code, screen) = at_terminal(&checkout, 120, "no\n", "apply --yes");
    assert_eq!((code, screen.contains("[CN106]. Apply this step")), (Some(1), true), "{screen}");
    checkout.expect(0, apply);
}
