//! How well ranges are cut, for keys as they come: counted in rounds, in each of which every range in work lists a
//! page.

use std::collections::VecDeque;
use std::sync::Arc;

use super::*;
use crate::list::{Cursor, Next, Page};

const PAGE: usize = 100;
const PARALLEL: usize = 32;

fn page(keys: &[String], after: Option<&String>) -> (Page, Next) {
    let start = after.map_or(0, |after| keys.partition_point(|key| key <= after));
    let end = keys.len().min(start + PAGE);
    let mut page = Page::default();
    for key in &keys[start..end] {
        page.push(key, Facts { size: None, modified: None, etag: None, class: None });
    }
    (page, if end == keys.len() { Next::End } else { Next::After(keys[start..end].last().cloned()) })
}

/// Lists keys, and tells how many rounds and requests it took.
fn rounds(keys: &[String]) -> (usize, usize) {
    let all = Task { map: 0, sides: Arc::default(), left: Cursor::after(None), right: Cursor::nothing(), until: None };
    let (mut waiting, mut work) = (VecDeque::from([all]), Vec::new());
    let (mut rounds, mut requests, mut listed) = (0, 0, 0);
    while !waiting.is_empty() || !work.is_empty() {
        while work.len() < PARALLEL
            && let Some(task) = waiting.pop_front()
        {
            work.push(task);
        }
        rounds += 1;
        let mut more = Vec::new();
        let room = PARALLEL.saturating_sub(work.len() + waiting.len());
        let mut left = room;
        for mut task in work {
            if let Some(Next::After(after)) = task.left.wants().cloned() {
                requests += 1;
                let (page, next) = page(keys, after.as_ref());
                task.left.take(page, next, task.until.as_deref());
            }
            while task.left.peek().is_some() {
                task.left.skip();
                listed += 1;
            }
            let off = task.cut(left);
            left -= off.len();
            waiting.extend(off);
            if task.left.wants().is_some() {
                more.push(task);
            }
        }
        work = more;
    }
    assert_eq!(listed, keys.len());
    (rounds, requests)
}

fn keys(number: usize, key: impl Fn(usize) -> String) -> Vec<String> {
    let mut keys: Vec<_> = (0..number).map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// Spreads numbers as a hash does.
fn mixed(n: usize) -> u64 {
    (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[test]
fn keys_of_every_kind_are_listed_in_parallel() {
    // 770 pages: at best 24 rounds of 32, after as many as it takes to have 32 ranges.
    let number = 77_000;
    for (kind, keys) in [
        ("numbers", keys(number, |n| format!("{n:08}"))),
        ("numbers without zeros", keys(number, |n| format!("{n}.jpg"))),
        ("a long beginning", keys(number, |n| format!("data/original/of/the/site/image-{n:08}.jpg"))),
        ("hashes", keys(number, |n| format!("{:016x}", mixed(n)))),
        ("directories", keys(number, |n| format!("media/{}/{:05}.png", mixed(n) % 100, n / 7))),
        ("words", keys(number, |n| format!("{}/{}", ["alpha", "beta", "gamma", "zeta"][n % 4], mixed(n)))),
        ("a few at first", keys(number, |n| if n < 500 { format!("a{n}") } else { format!("z/{:010}", mixed(n)) })),
    ] {
        let (rounds, requests) = rounds(&keys);
        println!("{kind}: {rounds} rounds, {requests} requests");
        assert!(rounds <= 60, "{kind}: {rounds} rounds");
        assert!(requests <= 770 * 3 / 2, "{kind}: {requests} requests");
    }
}
