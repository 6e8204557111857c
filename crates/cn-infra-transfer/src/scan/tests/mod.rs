//! Listings are merged: any two, however their ranges are cut.

mod spread;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join;
use futures_util::stream;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use tokio::sync::mpsc::channel;

use super::*;
use crate::list::Listing;
use crate::stand_in::Account;

/// Tells everything.
struct Everything;

impl Judge for Everything {
    type Verdict = ();

    fn judge(&self, _: usize, _: Option<Entry<'_>>, _: Option<Entry<'_>>) -> Option<()> {
        Some(())
    }
}

/// Which sides each key was found on, and how often a key was found twice.
type Merged = (BTreeMap<String, (bool, bool)>, usize);

async fn merged(account: &Account, task: Task, parallel: usize) -> Merged {
    let (out, mut found) = channel(10);
    let scanning = async {
        let out = out;
        scan(&account.pace, parallel, stream::iter([Ok(task)]), &Everything, &out).await.unwrap();
    };
    let receiving = async {
        let (mut keys, mut twice) = (BTreeMap::new(), 0);
        while let Some(Found { left, right, .. }) = found.recv().await {
            let key = |item: &Option<Item>| item.as_ref().map(|item| item.key.to_string());
            let (left, right) = (key(&left), key(&right));
            let sides = (left.is_some(), right.is_some());
            twice += usize::from(keys.insert(left.or(right).unwrap(), sides).is_some());
        }
        (keys, twice)
    };
    join(scanning, receiving).await.1
}

fn put(account: &Account, bucket: &str, prefix: &str, keys: &BTreeSet<String>) -> Listing {
    let place = account.bucket(bucket);
    for key in keys.iter().map(|key| format!("{prefix}{key}")).filter(|key| !key.is_empty()) {
        account.call(Method::PUT, &format!("/{bucket}/{}", utf8_percent_encode(&key, NON_ALPHANUMERIC)), &[], "");
    }
    Listing::new(place, prefix)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_two_buckets_are_merged_however_they_are_cut(
        left in prop::collection::btree_set("[a-c]{0,2}[0-9]{0,2}[/ +%ä\u{1}~]{0,1}[a-z]{0,1}", 0..40),
        right in prop::collection::btree_set("[a-c]{0,2}[0-9]{0,2}[/ +%ä\u{1}~]{0,1}[a-z]{0,1}", 0..40),
        (left_page, right_page, parallel) in (1..9, 1..9, 1..12_usize),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let account = Account::new();
            let from = put(&account, "left", "", &left).in_pages_of(left_page);
            let to = put(&account, "right", "p/", &right).in_pages_of(right_page);
            let (keys, twice) = merged(&account, Task::of_buckets(0, from, to), parallel).await;
            let left: BTreeSet<_> = left.into_iter().filter(|key| !key.is_empty()).collect();
            let all = left.union(&right).cloned();
            let sides = |key: String| (key.clone(), (left.contains(&key), right.contains(&key)));
            let expected: BTreeMap<_, _> = all.map(sides).collect();
            prop_assert_eq!((keys, twice), (expected, 0));
            Ok(())
        })?;
    }
}
