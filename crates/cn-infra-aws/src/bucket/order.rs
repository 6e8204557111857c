//! Lists whose order means nothing: the live one is put in the order of the file's, so that only members differ.

/// Sorts `live` by the position that each member's key has in `desired`; those that are not there go last, as they were.
pub(super) fn in_order_of<T, K: PartialEq>(live: &mut [T], desired: &[T], key: impl Fn(&T) -> &K) {
    live.sort_by_cached_key(|member| {
        desired.iter().position(|wanted| key(wanted) == key(member)).unwrap_or(desired.len())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_members_that_the_file_does_not_have() {
        let mut live = [5, 1, 4, 2];
        in_order_of(&mut live, &[2, 3, 1], |member| member);
        assert_eq!(live, [2, 1, 5, 4]);
    }
}
