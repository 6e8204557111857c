//! `cn-infra ip move` and `swap`: elastic IPs from one server to another, each in one call.

use std::cell::RefCell;
use std::net::IpAddr;

use cn_infra_aws::elastic_ip::ElasticIp;
use cn_infra_core::address::{Address, Reference};
use cn_infra_core::environment::edit::set_reference;
use cn_infra_core::live::Live;
use cn_infra_core::plan::identity::identify;
use cn_infra_core::plan::{Plan, PlanOptions};
use cn_infra_core::resource::Resource;
use serde_json::Value;

use crate::arguments::{Ip, IpCommand};
use crate::command::Context;
use crate::edited::Edited;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::interrupts::Interrupts;
use crate::probe::{Probe, Watch};
use crate::survey::Survey;

/// An address or a server of an environment, as the command line names it.
struct Named {
    environment: String,
    address: Address,
}

/// Runs the command.
pub async fn run(arguments: &Ip, context: &Context) -> Result<ExitCode> {
    let (IpCommand::Move { editing, probing, .. } | IpCommand::Swap { editing, probing, .. }) = &arguments.command;
    let mut edited = Edited::new(editing, context)?;
    let (moved, servers) = match &arguments.command {
        IpCommand::Move { address, server, .. } => {
            let (ip, to) = (named(address, "elastic_ip", context)?, named(server, "instance", context)?);
            point(&mut edited, &ip, &to, context)?;
            (vec![ip], vec![to])
        }
        IpCommand::Swap { first, second, .. } => {
            let (one, other) = (named(first, "elastic_ip", context)?, named(second, "elastic_ip", context)?);
            let (of_one, of_other) = (server_of(&one, context)?, server_of(&other, context)?);
            point(&mut edited, &one, &of_other, context)?;
            point(&mut edited, &other, &of_one, context)?;
            (vec![one, other], vec![of_one, of_other])
        }
    };
    let mut surveys: Vec<Survey> = Vec::new();
    // A server may have to be made first, in its own environment.
    for named in moved.iter().chain(&servers) {
        if surveys.iter().all(|survey| survey.environment.name != named.environment) {
            surveys.push(edited.open(&named.environment).await?);
        }
    }
    let (moving, watches) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let planning = async {
        let (live, plan) = planned(&surveys, &moved, context).await?;
        moving.replace(moving_addresses(&plan, &live));
        Ok(vec![plan])
    };
    let begin = async || {
        if let Some(probe) = &probing.probe {
            watches.replace(watched(probe, &moving.take(), context).await);
        }
        Ok(())
    };
    let code = Box::pin(edited.carry_out_after(&surveys, planning, begin)).await;
    tell(watches.into_inner(), context).await;
    code
}

/// The elastic IPs that a plan moves, with their public addresses: none where it is yet to be allocated.
fn moving_addresses(plan: &Plan, live: &Live) -> Vec<(Address, Option<IpAddr>)> {
    // The association is all there is to move.
    let moving = plan.steps.iter().filter(|step| step.id.address.kind == ElasticIp::KIND && step.id.part.is_some());
    let public = |id| live.by_id(id)?.1.outputs.get("public_ip")?.parse().ok();
    moving.map(|step| (step.id.address.clone(), step.object.as_ref().and_then(public))).collect()
}

/// Begins to ask at every address that moves.
async fn watched(probe: &Probe, moving: &[(Address, Option<IpAddr>)], context: &Context) -> Vec<Watch> {
    let mut watches = Vec::new();
    for (ip, public) in moving {
        let Some(public) = public else {
            context.view.say(&format!("{ip} has no address yet: {probe} is not asked there\n"));
            continue;
        };
        let watch = Watch::begin(probe.clone(), *public).await;
        if let Some(remark) = watch.remark() {
            context.view.say(&format!("{remark}\n"));
        }
        watches.push(watch);
    }
    watches
}

/// Says what the probes saw, which may take a minute; a request to stop ends that.
async fn tell(watches: Vec<Watch>, context: &Context) {
    let mut interrupts = Interrupts::listen();
    watches.iter().for_each(Watch::over);
    for watch in watches {
        tokio::select! {
            told = watch.told() => context.view.say(&format!("{told}\n")),
            () = interrupts.next() => return context.view.say("interrupted: the probes are left, the move is not undone\n"),
        }
    }
}

/// One plan of all addresses that move; the one named first moves first.
async fn planned(surveys: &[Survey], moved: &[Named], context: &Context) -> Result<(Live, Plan)> {
    let [home, others @ ..] = surveys else { return Err(CommandError::usage("nothing moves")) };
    let others: Vec<_> = others.iter().map(|survey| &survey.environment).collect();
    let of_home = |ip: &Named| {
        if ip.environment == home.environment.name {
            ip.address.clone()
        } else {
            ip.address.in_environment(&ip.environment)
        }
    };
    let only: Vec<_> = moved.iter().map(of_home).collect();
    let options = PlanOptions { first: only.first().cloned(), only, ..PlanOptions::default() };
    let (live, plan) = home.plan_together(&others, &options).await?;
    for remark in remarks(home, &live, &plan) {
        context.view.say(&format!("{remark}\n"));
    }
    Ok((live, plan))
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
fn point(edited: &mut Edited<'_>, ip: &Named, to: &Named, context: &Context) -> Result<()> {
    let server =
        if ip.environment == to.environment { to.address.clone() } else { to.address.in_environment(&to.environment) };
    let path = context.directory()?.file(&ip.environment);
    let server = Reference::Resource(server);
    Ok(edited.edits.change(&path, |text| set_reference(text, &ip.address, "instance", Some(&server)))?)
}

/// What nobody should find out afterwards: servers that do not run, addresses that are lost for good.
fn remarks(survey: &Survey, live: &Live, plan: &Plan) -> Vec<String> {
    let identity = identify(&survey.environment, live, &survey.kinds);
    let mut remarks = Vec::new();
    for step in &plan.steps {
        let after = step.after.as_ref().and_then(|after| after.get("instance")).and_then(Value::as_str);
        let Some(server) = after.and_then(|server| server.parse::<Address>().ok()) else { continue };
        let of = server.environment.clone().or_else(|| step.id.address.environment.clone());
        let server = Address { environment: of.filter(|of| *of != survey.environment.name), ..server };
        let Some(object) = identity.object(&server) else { continue };
        if object.live.get("state") != Some(&"running".into()) {
            remarks.push(format!("{server} does not run: nothing answers at the address until it does"));
        }
        if object.live.get("public_ip") == Some(&true.into()) {
            let old = object.outputs.get("public_ip").map_or("its address", String::as_str);
            remarks.push(format!("{server} loses {old} of Amazon's for good: the elastic IP takes its place"));
        }
    }
    remarks
}
