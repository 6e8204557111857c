//! The settings whose change takes no time: read alike by the calls that create a database and that modify one.

use super::database::Database;
use super::engines::Engine;
use super::names;
use super::windows::Window;
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;

/// What enhanced monitoring knows.
const INTERVALS: [u32; 7] = [0, 1, 5, 10, 15, 30, 60];

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterValue", message)
}

fn combination(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterCombination", message)
}

/// Plain switches.
pub fn flags(it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    for (name, flag) in [
        ("AutoMinorVersionUpgrade", &mut it.minor_upgrades),
        ("CopyTagsToSnapshot", &mut it.copy_tags),
        ("DeletionProtection", &mut it.protected),
        ("PubliclyAccessible", &mut it.public),
    ] {
        *flag = params.flag(name)?.unwrap_or(*flag);
    }
    Ok(())
}

/// Both windows, which must not overlap.
pub fn windows(context: &Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    let given = |name: &str| params.get(name).filter(|text| !text.is_empty());
    if let Some(window) = given("PreferredBackupWindow") {
        it.backup_window = Window::daily(window)?;
        it.next_backup = it.next_backup.map(|_| it.backup_window.next(context.now));
    }
    if let Some(window) = given("PreferredMaintenanceWindow") {
        it.maintenance_window = Window::weekly(window)?;
    }
    if it.maintenance_window.overlaps(&it.backup_window) {
        return Err(invalid("The backup window and maintenance window must not overlap."));
    }
    Ok(())
}

/// Enhanced monitoring.
pub fn monitoring(it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    let (interval, role) = (params.number::<u32>("MonitoringInterval")?, params.get("MonitoringRoleArn"));
    let role = role.filter(|role| !role.is_empty());
    if interval.is_none() && role.is_none() {
        return Ok(());
    }
    let (old_interval, old_role) = it.monitoring.clone().unzip();
    match (interval.or(old_interval).unwrap_or_default(), role.map(str::to_owned).or(old_role)) {
        (interval, _) if !INTERVALS.contains(&interval) => {
            Err(invalid(format!("Invalid value {interval} for MonitoringInterval. Must be one of {INTERVALS:?}")))
        }
        (0, _) if role.is_some() => Err(combination(
            "You must specify a MonitoringInterval value other than 0 when you specify a MonitoringRoleARN value.",
        )),
        (0, _) => {
            it.monitoring = None;
            Ok(())
        }
        (_, None) => Err(combination(
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.",
        )),
        (_, Some(role)) if !role.starts_with("arn:aws:iam::") => Err(invalid(format!("Invalid role ARN: {role}"))),
        (interval, Some(role)) => {
            it.monitoring = Some((interval, role));
            Ok(())
        }
    }
}

/// Performance Insights: kept for 7 days, 731, or up to 23 months of 31 days.
pub fn insights(context: &Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    let on = params.flag("EnablePerformanceInsights")?;
    let (key, days) = (params.get("PerformanceInsightsKMSKeyId"), params.number("PerformanceInsightsRetentionPeriod")?);
    if days
        .is_some_and(|days: u32| days != 7 && days != 731 && (days == 0 || !days.is_multiple_of(31) || days > 23 * 31))
    {
        return Err(invalid(
            "Invalid Performance Insights retention period: 7, 731, or a month of 31 days up to 23 of them.",
        ));
    }
    match (on.unwrap_or(it.insights.is_some()), &it.insights) {
        (false, _) if key.is_some() || days.is_some() => {
            return Err(combination("Performance Insights must be enabled for its key and its retention."));
        }
        (false, _) => it.insights = None,
        (true, Some((old_key, old_days))) => {
            let key = key.map(|key| names::kms_key(context.region, context.account, Some(key)));
            if key.as_ref().is_some_and(|key| key != old_key) {
                return Err(combination("You can't change the key of Performance Insights."));
            }
            it.insights = Some((old_key.clone(), days.unwrap_or(*old_days)));
        }
        (true, None) => {
            it.insights = Some((names::kms_key(context.region, context.account, key), days.unwrap_or(7)));
        }
    }
    Ok(())
}

/// Up to what size storage would grow by itself; the size itself turns that off.
pub fn growth(it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    let Some(most) = params.number::<u32>("MaxAllocatedStorage")? else { return Ok(()) };
    let size = it.storage.size;
    if most < size || most > 65_536 {
        let message = format!(
            "Invalid max storage size {most}: it must be greater than the storage size {size}, and at most 65536."
        );
        return Err(combination(message));
    }
    it.max_storage = (most > size).then_some(most);
    Ok(())
}

/// Logs that are sent to CloudWatch: those, as far as the engine has them.
pub fn log_types(it: &Database, asked: &[String]) -> Result<(), AwsError> {
    let known = Engine::named(&it.engine)?.logs;
    match asked.iter().find(|log| !known.contains(&log.as_str())) {
        None => Ok(()),
        Some(log) => Err(combination(format!(
            "You cannot use the log types '{log}' with engine version {} {}.",
            it.engine, it.version
        ))),
    }
}
