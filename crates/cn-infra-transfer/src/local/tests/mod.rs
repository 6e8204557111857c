//! Directories are walked in the order of keys; what is odd is told.

use std::fs;

use super::*;

fn options(follow_links: bool) -> WalkOptions {
    WalkOptions { follow_links, longest: 20 }
}

/// The keys in order, and the paths of what is odd with whether they hide something.
async fn walked(root: &Path, follow_links: bool) -> (Vec<String>, Vec<(String, bool)>) {
    let (mut keys, mut odd) = (Vec::new(), Vec::new());
    let mut pages = walk(root, options(follow_links)).unwrap();
    while let Some(files) = pages.recv().await {
        keys.extend(files.page.iter().map(|entry| entry.key.to_owned()));
        let told = |odd: Odd| (odd.path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), odd.hides);
        odd.extend(files.odd.into_iter().map(told));
    }
    odd.sort();
    (keys, odd)
}

#[tokio::test]
async fn files_come_in_the_order_of_their_keys() {
    let root = tempfile::tempdir().unwrap();
    for directory in ["a", "a/b", "ab", "empty", "z z"] {
        fs::create_dir(root.path().join(directory)).unwrap();
    }
    let expected = ["a-b", "a/b/c", "a/b0", "a/é", "ab/x", "ab0", "z z/+%", "é"];
    for file in expected {
        fs::write(root.path().join(file), file).unwrap();
    }
    let (keys, odd) = walked(root.path(), false).await;
    assert_eq!(keys, expected);
    assert!(keys.is_sorted() && odd.is_empty());
}

#[tokio::test]
async fn many_files_are_told_in_pages() {
    let root = tempfile::tempdir().unwrap();
    for n in 0..2_500 {
        fs::write(root.path().join(format!("{n:04}")), "").unwrap();
    }
    let (keys, _) = walked(root.path(), false).await;
    assert_eq!(keys, (0..2_500).map(|n| format!("{n:04}")).collect::<Vec<_>>());
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_object_is_told() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    fs::create_dir(path("d")).unwrap();
    for file in ["d/file", "long-name-of-21-bytes"] {
        fs::write(path(file), "").unwrap();
    }
    fs::write(root.path().join(OsStr::from_bytes(b"\xff")), "").unwrap();
    symlink("d/file", path("link")).unwrap();
    symlink("nowhere", path("lost")).unwrap();
    symlink("..", path("d/up")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
    let odd = |all: &[(&str, bool)]| all.iter().map(|(path, hides)| ((*path).to_owned(), *hides)).collect::<Vec<_>>();

    let (keys, left_out) = walked(root.path(), false).await;
    assert_eq!(keys, ["d/file"]);
    let links = [("d/up", false), ("link", false)];
    let always = [("long-name-of-21-bytes", false), ("lost", false), ("socket", false), ("\u{fffd}", false)];
    assert_eq!(left_out, odd(&[&links[..], &always[..]].concat()));

    let (keys, left_out) = walked(root.path(), true).await;
    assert_eq!(keys, ["d/file", "link"]);
    let always =
        [("d/up", false), ("long-name-of-21-bytes", false), ("lost", true), ("socket", false), ("\u{fffd}", false)];
    assert_eq!(left_out, odd(&always));
}

#[test]
fn no_directory_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("file"), "").unwrap();
    for name in ["file", "nothing"] {
        let error = walk(&root.path().join(name), options(false)).unwrap_err();
        assert!(error.message.contains(name) && error.message.contains("cannot be read"), "{error}");
    }
}
