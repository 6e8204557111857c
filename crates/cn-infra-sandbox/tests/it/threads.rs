//! Many clients of a served sandbox at once: nothing is lost, nothing is done twice.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use cn_infra_sandbox::xml::Element;
use cn_infra_sandbox::{Sandbox, serve};

use crate::front_door::options;

const CLIENTS: usize = 8;

/// One request of the query protocol on a connection of its own: the answer's status and document.
fn query(address: SocketAddr, service: &str, form: &str) -> (u16, Element) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=AKID/20261130/us-west-2/{service}/aws4_request\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head[9..12].parse().expect("a status"), Element::parse(body.as_bytes()).expect("a document"))
}

/// What all clients at once are told of the same requests: for each, how often each status came.
fn told(address: SocketAddr, service: &str, forms: &[String]) -> Vec<BTreeMap<u16, usize>> {
    let ask = || forms.iter().map(|form| query(address, service, form).0).collect::<Vec<_>>();
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(ask)).collect();
        clients.into_iter().map(|client| client.join().expect("no panic")).collect()
    });
    let mut told = vec![BTreeMap::new(); forms.len()];
    for statuses in statuses {
        for (n, status) in statuses.into_iter().enumerate() {
            *told[n].entry(status).or_default() += 1;
        }
    }
    told
}

#[test]
fn of_all_who_make_the_same_one_does() {
    let server = serve(Sandbox::new(options()), 0).expect("a free port");
    let forms: Vec<_> =
        (0..40).map(|n| format!("Action=CreateSecurityGroup&GroupName=g{n}&GroupDescription=of+a+test")).collect();
    for told in told(server.address(), "ec2", &forms) {
        assert_eq!(told, BTreeMap::from([(200, 1), (400, CLIENTS - 1)]));
    }
    let (_, groups) = query(server.address(), "ec2", "Action=DescribeSecurityGroups");
    assert_eq!(groups.child("securityGroupInfo").expect("groups").all("item").count(), 40 + 1);
}

#[test]
fn all_that_all_make_is_there_and_no_quota_is_exceeded() {
    let sandbox = Sandbox::new(options());
    let server = serve(sandbox.clone(), 0).expect("a free port");
    let told = told(server.address(), "ec2", &vec!["Action=AllocateAddress".to_owned(); 5]);
    let made: usize = told.iter().filter_map(|told| told.get(&200)).sum();
    let (_, addresses) = query(server.address(), "ec2", "Action=DescribeAddresses");
    let ids: std::collections::BTreeSet<_> = addresses
        .child("addressesSet")
        .expect("addresses")
        .all("item")
        .filter_map(|item| item.get("allocationId"))
        .collect();
    assert_eq!((made, ids.len()), (5, 5));
    assert_eq!(sandbox.calls().len(), CLIENTS * 5 + 1);
    assert!(sandbox.calls().iter().map(|call| call.n).eq(1..=(CLIENTS * 5 + 1) as u64));
}
