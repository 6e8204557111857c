//! "did you mean …?"

/// How many candidates are still worth listing.
const FEW: usize = 24;

/// The candidate that a misspelt name most likely means.
pub(super) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let length = name.chars().count();
    let allowed = (length / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= allowed)
        .map(|candidate| (strsim::osa_distance(&name.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
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
}
