//! Where to cut a range of keys of which only the beginning is known.
//!
//! Any cut is right: each key is listed once. A good one leaves keys on both sides. S3 lists only forwards, so what is
//! beyond the last page is guessed from the keys so far: halfway to the end of the range at the first character where
//! there is room; and beyond all that begins as the keys of the page do, which settles at once whether a long common
//! beginning is that of all keys. A cut beyond the last key costs one request that finds nothing, and leaves a smaller
//! range to guess in.

/// Keys to cut at, in ascending order, each after `last` and before `until` (`None`: there is no end). `first` and `last`
/// are the first and the last key of the latest page.
pub fn cuts(first: &str, last: &str, until: Option<&str>) -> Vec<String> {
    let own = common(first, last);
    let top = until.map_or(0, |until| common(last, until));
    let mut cuts = Vec::with_capacity(6);
    at_level(last, top, &mut cuts);
    if own > top {
        at_level(last, own, &mut cuts);
        cuts.extend(beyond_beginning(&last[..own]));
    }
    cuts.retain(|cut| cut.as_str() > last && until.is_none_or(|until| cut.as_str() < until));
    if cuts.is_empty() {
        cuts.extend(deeper(last, until, own.max(top)));
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// The length of the common beginning, in whole characters.
fn common(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

/// The first text after all that begin so.
fn beyond_beginning(begin: &str) -> Option<String> {
    let last = begin.chars().next_back()?;
    let next = char::from_u32(u32::from(last) + 1)?;
    Some(format!("{}{next}", &begin[..begin.len() - last.len_utf8()]))
}

/// Halfway between the character there and the last one of its class, and just beyond its class.
fn at_level(last: &str, level: usize, cuts: &mut Vec<String>) {
    let Some(here) = last[level..].chars().next() else { return };
    let begin = &last[..level];
    let beyond = beyond_class(here);
    let middle = char::from_u32(u32::midpoint(u32::from(here), beyond)).filter(|middle| *middle > here);
    let ends = middle.into_iter().chain(char::from_u32(beyond));
    cuts.extend(ends.map(|end| format!("{begin}{end}")));
}

/// The character after the class of one: digits, capital and small letters, the rest of ASCII, 64 of the others.
fn beyond_class(char: char) -> u32 {
    let last = match char {
        '0'..='9' => '9',
        'A'..='Z' => 'Z',
        'a'..='z' => 'z',
        '\0'..='\x7e' => '~',
        _ => return (u32::from(char) | 0x3f) + 1,
    };
    u32::from(last) + 1
}

/// The first cut there is below a level: for a range whose ends differ only in their last characters.
fn deeper(last: &str, until: Option<&str>, level: usize) -> Option<String> {
    let mut tried = Vec::new();
    last[level..].char_indices().find_map(|(at, _)| {
        at_level(last, level + at, &mut tried);
        tried.drain(..).find(|cut| cut.as_str() > last && until.is_none_or(|until| cut.as_str() < until))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_where_its_keys_can_be() {
        for (first, last, until, expected) in [
            // Digits: halfway, beyond the digits, and beyond the common beginning.
            ("img_0001", "img_1000", None, vec!["img_5", "img_:", "img`", "r", "{"]),
            // Once nothing is beyond the beginning, only within it.
            ("img_1001", "img_2000", Some("img`"), vec!["img_6", "img_:"]),
            ("img_0001", "img_0999", Some("img_1"), vec!["img_0:"]),
            ("a", "b", Some("c"), vec![]),
            ("a", "bcd", Some("c"), vec!["bo"]),
            ("ä", "ö", None, vec!["û", "Ā"]),
        ] {
            assert_eq!(cuts(first, last, until), expected, "{first} {last} {until:?}");
        }
    }
}
