//! Edits of environment files: nothing but the wanted line changes.

use cn_infra_core::address::Address;
use cn_infra_core::environment::edit::set_adopt;

/// A file in which `instance.web` is adopted.
///
/// # Panics
/// Where anything else changes.
pub fn edit(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (address, id) = (Address::new("instance", "web"), "i-0123456789abcdef0".into());
    let Ok(edited) = set_adopt(&text, &address, &id) else { return };
    let table =
        |text: &str| text.trim_start_matches('\u{feff}').parse::<toml::Table>().expect("a file that was edited");
    let (mut before, mut after) = (table(&text), table(&edited));
    let adopted = take_adopt(&mut after).expect("it is there");
    assert_eq!(adopted.as_str(), Some("i-0123456789abcdef0"));
    if take_adopt(&mut before).is_none() {
        assert!(is_insertion(&text, &edited), "not only the line of `adopt` changed");
    }
    assert_eq!(before, after, "another value changed");
    assert_eq!(set_adopt(&edited, &address, &id).as_ref(), Ok(&edited), "the second time it is there already");
}

fn take_adopt(table: &mut toml::Table) -> Option<toml::Value> {
    table.get_mut("instance")?.get_mut("web")?.as_table_mut()?.remove("adopt")
}

/// Whether a text is another with something put in at one place.
fn is_insertion(before: &str, after: &str) -> bool {
    let alike = |(one, other): &(u8, u8)| one == other;
    let from_start = before.bytes().zip(after.bytes()).take_while(alike).count();
    let from_end = before.bytes().rev().zip(after.bytes().rev()).take_while(alike).count();
    from_start + from_end >= before.len()
}
