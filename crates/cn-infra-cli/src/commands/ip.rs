//! `cn-infra ip move` and `swap`: elastic IPs from one server to another, each in one call.

use cn_infra_core::address::Address;
use cn_infra_core::environment::edit::set_field;
use cn_infra_core::plan::PlanOptions;
use cn_infra_core::plan::identity::identify;
use serde_json::Value;

use crate::arguments::{Ip, IpCommand};
use crate::command::Context;
use crate::edited::Edited;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::verb::{Planned, Verb};

/// An address or a server of an environment, as the command line names it.
struct Named {
    environment: String,
    address: Address,
}

/// Runs the command.
pub async fn run(arguments: &Ip, context: &Context) -> Result<ExitCode> {
    Verb::check_can_ask(arguments.yes, arguments.dry_run)?;
    let mut edited = Edited::default();
    let environments = match &arguments.command {
        IpCommand::Move { address, server } => {
            let (ip, to) = (named(address, "elastic_ip", context)?, named(server, "instance", context)?);
            point(&mut edited, &ip, &to, context)?;
            vec![(ip.environment, vec![ip.address])]
        }
        IpCommand::Swap { first, second } => {
            let (one, other) = (named(first, "elastic_ip", context)?, named(second, "elastic_ip", context)?);
            let (of_one, of_other) = (server_of(&one, context)?, server_of(&other, context)?);
            point(&mut edited, &one, &of_other, context)?;
            point(&mut edited, &other, &of_one, context)?;
            if one.environment == other.environment {
                vec![(one.environment, vec![one.address, other.address])]
            } else {
                vec![(one.environment, vec![one.address]), (other.environment, vec![other.address])]
            }
        }
    };
    let verb = Verb {
        edited,
        environments,
        options: PlanOptions::default(),
        in_order: true,
        yes: arguments.yes,
        dry_run: arguments.dry_run,
        context,
    };
    verb.run(&remarks).await
}

/// `production/site` as `elastic_ip.site` of production.
fn named(text: &str, kind: &str, context: &Context) -> Result<Named> {
    let Some((environment, local)) = text.split_once('/') else {
        let error = CommandError::usage(format!("{text:?} names no environment"));
        return Err(error.hint(format!("write ENV/NAME: production/{text}")));
    };
    let loaded = context.directory()?.load(environment, &cn_infra_aws::kinds())?;
    let local = if local.contains('.') { local.to_owned() } else { format!("{kind}.{local}") };
    let address = crate::target::declared(&local, &loaded)?;
    if address.kind != kind {
        return Err(CommandError::usage(format!("{environment}/{address} is no {kind}")));
    }
    Ok(Named { environment: environment.to_owned(), address })
}

/// The server that an address points at by its file.
fn server_of(ip: &Named, context: &Context) -> Result<Named> {
    let environment = context.directory()?.load(&ip.environment, &cn_infra_aws::kinds())?;
    let document = environment.resources.get(&ip.address).map(|declared| &declared.document);
    let server = document.and_then(|document| document.get("instance")).and_then(Value::as_str);
    let server = server.and_then(|server| server.parse::<Address>().ok()).ok_or_else(|| {
        let error = CommandError::usage(format!("{}/{} points at no server", ip.environment, ip.address));
        error.hint(format!("`cn-infra ip move {}/{} ENV/SERVER` gives it one", ip.environment, ip.address.name))
    })?;
    let of = server.environment.clone().unwrap_or_else(|| ip.environment.clone());
    Ok(Named { environment: of, address: Address { environment: None, ..server } })
}

/// Writes the line that makes an address point at a server.
fn point(edited: &mut Edited, ip: &Named, to: &Named, context: &Context) -> Result<()> {
    let server = if ip.environment == to.environment {
        to.address.local()
    } else {
        to.address.in_environment(&to.environment).to_string()
    };
    let path = context.directory()?.file(&ip.environment);
    edited.change(&path, |text| set_field(text, &ip.address, "instance", &server))
}

/// What nobody should find out afterwards: servers that do not run, addresses that are lost for good.
fn remarks(planned: &[Planned<'_>]) -> Result<Vec<String>> {
    let mut remarks = Vec::new();
    for Planned { survey, live, plan } in planned {
        let identity = identify(&survey.environment, live, &survey.kinds);
        for step in &plan.steps {
            let after = step.after.as_ref().and_then(|after| after.get("instance")).and_then(Value::as_str);
            let Some(server) = after.and_then(|server| server.parse::<Address>().ok()) else { continue };
            let Some(object) = identity.object(&server) else { continue };
            let field = |name: &str| object.live.get(name).cloned();
            if field("state") != Some("running".into()) {
                remarks.push(format!("{server} does not run: nothing answers at the address until it does"));
            }
            if field("public_ip") == Some(true.into()) {
                let old = object.outputs.get("public_ip").map_or("its address", String::as_str);
                remarks.push(format!("{server} loses {old} of Amazon's for good: its elastic IP takes the place"));
            }
        }
    }
    Ok(remarks)
}
