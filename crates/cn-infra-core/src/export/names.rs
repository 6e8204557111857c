//! Names of resources, made of those that objects bear.

use crate::address::is_name;
use crate::environment::Environment;
use crate::live::Object;

/// The longest name that leaves room for a number behind it.
const LONGEST: usize = 60;

/// The name of a resource for an object: its own, without the prefix that this tool gives names.
pub(super) fn resource(environment: &Environment, object: &Object) -> String {
    let prefix = format!("{}-{}-", environment.project, environment.name);
    let name = object.name.as_deref().unwrap_or(&object.id.0);
    let name = name.strip_prefix(&prefix).filter(|rest| !rest.is_empty()).unwrap_or(name);
    from_text(name)
}

/// A name made of any text: what a name may not hold becomes `-`.
pub(super) fn from_text(text: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let words: String = text.chars().map(letter).collect();
    let words: Vec<_> = words.split('-').filter(|word| !word.is_empty()).collect();
    let mut name = words.join("-");
    if !is_name(name.get(..1).unwrap_or_default()) {
        name.insert_str(0, "x-");
    }
    name.truncate(LONGEST);
    name.trim_end_matches('-').to_owned()
}

/// The name itself, or the first with a number behind it that is not taken.
pub fn free(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !is_taken(name)).unwrap_or_else(|| name.to_owned())
}
