//! The managers of the cloud in memory.

use std::marker::PhantomData;
use std::time::Duration;

use super::Cloud;
use super::behaviour::Simulated;
use super::store::{Birth, Store, written};
use crate::address::PhysicalId;
use crate::document::Document;
use crate::kinds::Kind;
use crate::live::{Object, Observed, Readiness};
use crate::manager::{Change, Delete, ErrorClass, ManageError, Manager, New, Progress, Scope};

/// The manager of one kind.
pub(super) struct Simulation<R> {
    pub cloud: Cloud,
    pub kind: PhantomData<fn() -> R>,
}

impl<R: Simulated> Manager for Simulation<R> {
    type Resource = R;

    async fn observe(&self, scope: &Scope<'_, R>) -> Result<Vec<Observed<R>>, ManageError> {
        let text = |_: &Store| {
            let ids = scope.only.into_iter().flatten().map(|id| format!(" {id}"));
            format!("observe {}{}", R::KIND, ids.collect::<String>())
        };
        let objects = self.cloud.call(text, |store, now| Ok(store.visible(R::KIND, now))).await?;
        objects.into_iter().filter(|object| scope.includes(&object.id.0)).map(typed).collect()
    }

    async fn create(&self, new: New<'_, R>) -> Result<PhysicalId, ManageError> {
        let text = |_: &Store| format!("create {}", new.address);
        self.cloud.call(text, |store, now| self.insert(store, &new, now)).await
    }

    async fn update(&self, id: &PhysicalId, change: Change<'_, R>) -> Result<Progress, ManageError> {
        let text = |store: &Store| {
            let mut words = vec![format!("update {}", step(store, id, change.part))];
            words.extend(change.name.map(|_| "name".to_owned()));
            words.extend(change.changed.iter().cloned());
            words.extend(change.tags.set.keys().map(|key| format!("+{key}")));
            words.extend(change.tags.remove.iter().map(|key| format!("-{key}")));
            words.join(" ")
        };
        let effect = |store: &mut Store, now| {
            store.check_references(&Kind::of::<R>(), &Document::of(change.desired)?, now)?;
            let stored = store.get(id, now)?;
            if let Readiness::Failed(_) = stored.object.readiness {
                stored.object.readiness = Readiness::Ready;
            }
            stored.object.tags.extend(change.tags.set.clone());
            stored.object.tags.retain(|key, _| !change.tags.remove.contains(key));
            if let Some(name) = change.name {
                stored.object.name = Some(name.to_owned());
            }
            R::change(stored, &change, &self.cloud.timing, now)
        };
        self.cloud.call(text, effect).await
    }

    async fn delete(&self, id: &PhysicalId, what: Delete<'_, R>) -> Result<Progress, ManageError> {
        let text = |store: &Store| format!("delete {}", step(store, id, what.part));
        let effect = |store: &mut Store, now| match what.part {
            Some(part) => empty::<R>(store, id, part, now),
            None => self.remove(store, id, now),
        };
        self.cloud.call(text, effect).await?;
        Ok(Progress::Done)
    }
}

impl<R: Simulated> Simulation<R> {
    fn insert(&self, store: &mut Store, new: &New<'_, R>, now: Duration) -> Result<PhysicalId, ManageError> {
        let kind = Kind::of::<R>();
        let token = R::TOKEN.then(|| new.token.text());
        let others = store.all(R::KIND, now);
        if let Some(first) = others.iter().find(|object| token.is_some() && object.token == token) {
            return Ok(first.id.clone());
        }
        let desired = Document::of(new.resource)?;
        if R::NAMING.unique {
            check_name::<R>(&others, new)?;
        }
        store.check_references(&kind, &desired, now)?;
        let mut resource: R = written(&kind.tree, &Document::default(), &desired).to()?;
        resource.complete();
        let outputs = R::outputs(&store.next_id(R::KIND));
        let live = Document::of(&resource)?;
        let birth = Birth { kind: R::KIND, name: new.name, tags: new.tags, token, live, outputs };
        let visible_from = now + self.cloud.timing.visible_after;
        let id = store.insert(birth, visible_from);
        store.begin(&id, R::birth(&self.cloud.timing), now);
        Ok(id)
    }

    fn remove(&self, store: &mut Store, id: &PhysicalId, now: Duration) -> Result<(), ManageError> {
        store.get(id, now)?;
        R::release(store, id)?;
        match R::death(&self.cloud.timing) {
            None => store.remove(id),
            death => store.begin(id, death, now),
        }
        Ok(())
    }
}

/// Fails if a name is taken within its scope; an object that is leaving still holds its name.
fn check_name<R: Simulated>(others: &[Object], new: &New<'_, R>) -> Result<(), ManageError> {
    for other in others.iter().filter(|other| other.readiness != Readiness::Gone) {
        if other.name.as_deref() == Some(new.name) && new.resource.same_scope(&other.live.to()?) {
            return Err(ManageError::new(ErrorClass::Exists, format!("the name {} is taken", new.name)));
        }
    }
    Ok(())
}

/// Takes away what a part added.
fn empty<R: Simulated>(store: &mut Store, id: &PhysicalId, part: &str, now: Duration) -> Result<(), ManageError> {
    let mut nothing = R::default();
    nothing.complete();
    let nothing = Kind::of::<R>().split(&Document::of(&nothing)?, Some(part));
    store.get(id, now)?.object.live.0.extend(nothing.0);
    Ok(())
}

fn step(store: &Store, id: &PhysicalId, part: Option<&str>) -> String {
    let address = store.address(id);
    part.map_or(address.clone(), |part| format!("{address}/{part}"))
}

fn typed<R: Simulated>(object: Object) -> Result<Observed<R>, ManageError> {
    let Object { id, aliases, name, token, tags, live, readiness, unfinished, outputs } = object;
    Ok(Observed { id, aliases, name, token, tags, live: live.to()?, readiness, unfinished, outputs })
}
