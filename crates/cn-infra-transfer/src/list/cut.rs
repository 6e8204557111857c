//! Where to cut a range of keys of which only the beginning is known.
//!
//! Any cut is right: each key is listed once. A good one leaves keys on both sides. S3 lists only forwards, so what is
//! beyond the last page is guessed from the keys so far: at each character of what the page's keys have in common,
//! halfway from the last key's character to the greatest of its class. That halves both a space of random keys, at the
//! first character, and one of numbers with a long common beginning, at one of the last. A cut beyond the last key
//! costs one request that finds nothing, and leaves a smaller range to guess in.

/// Keys to cut at, in ascending order, each after `last` and before `until` (`None`: there is no end). `first` and
/// `last` are the first and the last key of the latest page.
pub fn cuts(first: &str, last: &str, until: Option<&str>) -> Vec<String> {
    let top = until.map_or(0, |until| common(last, until));
    let low = top.max(common(first, last));
    let fits = |cut: &String| cut.as_str() > last && until.is_none_or(|until| cut.as_str() < until);
    let mut cuts: Vec<_> = levels(last, top)
        .take_while(|(level, _)| *level <= low)
        .flat_map(|(level, here)| {
            let bound = until.filter(|_| level == top).and_then(|until| until[level..].chars().next());
            let beyond = [level == top, level == low].contains(&true).then(|| at(last, level, beyond_class(here)));
            [middle(last, level, here, bound), beyond.flatten()].into_iter().flatten().filter(fits)
        })
        .collect();
    if cuts.is_empty() {
        cuts.extend(levels(last, low).find_map(|(level, here)| {
            [middle(last, level, here, None), at(last, level, beyond_class(here))].into_iter().flatten().find(fits)
        }));
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// The characters of a key from a place on, with their places.
fn levels(key: &str, from: usize) -> impl Iterator<Item = (usize, char)> {
    key[from..].char_indices().map(move |(place, char)| (from + place, char))
}

/// The length of the common beginning, in whole characters.
fn common(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

/// What `key` has before a place, and then another character.
fn at(key: &str, level: usize, char: u32) -> Option<String> {
    char::from_u32(char).map(|char| format!("{}{char}", &key[..level]))
}

/// Halfway from the character there to the end of its class, or to a bound before that.
fn middle(key: &str, level: usize, here: char, bound: Option<char>) -> Option<String> {
    let end = bound.map_or(u32::MAX, u32::from).min(beyond_class(here));
    let middle = u32::midpoint(u32::from(here), end.max(u32::from(here)));
    (middle > u32::from(here)).then(|| at(key, level, middle)).flatten()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_where_its_keys_can_be() {
        for (first, last, until, expected) in [
            // At each character of the common beginning, and beyond the digits.
            ("im_01", "im_10", None, vec!["im_5", "im_:", "imo", "it", "r", "{"]),
            // Once nothing is beyond the beginning, only within it.
            ("im_11", "im_20", Some("im_5"), vec!["im_3"]),
            ("im_11", "im_20", Some("im_3"), vec!["im_25"]),
            ("im_01", "im_09", Some("im_1"), vec!["im_0:"]),
            ("a", "b", Some("c"), vec![]),
            ("a", "bcd", Some("c"), vec!["bo"]),
            ("ä", "ö", None, vec!["û", "Ā"]),
        ] {
            assert_eq!(cuts(first, last, until), expected, "{first} {last} {until:?}");
        }
    }
}
