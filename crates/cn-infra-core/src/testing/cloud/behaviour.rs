//! What is particular to each of the three kinds.

use std::time::Duration;

use super::Timing;
use super::store::{Store, Stored, Transition, written};
use crate::address::PhysicalId;
use crate::document::Document;
use crate::field_tree::FieldTree;
use crate::live::{Outputs, Readiness};
use crate::manager::{Change, ErrorClass, ManageError, Progress};
use crate::owner;
use crate::resource::Resource;
use crate::testing::kinds::{Group, Host, Link};
use crate::value::OrNone;

/// A kind as the cloud in memory knows it.
pub(super) trait Simulated: Resource {
    /// Whether a second create with the same client token returns the first one's object.
    const TOKEN: bool = false;

    /// Fills what an object has although nobody asked for it, "nothing" included.
    fn complete(&mut self);

    /// What an object tells.
    fn outputs(id: &PhysicalId) -> Outputs;

    /// What a new object goes through before it is ready.
    fn birth(timing: &Timing) -> Option<Transition> {
        let _ = timing;
        None
    }

    /// Lets an object go, or refuses to.
    fn release(store: &mut Store, id: &PhysicalId) -> Result<(), ManageError> {
        let _ = (store, id);
        Ok(())
    }

    /// What a deleted object goes through before it is gone.
    fn death(timing: &Timing) -> Option<Transition> {
        let _ = timing;
        None
    }

    /// Changes an object's fields.
    fn change(
        stored: &mut Stored,
        change: &Change<'_, Self>,
        timing: &Timing,
        now: Duration,
    ) -> Result<Progress, ManageError> {
        let _ = (timing, now);
        write(stored, change, |_| true)?;
        Ok(Progress::Done)
    }
}

/// Writes those of the changed fields that are to be kept.
fn write<R: Resource>(
    stored: &mut Stored,
    change: &Change<'_, R>,
    keep: impl Fn(&str) -> bool,
) -> Result<(), ManageError> {
    let changed = Document::of(change.desired)?.only(|field| change.touches(field) && keep(field));
    stored.object.live = written(&FieldTree::of(R::FIELDS), &stored.object.live, &changed);
    Ok(())
}

impl Simulated for Group {
    fn complete(&mut self) {
        self.description.get_or_insert_default();
        self.network.get_or_insert_with(|| "default".to_owned());
        self.ingress.get_or_insert_default();
    }

    fn outputs(id: &PhysicalId) -> Outputs {
        Outputs::from([("id".to_owned(), id.to_string())])
    }

    /// A group that another object names stays.
    fn release(store: &mut Store, id: &PhysicalId) -> Result<(), ManageError> {
        match store.user_of(id)? {
            Some(user) => Err(ManageError::new(ErrorClass::Busy, format!("{id} is used by {user}"))),
            None => Ok(()),
        }
    }
}

impl Simulated for Link {
    fn complete(&mut self) {
        self.host.get_or_insert(OrNone::None);
    }

    fn outputs(id: &PhysicalId) -> Outputs {
        Outputs::from([("url".to_owned(), format!("https://{id}.example"))])
    }
}

impl Simulated for Host {
    const TOKEN: bool = true;

    fn complete(&mut self) {
        self.zone.get_or_insert_with(|| "a".to_owned());
        self.image.get_or_insert_with(|| "standard".to_owned());
        self.groups.get_or_insert_default();
        self.state.get_or_insert_with(|| "running".to_owned());
        let disk = self.disk.get_or_insert_default();
        disk.size_gib.get_or_insert(8);
        disk.kind.get_or_insert_with(|| "ssd".to_owned());
    }

    fn outputs(id: &PhysicalId) -> Outputs {
        Outputs::from([("ip".to_owned(), format!("{id}.internal"))])
    }

    fn birth(timing: &Timing) -> Option<Transition> {
        Some(Transition {
            status: Readiness::Pending("starting".to_owned()),
            takes: timing.starts,
            then: Readiness::Ready,
            state: None,
        })
    }

    /// Links to a host that leaves lead to nothing.
    fn release(store: &mut Store, id: &PhysicalId) -> Result<(), ManageError> {
        while let Some(user) = store.user_of(id)? {
            store.set(&user, "host", "none");
        }
        Ok(())
    }

    fn death(timing: &Timing) -> Option<Transition> {
        Some(Transition {
            status: Readiness::Leaving("leaving".to_owned()),
            takes: timing.leaves,
            then: Readiness::Gone,
            state: None,
        })
    }

    /// A running host is stopped for another size, and bears a tag from before it stops until it runs again.
    fn change(
        stored: &mut Stored,
        change: &Change<'_, Self>,
        timing: &Timing,
        now: Duration,
    ) -> Result<Progress, ManageError> {
        if let Readiness::Pending(status) = &stored.object.readiness {
            return Err(ManageError::new(ErrorClass::Busy, format!("{} is {status}", stored.object.id)));
        }
        write(stored, change, |field| !matches!(field, "size" | "state"))?;
        let running = stored.object.live.get("state").and_then(|state| state.as_str()) == Some("running");
        if change.touches("size") && running {
            stored.object.tags.insert(owner::RESTART.to_owned(), "size".to_owned());
            stored.begin(stopping(timing), now);
            return Ok(Progress::Again);
        }
        write(stored, change, |field| field == "size")?;
        let restart = stored.object.tags.contains_key(owner::RESTART);
        let runs = change.desired.state.as_deref().map_or(running || restart, |state| state == "running");
        match (running, runs) {
            (false, true) => stored.begin(starting(timing), now),
            (true, false) => stored.begin(stopping(timing), now),
            _ => {
                stored.object.tags.remove(owner::RESTART);
                return Ok(Progress::Done);
            }
        }
        Ok(if restart { Progress::Again } else { Progress::Done })
    }
}

fn stopping(timing: &Timing) -> Transition {
    Transition {
        status: Readiness::Pending("stopping".to_owned()),
        takes: timing.stops,
        then: Readiness::Ready,
        state: Some("stopped"),
    }
}

fn starting(timing: &Timing) -> Transition {
    Transition {
        status: Readiness::Pending("starting".to_owned()),
        takes: timing.starts,
        then: Readiness::Ready,
        state: Some("running"),
    }
}
