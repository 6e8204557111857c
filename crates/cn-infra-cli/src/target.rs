//! RESOURCE on the command line: `kind.name`, `environment/kind.name`, or just `name` where that is clear.

use cn_infra_core::address::Address;
use cn_infra_core::environment::Environment;
use cn_infra_core::kinds::Kinds;

use crate::error::{CommandError, Result};
use crate::nearest::nearest;

/// The declared resource that a text means.
pub fn declared(text: &str, environment: &Environment) -> Result<Address> {
    let local = local(text, environment)?;
    let all: Vec<String> = environment.resources.keys().map(Address::local).collect();
    let matches = |address: &&Address| address.local() == local || address.name == local;
    match *environment.resources.keys().filter(matches).collect::<Vec<_>>() {
        [found] => Ok(found.clone()),
        [] => Err(unknown(local, environment, &all)),
        ref several => {
            let several: Vec<_> = several.iter().map(ToString::to_string).collect();
            let error = CommandError::usage(format!("{local:?} is the name of several resources"));
            Err(error.hint(format!("write one of {}", several.join(", "))))
        }
    }
}

/// The same, and any address of a known kind: what is unlisted can be pruned by its name.
pub fn declared_or_unlisted(text: &str, environment: &Environment, kinds: &Kinds) -> Result<Address> {
    declared(text, environment).or_else(|error| match local(text, environment)?.parse::<Address>() {
        Ok(address) if kinds.get(&address.kind).is_some() => Ok(address),
        _ => Err(error),
    })
}

/// The text without the environment at hand.
fn local<'a>(text: &'a str, environment: &Environment) -> Result<&'a str> {
    match text.split_once('/') {
        Some((name, local)) if name == environment.name => Ok(local),
        Some((name, _)) => Err(CommandError::usage(format!(
            "{text} is a resource of {name}, and this command acts on {}",
            environment.name
        ))),
        None => Ok(text),
    }
}

fn unknown(text: &str, environment: &Environment, all: &[String]) -> CommandError {
    let error = CommandError::usage(format!("{} declares no {text}", environment.name));
    let names: Vec<_> = environment.resources.keys().map(|address| address.name.clone()).collect();
    match nearest(text, all.iter().chain(&names)) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None if all.is_empty() => error,
        None => error.hint(format!("it declares {}", all.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;

    fn hint(text: &str) -> String {
        declared(text, &environment(&["instance.web", "security_group.web", "bucket.media"])).unwrap_err().hint.unwrap()
    }

    #[test]
    fn the_kind_may_be_left_out_where_the_name_is_unique() {
        let environment = environment(&["instance.web", "security_group.web", "bucket.media"]);
        for text in ["media", "bucket.media", "production/bucket.media", "production/media"] {
            assert_eq!(declared(text, &environment).unwrap(), Address::new("bucket", "media"));
        }
    }

    #[test]
    fn what_is_not_clear_is_answered_with_the_choice() {
        assert_eq!(hint("web"), "write one of instance.web, security_group.web");
        assert_eq!(hint("instance.wbe"), "did you mean instance.web?");
        assert_eq!(hint("meda"), "did you mean media?");
        assert_eq!(hint("x"), "it declares bucket.media, instance.web, security_group.web");
    }

    #[test]
    fn another_environment_is_refused() {
        let error = declared("staging/instance.web", &environment(&["instance.web"])).unwrap_err();
        assert_eq!(
            error.error.to_string(),
            "staging/instance.web is a resource of staging, and this command acts on production"
        );
    }
}
