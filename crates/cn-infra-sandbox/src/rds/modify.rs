//! Changes a database: what takes effect at once, and what is pending until it is carried out.

use jiff::SignedDuration;

use super::database::{self, Database};
use super::engines::{Engine, Version};
use super::settings::{self, SETTINGS};
use super::{create, describe, names, network, options, parameter_groups, password};
use crate::context::{Context, Operation};
use crate::error::AwsError;
use crate::query::Params;
use crate::xml::Xml;

/// The operations that change databases.
pub const OPERATIONS: &[Operation] = &[Operation::new("ModifyDBInstance", &["DBInstanceIdentifier"], modify)];

/// For so long after a change of storage there is no other.
const STORAGE_REST: SignedDuration = SignedDuration::from_hours(6);

fn combination(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterCombination", message)
}

fn modify(context: &mut Context<'_>, params: &Params<'_>) -> Result<Xml, AwsError> {
    let mut it = database::find(context, params.require("DBInstanceIdentifier")?)?;
    it.check_available()?;
    let before = it.clone();
    let apply_immediately = params.flag("ApplyImmediately")? == Some(true);
    at_once(context, &mut it, params)?;
    ask_for(context, &mut it, params)?;
    check_storage(context, &mut it, params)?;
    check_version(context, &mut it, &before, params)?;
    configure(context, &mut it, &before, params)?;
    settings::begin_those(&mut it, context.now, |setting| apply_immediately || setting.always_at_once);
    let waits = |member: &str| SETTINGS.iter().any(|it| it.member == member && !it.always_at_once);
    let deferred = !apply_immediately && it.pending.keys().any(|member| waits(member));
    it.next_maintenance = deferred.then(|| it.maintenance_window.begins(context.now));
    context.rds.databases.insert(it.identifier.clone(), it.clone());
    // The answer tells the status of before: the change begins after it.
    Ok(describe::answer(context, &Database { phases: before.phases, ..it }))
}

/// What takes effect with the call, whatever `ApplyImmediately` says.
fn at_once(context: &Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    options::flags(it, params)?;
    options::windows(context, it, params)?;
    options::insights(context, it, params)?;
    options::growth(it, params)?;
    if let Some(groups) = names::list(params, "VpcSecurityGroupIds", "VpcSecurityGroupId") {
        let vpc = context.rds.subnet_groups.get(&it.subnet_group).map(|group| group.vpc.clone());
        it.groups = network::groups(context, &vpc.unwrap_or_default(), Some(groups))?;
    }
    Ok(())
}

/// Enters into what is pending each value that differs from the one in effect; one that does not takes a pending one
/// back.
fn ask_for(context: &Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    for setting in SETTINGS {
        let Some(text) = params.get(setting.parameter) else { continue };
        let value = (setting.read)(context, it, text)?;
        if value == (setting.live)(it) {
            it.pending.remove(setting.member);
        } else {
            it.pending.insert(setting.member.to_owned(), value);
        }
    }
    // From one length to another, the retention changes at once.
    let days = it.pending.get("BackupRetentionPeriod").and_then(|days| days.parse().ok()).filter(|days| *days > 0);
    if let Some(days) = days.filter(|_| it.retention > 0) {
        it.retention = days;
        it.pending.remove("BackupRetentionPeriod");
    }
    Ok(())
}

/// Refuses storage that cannot be, or not now; rounds a small growth up.
fn check_storage(context: &Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    let given = ["AllocatedStorage", "StorageType", "Iops", "StorageThroughput"].map(|name| params.get(name));
    if given.iter().all(Option::is_none) {
        return Ok(());
    }
    // What is given counts also where it is the value in effect: RDS wants size and IOPS named together.
    let mut asked = settings::pending_storage(|member| it.pending.get(member).cloned());
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok());
    let [size, kind, iops, throughput] = given;
    asked.size = number(size).or(asked.size);
    asked.kind = kind.map(str::to_owned).or(asked.kind);
    asked.iops = number(iops).or(asked.iops);
    asked.throughput = number(throughput).or(asked.throughput);
    it.storage.check_named_together(&asked)?;
    let next = it.storage.changed(&asked, &it.engine)?;
    create::check_storage_quota(context, it.storage.size, next.size)?;
    if it.pending.contains_key("AllocatedStorage") {
        it.pending.insert("AllocatedStorage".to_owned(), next.size.to_string());
    }
    let rests = it.storage_changed.is_some_and(|changed| context.now.duration_since(changed) < STORAGE_REST);
    if next != it.storage && rests {
        let message = "You can't currently modify the storage of this DB instance because the previous storage change \
                       is being optimized.";
        return Err(combination(message));
    }
    Ok(())
}

/// The rules of upgrades, and the parameter group: attached at once, or pending with the major upgrade that needs it.
fn check_version(
    context: &mut Context<'_>,
    it: &mut Database,
    before: &Database,
    params: &Params<'_>,
) -> Result<(), AwsError> {
    let engine = Engine::named(&it.engine)?;
    let major_allowed = params.flag("AllowMajorVersionUpgrade")? == Some(true);
    let live = engine.version(Some(&it.version))?;
    let next = it.pending.get("EngineVersion").map(|version| engine.version(Some(version))).transpose()?;
    let next = next.filter(|next| *next != live).unwrap_or(live);
    if next != live && params.has("EngineVersion") {
        check_upgrade(live, next, major_allowed)?;
    }
    if next == live {
        it.pending.remove("DBParameterGroupName");
    }
    let group = params.get("DBParameterGroupName").filter(|name| !name.is_empty());
    let is_major = next.is_other_major(&live);
    match group {
        Some(_) => {
            let group = parameter_groups::wanted(context.rds, group, next)?.name;
            if is_major {
                it.pending.insert("DBParameterGroupName".to_owned(), group);
            } else {
                it.parameter_group = group;
            }
        }
        None if is_major
            && !before.parameter_group.starts_with("default.")
            && !it.pending.contains_key("DBParameterGroupName") =>
        {
            let message = format!(
                "The current DB instance parameter group {} is custom. You must explicitly specify a new DB parameter \
                 group, either default or custom, for the engine version upgrade.",
                it.parameter_group
            );
            return Err(combination(message));
        }
        None => {}
    }
    Ok(())
}

fn check_upgrade(live: Version, next: Version, major_allowed: bool) -> Result<(), AwsError> {
    if !live.leads_to(&next) {
        return Err(combination(format!("Cannot upgrade {} from {live} to {next}", live.engine.name)));
    }
    if live.is_other_major(&next) && !major_allowed {
        let message = "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.";
        return Err(combination(message));
    }
    Ok(())
}

/// What takes effect with the call and is seen in the status for a while.
fn configure(context: &Context<'_>, it: &mut Database, before: &Database, params: &Params<'_>) -> Result<(), AwsError> {
    password::change(context, it, params)?;
    options::monitoring(it, params)?;
    if it.monitoring != before.monitoring {
        it.then(context.now, "configuring-enhanced-monitoring", 30, Vec::new());
    }
    let exports = params.structure("CloudwatchLogsExportConfiguration");
    let enabled = names::list(&exports, "EnableLogTypes", "member").unwrap_or_default();
    let disabled = names::list(&exports, "DisableLogTypes", "member").unwrap_or_default();
    options::log_types(it, &enabled)?;
    options::log_types(it, &disabled)?;
    it.logs.extend(enabled);
    it.logs.retain(|log| !disabled.contains(log));
    it.logs.sort();
    it.logs.dedup();
    if it.logs != before.logs {
        it.then(context.now, "configuring-log-exports", 30, Vec::new());
    }
    if it.public != before.public {
        it.then(context.now, "modifying", 30, Vec::new());
    }
    // Only a restart for a new certificate can be left out, and nothing here can tell the difference.
    params.flag("CertificateRotationRestart").map(drop)
}
