//! Whatever two buckets have: after a sync the destination has what it is to have, and only what differed was copied.

use proptest::prelude::*;

use super::*;

fn some_objects() -> impl Strategy<Value = Objects> {
    prop::collection::btree_map("[ab/]{1,3}[ +%é]{0,1}", "[01]{0,2}", 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn the_destination_becomes_the_source(wanted in some_objects(), there in some_objects(), deletes: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let account = Account::new();
            let (from, to) = buckets(&account, "from/", "to/");
            put(&account, "old-site", "from/", &wanted);
            put(&account, "new-site", "to/", &there);
            put(&account, "new-site", "beside/", &there);
            let options = SyncOptions { delete: deletes.then_some(u64::MAX), ..SyncOptions::default() };
            let pages = fastrand::i32(1..9);
            let maps = [map(&from.in_pages_of(pages), &to.clone().in_pages_of(10 - pages))];
            let report = run(&account, &maps, &options).await;
            prop_assert!(report.is_success());

            let mut expected = if deletes { Objects::new() } else { there.clone() };
            expected.extend(wanted.clone());
            prop_assert_eq!(objects(&account, &to).await, expected);
            let beside = Listing::new(to.bucket.clone(), "beside/");
            prop_assert_eq!(objects(&account, &beside).await, there.clone());
            let differ = wanted.iter().filter(|(key, body)| there.get(*key) != Some(body)).count() as u64;
            let extra = there.keys().filter(|key| !wanted.contains_key(*key)).count() as u64;
            prop_assert_eq!((report.counts.copied, report.found["extra"]), (differ, extra));
            prop_assert_eq!(report.counts.deleted, if deletes { extra } else { 0 });
            Ok(())
        })?;
    }
}
