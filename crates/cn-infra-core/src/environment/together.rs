//! Objects that only one environment can have.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::{Declared, Diagnostic, Diagnostics, Environment};
use crate::kinds::{Kind, Kinds};

/// A resource of an environment.
#[derive(Clone, Copy)]
struct Claimant<'a> {
    environment: &'a Environment,
    declared: &'a Declared,
}

/// What names an object beside its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Claim<'a> {
    /// `adopt`: the object of this id.
    Adopted(&'a str),
    /// A name that only one object can have.
    Named(&'a str),
}

/// Whether two environments of one account and region claim one object: by a name that only one object can have, or by `adopt`
/// of the same text. Of an object that goes by several ids its tags tell whose it is, once it is read.
///
/// What is wrong is told of the later environment, by its name, with both files and lines; empty: no object is claimed twice.
pub fn check_together<'a>(environments: &[&'a Environment], kinds: &Kinds) -> BTreeMap<&'a str, Diagnostics> {
    let mut claimed: HashMap<_, Vec<(Claimant<'_>, &Kind)>> = HashMap::new();
    let mut wrong: BTreeMap<_, Diagnostics> = BTreeMap::new();
    for environment in environments {
        for declared in environment.resources.values() {
            let Some(kind) = kinds.get(&declared.address.kind) else { continue };
            let claimant = Claimant { environment, declared };
            let adopted = declared.adopt.as_ref().map(|id| Claim::Adopted(&id.0));
            let named = kind.naming.unique.then_some(Claim::Named(&declared.name));
            for claim in adopted.into_iter().chain(named) {
                let at = (&environment.account, &environment.region, kind.name, claim);
                let others = claimed.entry(at).or_default();
                if let Some((other, _)) =
                    others.iter().find(|(other, kind)| claimant.is_at_odds_with(other, claim, kind))
                {
                    wrong.entry(environment.name.as_str()).or_default().0.push(claimant.told(other, claim));
                }
                others.push((claimant, kind));
            }
        }
    }
    wrong
}

impl Claimant<'_> {
    /// Within one environment it was checked when that was loaded.
    fn is_at_odds_with(&self, other: &Self, claim: Claim<'_>, kind: &Kind) -> bool {
        let is_same = match claim {
            Claim::Adopted(_) => true,
            Claim::Named(_) => (kind.same_scope)(&self.declared.document, &other.declared.document).unwrap_or_default(),
        };
        is_same && self.environment.name != other.environment.name
    }

    fn told(&self, other: &Self, claim: Claim<'_>) -> Diagnostic {
        let (field, what, so) = match claim {
            Claim::Adopted(id) => ("adopt", format!("adopts {id}"), "does"),
            Claim::Named(name) => ("name", format!("is named {name:?}"), "is"),
        };
        let ((file, line), (other_file, other_line)) = (self.place(field), other.place(field));
        let (own, others) = (&self.declared.address, &other.declared.address);
        let message = format!("{own}{line} {what}, and so {so} {others} in {}{other_line}", other_file.display());
        let hint = format!(
            "an object belongs to one environment; here, refer to it as {}/{others}, or name another one",
            other.environment.name
        );
        Diagnostic { file, position: None, message, hint: Some(hint) }
    }

    /// The file that says it, and ` (line 7)`; of a name that the file leaves out, the environment's file.
    fn place(&self, field: &str) -> (PathBuf, String) {
        match self.declared.origins.get(field) {
            Some(origin) => (origin.file.clone(), format!(" (line {})", origin.line)),
            None => (Path::new(&self.environment.name).with_extension("toml"), String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::kinds::kinds;

    const HEAD: &str = "[environment]\nproject = 'coralnet'\naccount = '123456789012'\nregion = 'us-west-2'\n";

    fn checked(files: [(&str, &str); 2]) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        for (name, body) in files {
            let text = format!("{HEAD}name = '{name}'\n{body}");
            std::fs::write(directory.path().join(format!("{name}.toml")), text).unwrap();
        }
        let [one, other] = files.map(|(name, _)| Environment::load(directory.path(), name, &kinds()).unwrap());
        let found = check_together(&[&one, &other], &kinds()).remove(other.name.as_str()).unwrap_or_default().0;
        let short = |text: String| text.replace(&format!("{}/", directory.path().display()), "");
        found.into_iter().map(|one| short(format!("{}: {}", one.file.display(), one.message))).collect()
    }

    #[test]
    fn what_two_files_claim_is_told_with_both_places() {
        let host = "[host.web]\nsize = 'small'\nadopt = 'host-0001'\n";
        let group = "[group.db]\nname = 'coral-db'\n";
        assert_eq!(
            checked([("production", &format!("{host}{group}")), ("staging", &format!("{group}{host}"))]),
            [
                "staging.toml: group.db (line 7) is named \"coral-db\", and so is group.db in production.toml (line 10)",
                "staging.toml: host.web (line 10) adopts host-0001, and so does host.web in production.toml (line 8)",
            ]
        );
    }

    #[test]
    fn names_that_no_file_says_can_be_the_same() {
        assert_eq!(
            checked([("a", "[group.b-c]\n"), ("a-b", "[group.c]\n")]),
            [r#"a-b.toml: group.c is named "coralnet-a-b-c", and so is group.b-c in a.toml"#]
        );
    }

    #[test]
    fn what_can_be_there_twice_is_no_claim() {
        let host = "[host.web]\nname = 'web'\nsize = 'small'\n";
        assert_eq!(checked([("production", host), ("staging", host)]), [""; 0], "hosts may share a name");
        let group = |network| format!("[group.db]\nname = 'coral-db'\nnetwork = '{network}'\n");
        assert_eq!(checked([("production", &group("one")), ("staging", &group("other"))]), [""; 0]);
        assert_eq!(checked([("production", &group("one")), ("staging", &group("one"))]).len(), 1);
        let elsewhere = "[group.db]\nname = 'coral-db'\n";
        let directory = tempfile::tempdir().unwrap();
        for (name, head) in [("production", HEAD.to_owned()), ("staging", HEAD.replace("us-west-2", "eu-west-1"))] {
            let text = format!("{head}name = '{name}'\n{elsewhere}");
            std::fs::write(directory.path().join(format!("{name}.toml")), text).unwrap();
        }
        let [one, other] =
            ["production", "staging"].map(|name| Environment::load(directory.path(), name, &kinds()).unwrap());
        assert!(check_together(&[&one, &other], &kinds()).is_empty(), "each region has its own");
    }
}
