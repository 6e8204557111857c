//! `cn-infra snapshot`: a manual snapshot of a database, taken and waited for; or a list of those there are.

use std::time::Duration;

use cn_infra_aws::db_instance::manual::{LOOK, Snapshot, Snapshots, name_problem};
use cn_infra_core::address::{Address, PhysicalId};
use cn_infra_core::manager::ErrorClass;
use cn_infra_core::owner::Owner;
use cn_infra_core::plan::identity::identify;

use crate::arguments;
use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::exit::ExitCode;
use crate::survey::{Access, Subject, Survey};
use crate::target;
use crate::view;

/// How long a snapshot that RDS has accepted may stay unseen.
const UNSEEN: Duration = Duration::from_mins(1);

/// A database, and the snapshot of it that is asked for.
struct Taking<'a> {
    snapshots: Snapshots,
    survey: &'a Survey,
    context: &'a Context,
    address: Address,
    database: PhysicalId,
    identifier: String,
    owner: Owner,
}

/// Runs the command.
pub async fn run(arguments: &arguments::Snapshot, context: &Context) -> Result<ExitCode> {
    let subject = Subject::load(&arguments.environment, context)?;
    let address = target::declared(&arguments.resource, &subject.environment)?;
    if address.kind != "db_instance" {
        return Err(CommandError::usage(format!("{address} is no database")).hint("only a db_instance has snapshots"));
    }
    let wrong = arguments.name.as_deref().and_then(|name| Some((name, name_problem(name)?)));
    if let Some((name, why)) = wrong {
        return Err(CommandError::usage(format!("{name:?} is no name for a snapshot: {why}")));
    }
    let access = if arguments.list { Access::Read } else { Access::Write };
    let survey = subject.open(access, context).await?;
    let taking = Taking::of(address, &survey, context).await?;
    if arguments.list {
        let found = taking.snapshots.list(&taking.database).await?;
        taking.show(&found, arguments.json)?;
        return Ok(ExitCode::Done);
    }
    // RDS keeps names in lower case.
    let name = arguments.name.as_ref().map_or_else(|| taking.derived_name(), |name| name.to_ascii_lowercase());
    let began = survey.clock.elapsed();
    let taken = tokio::select! {
        taken = taking.take(&name) => taken?,
        _ = tokio::signal::ctrl_c() => return Err(interrupted(&name, arguments)),
    };
    taking.show(std::slice::from_ref(&taken), arguments.json)?;
    let elapsed = view::events::time(survey.clock.elapsed().saturating_sub(began));
    context.view.say(&format!("{name} is available after {elapsed}. In the block of a new database:\n"));
    context.view.say(&format!("restore_from_snapshot = \"{name}\"\n"));
    Ok(ExitCode::Done)
}

fn interrupted(name: &str, arguments: &arguments::Snapshot) -> CommandError {
    let arguments::Snapshot { environment, resource, .. } = arguments;
    let error = CommandError::new(format!("interrupted; if {name} was begun, RDS goes on with it"));
    error.code(ExitCode::Interrupted).hint(format!("`cn-infra snapshot {environment} {resource} --list` shows it"))
}

impl<'a> Taking<'a> {
    async fn of(address: Address, survey: &'a Survey, context: &'a Context) -> Result<Self> {
        let live = survey.observe().await?;
        let identity = identify(&survey.environment, &live, &survey.kinds);
        let missing = || {
            let error = CommandError::new(format!("{address} has no database yet"));
            error.hint(format!("`cn-infra apply {}` makes it", survey.environment.name))
        };
        let object = identity.claim(&address).ok_or_else(missing)?.object;
        let identifier = object.name.clone().ok_or_else(missing)?;
        let (database, owner) = (object.id.clone(), survey.environment.owner(&address));
        let snapshots = Snapshots::new(&survey.session);
        Ok(Self { snapshots, survey, context, address, database, identifier, owner })
    }

    /// `coralnet-production-2026-12-01-1200`: the database's name and the minute, in UTC.
    fn derived_name(&self) -> String {
        format!("{}-{}", self.identifier, self.survey.clock.now().strftime("%Y-%m-%d-%H%M"))
    }

    /// Takes a snapshot, and waits until it is available.
    async fn take(&self, name: &str) -> Result<Snapshot> {
        if self.find(name).await?.is_some() {
            return Err(taken_already(name));
        }
        self.begin(name).await?;
        let begun = self.survey.clock.elapsed();
        loop {
            let found = self.find(name).await?;
            match found.as_ref().map(|snapshot| snapshot.status.as_str()) {
                Some("available") => return found.ok_or_else(|| unseen(name)),
                Some("failed") => return Err(broken(name)),
                None if self.survey.clock.elapsed().saturating_sub(begun) > UNSEEN => return Err(unseen(name)),
                _ => {}
            }
            self.context.view.say(&format!("{}\n", view::snapshots::waiting(name, found.as_ref())));
            self.survey.clock.sleep(LOOK).await;
        }
    }

    /// Sends the call until RDS has accepted it. A database that is being changed takes no snapshot meanwhile.
    async fn begin(&self, name: &str) -> Result<()> {
        loop {
            let Err(error) = self.snapshots.begin(&self.identifier, name, &self.owner).await else { return Ok(()) };
            match error.class {
                ErrorClass::Exists => return Err(taken_already(name)),
                // The answer was lost: if it took effect, a snapshot of the name bears our tags.
                ErrorClass::Unknown => {
                    let found = self.find(name).await?;
                    return if found.is_some_and(|found| found.owner.as_ref() == Some(&self.owner)) {
                        Ok(())
                    } else {
                        Err(error.into())
                    };
                }
                ErrorClass::Busy | ErrorClass::Throttled => {
                    self.context.view.say(&format!("{}: {}\n", self.address, error.message));
                    self.survey.clock.sleep(LOOK).await;
                }
                _ => return Err(error.into()),
            }
        }
    }

    async fn find(&self, name: &str) -> Result<Option<Snapshot>> {
        Ok(self.snapshots.list(&self.database).await?.into_iter().find(|snapshot| snapshot.name == name))
    }

    fn show(&self, snapshots: &[Snapshot], json: bool) -> Result<()> {
        let view = &self.context.view;
        if json {
            return view.data(&view::json::document(&snapshots)?);
        }
        view.data(&view::snapshots::list(&self.identifier, snapshots, view.stdout_style()))
    }
}

fn taken_already(name: &str) -> CommandError {
    CommandError::new(format!("there is a snapshot {name} already; nothing was taken"))
        .hint("give another with --name; left out, the name has the time in it")
}

fn broken(name: &str) -> CommandError {
    CommandError::new(format!("snapshot {name} failed"))
        .hint(format!("delete it: aws rds delete-db-snapshot --db-snapshot-identifier {name}"))
}

fn unseen(name: &str) -> CommandError {
    CommandError::new(format!("RDS accepted the snapshot {name}, and does not show it"))
        .hint("look again with --list in a minute")
}
