//! `cn-infra output`: what live objects tell.

use std::collections::BTreeMap;

use cn_infra_core::address::Address;
use cn_infra_core::environment::Environment;
use cn_infra_core::live::Outputs;

use crate::arguments::{self, Format};
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::survey::{Access, Survey};
use crate::{target, view};
use cn_infra_core::plan::outputs;

/// Runs the command.
pub async fn run(arguments: &arguments::Output, context: &Context) -> Result<ExitCode> {
    let survey = Survey::open(&arguments.environment, Access::Read, context).await?;
    let live = survey.observe().await?;
    let outputs = outputs(&survey.environment, &live, &survey.kinds);
    let text = match &arguments.field {
        Some(field) => single(field, &outputs, &survey.environment)? + "\n",
        None => view::outputs::outputs(&outputs, if arguments.json { Format::Json } else { arguments.format })?,
    };
    context.view.data(&text)?;
    Ok(ExitCode::Done)
}

/// The value of `elastic_ip.site.public_ip`, or of `site.public_ip`.
fn single(text: &str, outputs: &BTreeMap<Address, Outputs>, environment: &Environment) -> Result<String> {
    if let Ok(resource) = target::declared(text, environment) {
        let error = CommandError::usage(format!("{resource} is a resource: write RESOURCE.FIELD for one output"));
        let names = outputs.get(&resource).map(|of| of.keys().map(|name| format!("{resource}.{name}")));
        return Err(error.hint(match names {
            Some(names) => format!("it has {}", names.collect::<Vec<_>>().join(", ")),
            None => format!("it is not there yet: create it with `cn-infra apply {}`", environment.name),
        }));
    }
    let Some((resource, field)) = text.rsplit_once('.') else {
        let error = CommandError::usage(format!("{text:?} names no output: write RESOURCE.FIELD"));
        return Err(error.hint(format!("`cn-infra output {}` lists them", environment.name)));
    };
    let address = target::declared(resource, environment)?;
    let of = outputs.get(&address).ok_or_else(|| {
        let error = CommandError::new(format!("{address} is not there yet"));
        error.hint(format!("create it with `cn-infra apply {}`", environment.name))
    })?;
    of.get(field).cloned().ok_or_else(|| {
        let names: Vec<_> = of.keys().map(String::as_str).collect();
        let error = CommandError::usage(format!("{address} has no output {field:?}"));
        error.hint(format!("it has {}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;

    fn value(text: &str) -> Result<String> {
        let site = Outputs::from([("public_ip".to_owned(), "198.51.100.20".to_owned())]);
        let outputs = BTreeMap::from([(Address::new("elastic_ip", "site"), site)]);
        single(text, &outputs, &environment(&["elastic_ip.site", "instance.web"]))
    }

    #[test]
    fn one_output_is_its_bare_value() {
        assert_eq!(value("elastic_ip.site.public_ip").unwrap(), "198.51.100.20");
        assert_eq!(value("site.public_ip").unwrap(), "198.51.100.20");
    }

    #[test]
    fn what_is_not_there_is_said() {
        let error = value("site.ip").unwrap_err();
        assert_eq!(error.error.to_string(), "elastic_ip.site has no output \"ip\"");
        assert_eq!(error.hint.as_deref(), Some("it has public_ip"));
        let error = value("elastic_ip.site").unwrap_err();
        assert_eq!(error.error.to_string(), "elastic_ip.site is a resource: write RESOURCE.FIELD for one output");
        assert_eq!(error.hint.as_deref(), Some("it has elastic_ip.site.public_ip"));
        assert_eq!(value("web.id").unwrap_err().error.to_string(), "instance.web is not there yet");
    }
}
