//! A sync that is killed again and again: the next run goes on where it was.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use crate::checkout::Checkout;
use crate::gate::{Gate, Verdict};
use crate::stand_in::StandIn;

const OBJECTS: usize = 400;
const KILLS: usize = 20;
const IN_FLIGHT: usize = 8;

const FILL: &str = "
from concurrent.futures import ThreadPoolExecutor
for name in ('old-site', 'new-site'):
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={'LocationConstraint': 'us-west-2'})
def put(number):
    s3.put_object(Bucket='old-site', Key=f'images/{number % 7}/{number:04} ä.jpg', Body=b'%d' % number * (number % 50 + 1))
list(ThreadPoolExecutor(8).map(put, range(400)))";

/// Every key with its content: of both buckets, as another client reads them.
const SAME: &str = "
from concurrent.futures import ThreadPoolExecutor
def content(bucket):
    keys = [o['Key'] for page in s3.get_paginator('list_objects_v2').paginate(Bucket=bucket) for o in page.get('Contents', [])]
    read = lambda key: s3.get_object(Bucket=bucket, Key=key)['Body'].read()
    return dict(zip(keys, ThreadPoolExecutor(8).map(read, keys)))
old, new = content('old-site'), content('new-site')
print(len(old), old == new)";

/// The copies that were asked for, and at which of them the command is killed.
#[derive(Default)]
struct Copies {
    keys: Vec<String>,
    kill_at: usize,
}

#[test]
fn killed_twenty_times_it_sends_nothing_twice_but_what_was_in_flight() {
    let sandbox = StandIn::sandbox();
    sandbox.boto3(FILL);
    let copies = Arc::new(Mutex::new(Copies::default()));
    let (reached, kill) = channel();
    let (reached, seen) = (Mutex::new(reached), Arc::clone(&copies));
    let gate = Gate::before(Some(&sandbox.endpoint()), move |request| {
        if request.header("x-amz-copy-source").is_some() {
            let mut copies = seen.lock().unwrap();
            copies.keys.push(request.header("x-amz-copy-source").unwrap_or_default().to_owned());
            if copies.keys.len() == copies.kill_at {
                reached.lock().unwrap().send(()).ok();
            }
        }
        Verdict::Forward
    });
    let checkout = Checkout::at(gate.endpoint());
    let sync = format!("bucket sync s3://old-site s3://new-site --in-flight {IN_FLIGHT}");
    let mut begins = Vec::new();
    for round in 0..KILLS {
        // Some are killed at the first copy, some in the middle of many.
        let mut run = {
            let mut copies = copies.lock().unwrap();
            begins.push(copies.keys.len());
            copies.kill_at = copies.keys.len() + 1 + round * 7 % 29;
            checkout.command(&sync).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        kill.recv().unwrap();
        run.kill().unwrap();
        assert_eq!(run.wait().unwrap().code(), None, "it was killed, and did not end");
    }
    begins.push(copies.lock().unwrap().keys.len());
    copies.lock().unwrap().kill_at = 0;
    checkout.expect(0, &sync);
    assert_eq!(sandbox.boto3(SAME), format!("{OBJECTS} True"));

    let asked = copies.lock().unwrap().keys.clone();
    let all: BTreeSet<_> = asked.iter().collect();
    assert_eq!(all.len(), OBJECTS);
    // Of what a run asked for, later ones ask again for no more than was in flight when it was killed.
    for (begin, end) in begins.iter().zip(begins.iter().skip(1)) {
        let again = asked[*begin..*end].iter().filter(|key| asked[*end..].contains(key)).count();
        assert!(again <= IN_FLIGHT, "{again} of {} were asked for again", end - begin);
    }
    checkout.expect(0, &sync);
    assert_eq!(copies.lock().unwrap().keys.len(), asked.len(), "what is there needs nothing");
}
