//! "did you mean …?"

/// How many candidates are still worth listing.
const FEW: usize = 24;
/// Shorter words stand in too many names: `id`, `key`.
const SHORTEST: usize = 4;

/// The candidate that a misspelt name most likely means.
pub(super) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let candidates: Vec<_> = candidates.into_iter().collect();
    let longest = |found: &mut dyn Iterator<Item = &&'c str>| found.max_by_key(|found| found.len()).copied();
    // Other tools have a word more or less: `aws_instance`, `instance_type`, `username`, `size`.
    longest(&mut candidates.iter().filter(|candidate| ends_with_words(name, candidate)))
        .or_else(|| misspelt(name, &candidates))
        .or_else(|| longest(&mut candidates.iter().filter(|candidate| begins_with_words(name, candidate))))
        .or_else(|| only(candidates.iter().filter(|candidate| has_words(candidate, name))))
}

fn misspelt<'c>(name: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let length = name.chars().count();
    let allowed = (length / 3).max(1);
    candidates
        .iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed)
        .map(|candidate| (strsim::osa_distance(&name.to_lowercase(), &candidate.to_lowercase()), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Whether one text is the other with words before it.
fn ends_with_words(long: &str, short: &str) -> bool {
    short.len() >= SHORTEST && long.strip_suffix(short).is_some_and(|start| start.ends_with('_'))
}

/// Whether one text is the other with words after it.
fn begins_with_words(long: &str, short: &str) -> bool {
    short.len() >= SHORTEST && long.strip_prefix(short).is_some_and(|rest| rest.starts_with('_'))
}

fn has_words(long: &str, short: &str) -> bool {
    ends_with_words(long, short) || begins_with_words(long, short)
}

fn only<'a, 'c>(mut found: impl Iterator<Item = &'a &'c str>) -> Option<&'c str>
where
    'c: 'a,
{
    let first = found.next()?;
    found.next().is_none().then_some(*first)
}

/// The hint for a misspelt name: the candidate that it most likely means, or all if they are few.
pub(super) fn did_you_mean<'c>(
    name: &str,
    what: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    let all: Vec<_> = candidates.into_iter().collect();
    if let Some(near) = nearest(name, all.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    (1..=FEW).contains(&all.len()).then(|| format!("{what} {}", list(all)))
}

/// `a`, `b`, `c`
pub(super) fn list<'c>(names: impl IntoIterator<Item = &'c str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_typos_and_nothing_else() {
        let fields = ["engine", "engine_version", "port"];
        assert_eq!(nearest("engine_versoin", fields), Some("engine_version"));
        assert_eq!(nearest("Port", fields), Some("port"));
        assert_eq!(nearest("colour", fields), None);
    }

    #[test]
    fn finds_what_other_tools_call_with_a_word_more_or_less() {
        let kinds = ["db_instance", "instance", "security_group"];
        assert_eq!(nearest("aws_db_instance", kinds), Some("db_instance"));
        assert_eq!(nearest("aws_instance", kinds), Some("instance"));
        let fields = ["class", "master_username", "backup_window", "backup_retention_days"];
        assert_eq!(nearest("instance_class", fields), Some("class"));
        assert_eq!(nearest("username", fields), Some("master_username"));
        assert_eq!(nearest("backup", fields), None, "two begin so");
        assert_eq!(nearest("ass", fields), None, "no word of its own");
    }
}
