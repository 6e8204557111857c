//! Files that change while they are read are not uploaded.

use std::fs;

use super::*;
use crate::failure::Class;

#[test]
fn a_file_that_changes_while_it_is_read_fails() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file");
    fs::write(&path, "12345").unwrap();
    let stamp = Stamp::now(&path).unwrap();
    assert_eq!(read(&path, stamp, 1, 3).unwrap(), "234");
    let class = |failed: Result<Bytes, Failure>| failed.unwrap_err().class;
    fs::write(&path, "123456").unwrap();
    assert_eq!(class(read(&path, stamp, 0, 5)), Class::Changed);
    fs::write(&path, "123").unwrap();
    assert_eq!(class(read(&path, stamp, 0, 5)), Class::Changed);
    fs::remove_file(&path).unwrap();
    assert_eq!(class(read(&path, stamp, 0, 5)), Class::Gone);
    assert!(open(&root.path().join("nothing")).is_err_and(|failure| failure.class == Class::Gone));
    assert_eq!(class(read(root.path(), stamp, 0, 5)), Class::Local);
}

#[tokio::test]
async fn the_budget_holds_and_one_part_always_fits() {
    let budget = Budget::new(0);
    let all = budget.room(PART).await;
    assert!(all.is_some());
    assert_eq!(budget.memory.available_permits(), 0);
    drop(all);
    let _more_than_all = budget.room(PART * 3).await;
    assert_eq!(budget.memory.available_permits(), 0);
}
