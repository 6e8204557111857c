//! The master password: checked, never kept, never told.

use super::database::{Database, Secret};
use super::engines::Engine;
use super::phases::{End, PASSWORD};
use crate::context::Context;
use crate::error::AwsError;
use crate::query::Params;

/// What is pending while a password is being set.
pub const HIDDEN: &str = "****";

fn combination(message: &str) -> AwsError {
    AwsError::new("InvalidParameterCombination", message)
}

/// Refuses a password that breaks the engine's rules; says nothing of it.
fn check(engine: &Engine, password: &str) -> Result<(), AwsError> {
    let printable = |c: char| c.is_ascii_graphic() && !"/\"@".contains(c);
    let why = if password.len() < 8 {
        "it is shorter than 8 characters.".to_owned()
    } else if password.len() > engine.longest_password {
        format!("it is longer than {} characters.", engine.longest_password)
    } else if !password.chars().all(printable) {
        "only printable ASCII characters besides '/', '@', '\"', ' ' may be used.".to_owned()
    } else {
        return Ok(());
    };
    let message = format!("The parameter MasterUserPassword is not a valid password because {why}");
    Err(AwsError::new("InvalidParameterValue", message))
}

/// Reads how a new database gets its password: given, or made by RDS and kept in Secrets Manager.
///
/// # Errors
/// `InvalidParameterCombination` for both, `InvalidParameterValue` for neither or for a bad one.
pub fn of_new(context: &Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    let (managed, password) = (params.flag("ManageMasterUserPassword")?, params.get("MasterUserPassword"));
    match (managed == Some(true), password) {
        (true, Some(_)) => {
            Err(combination("You can't specify MasterUserPassword when ManageMasterUserPassword is set."))
        }
        (false, None) => {
            let message = "The parameter MasterUserPassword must be provided and must not be blank.";
            Err(AwsError::new("InvalidParameterValue", message))
        }
        (false, Some(password)) => {
            check(Engine::named(&it.engine)?, password)?;
            it.pending.insert("MasterUserPassword".to_owned(), HIDDEN.to_owned());
            Ok(())
        }
        (true, None) => of_restored(context, it, params),
    }
}

/// Reads whether RDS manages the password of a restored database, which else is the snapshot's.
pub fn of_restored(context: &Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    if params.flag("ManageMasterUserPassword")? == Some(true) {
        it.secret = Some(Secret::new(context, &it.resource_id, params.get("MasterUserSecretKmsKeyId")));
    }
    Ok(())
}

/// Changes the password, or who manages it: at once, whatever `ApplyImmediately` says.
///
/// # Errors
/// `InvalidParameterCombination`, or `InvalidParameterValue` for a bad password.
pub fn change(context: &Context<'_>, it: &mut Database, params: &Params<'_>) -> Result<(), AwsError> {
    let (managed, password) = (params.flag("ManageMasterUserPassword")?, params.get("MasterUserPassword"));
    let rotate = params.flag("RotateMasterUserPassword")? == Some(true);
    if managed.is_none() && password.is_none() && !rotate {
        return Ok(());
    }
    match (managed.unwrap_or(it.secret.is_some()), password) {
        (true, Some(_)) => {
            return Err(combination(
                "You can't specify MasterUserPassword for an instance with ManageMasterUserPassword set.",
            ));
        }
        (true, None) => manage(context, it, params, rotate)?,
        (false, _) if rotate => {
            return Err(combination(
                "You can rotate the password of an instance only with ManageMasterUserPassword set.",
            ));
        }
        (false, None) if it.secret.is_some() => {
            return Err(combination("You must specify MasterUserPassword to turn ManageMasterUserPassword off."));
        }
        (false, None) => return Ok(()),
        (false, Some(password)) => {
            check(Engine::named(&it.engine)?, password)?;
            it.secret = None;
            it.pending.insert("MasterUserPassword".to_owned(), HIDDEN.to_owned());
        }
    }
    it.then(context.now, "resetting-master-credentials", PASSWORD, vec![End::Password]);
    Ok(())
}

fn manage(context: &Context<'_>, it: &mut Database, params: &Params<'_>, rotate: bool) -> Result<(), AwsError> {
    let key = params.get("MasterUserSecretKmsKeyId");
    match &mut it.secret {
        None if rotate => Err(combination("You can't rotate a password while turning ManageMasterUserPassword on.")),
        None => {
            it.secret = Some(Secret::new(context, &it.resource_id, key));
            Ok(())
        }
        Some(_) if key.is_some() => Err(combination("You can't change the key of a secret.")),
        Some(secret) => {
            if rotate {
                "rotating".clone_into(&mut secret.status);
            }
            Ok(())
        }
    }
}
