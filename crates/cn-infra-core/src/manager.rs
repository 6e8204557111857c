//! The I/O of a kind: reading and changing its objects. The engine decides whether, a manager how.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use futures_util::future::BoxFuture;

use crate::address::{Address, PhysicalId};
use crate::document::{Document, DocumentError};
use crate::live::{Object, Observed};
use crate::owner::{ADDRESS, ENVIRONMENT, Owner, PROJECT, Tags};
use crate::resource::Resource;
use crate::token::Token;

/// Reads and changes the objects of one kind. All the I/O there is.
pub trait Manager: Send + Sync + 'static {
    /// What the kind's objects look like.
    type Resource: Resource;

    /// Reads objects in as few calls as possible; all of the account and region, unless the scope names ids. An id
    /// that is not there is left out of the answer: it is no error.
    fn observe(
        &self,
        scope: &Scope<'_, Self::Resource>,
    ) -> impl Future<Output = Result<Vec<Observed<Self::Resource>>, ManageError>> + Send;

    /// Reads the objects that [`observe`](Self::observe) finds only if they are declared, because looking for them takes
    /// calls of its own: what else bears ownership tags. Few kinds have any.
    fn observe_undeclared(&self) -> impl Future<Output = Result<Vec<Observed<Self::Resource>>, ManageError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Reads every object of the account and region with every field, whether a file declares it or not: for `export`.
    fn observe_whole(&self) -> impl Future<Output = Result<Vec<Observed<Self::Resource>>, ManageError>> + Send {
        self.observe(&Scope { only: None, declared: &[] })
    }

    /// Why objects that are to be deleted cannot be: what protects them, what is in them. Only these few are looked at,
    /// so it may take a call for each.
    fn obstacles(
        &self,
        doomed: &[Observed<Self::Resource>],
    ) -> impl Future<Output = Result<Vec<(PhysicalId, Obstacle)>, ManageError>> + Send {
        let _ = doomed;
        async { Ok(Vec::new()) }
    }

    /// Creates an object with its tags in the same call, where the cloud can; returns as soon as the id is known.
    fn create(&self, new: New<'_, Self::Resource>) -> impl Future<Output = Result<PhysicalId, ManageError>> + Send;

    /// Reads what a change needs that is to be sent at a certain moment, so that [`update`](Self::update) sends it at once.
    fn prepare(
        &self,
        id: &PhysicalId,
        change: Change<'_, Self::Resource>,
    ) -> impl Future<Output = Result<(), ManageError>> + Send {
        let _ = (id, change);
        async { Ok(()) }
    }

    /// Sends what can be sent now of a change; [`Progress::Again`] asks to be called with a fresh reading.
    fn update(
        &self,
        id: &PhysicalId,
        change: Change<'_, Self::Resource>,
    ) -> impl Future<Output = Result<Progress, ManageError>> + Send;

    /// Deletes an object, or takes away what one of its parts added.
    fn delete(
        &self,
        id: &PhysicalId,
        what: Delete<'_, Self::Resource>,
    ) -> impl Future<Output = Result<Progress, ManageError>> + Send;
}

/// Why an object cannot be deleted as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The code of the finding that says so, where it is one that may be silenced.
    pub code: Option<&'static str>,
    /// The reason.
    pub why: String,
    /// The way out.
    pub hint: String,
}

/// What a reading is for.
#[derive(Clone, Debug)]
pub struct Scope<'a, R> {
    /// Only these objects; `None` reads all.
    pub only: Option<&'a BTreeSet<PhysicalId>>,
    /// The declared resources of the kind: a manager reads no aspect that none of them manages.
    pub declared: &'a [Wanted<R>],
}

impl<R> Scope<'_, R> {
    /// Whether an object is asked for.
    pub fn includes(&self, id: &str) -> bool {
        self.only.is_none_or(|only| only.contains(&PhysicalId(id.to_owned())))
    }
}

/// A declared resource, for deciding what to read of its object.
#[derive(Clone, Debug)]
pub struct Wanted<R> {
    /// Whose object it will be.
    pub owner: Owner,
    /// Its `name`.
    pub name: String,
    /// Its `adopt`, if the file has one.
    pub adopt: Option<PhysicalId>,
    /// Its fields.
    pub resource: R,
}

/// An object to create.
#[derive(Clone, Debug)]
pub struct New<'a, R> {
    /// Its address.
    pub address: &'a Address,
    /// Its name.
    pub name: &'a str,
    /// Its fields without those of parts, normalized; references are physical ids, templates are filled.
    pub resource: &'a R,
    /// All tags it must have.
    pub tags: &'a Tags,
    /// Its client token.
    pub token: &'a Token,
}

/// A change to one object.
#[derive(Clone, Debug)]
pub struct Change<'a, R> {
    /// The part that changes; `None`: the rest of the resource.
    pub part: Option<&'a str>,
    /// The new name, where it differs.
    pub name: Option<&'a str>,
    /// The desired fields of the part or rest, normalized against `live`; references are physical ids, templates are filled.
    pub desired: &'a R,
    /// The object as just observed, not normalized.
    pub live: &'a Observed<R>,
    /// Dotted paths of the fields that differ; empty where a begun change only has to be finished.
    pub changed: &'a [String],
    /// The tags that differ.
    pub tags: &'a TagChange,
}

impl<R> Change<'_, R> {
    /// Whether a field, or one below it, differs.
    pub fn touches(&self, path: &str) -> bool {
        self.changed
            .iter()
            .any(|changed| changed.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }
}

/// An object to delete.
#[derive(Clone, Debug)]
pub struct Delete<'a, R> {
    /// The part whose effect goes away; `None`: the object itself.
    pub part: Option<&'a str>,
    /// The object as just observed.
    pub live: &'a Observed<R>,
}

/// Tags to set and to remove.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TagChange {
    /// Tags to set, with their new values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: Tags,
    /// Keys to remove.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remove: BTreeSet<String>,
}

impl TagChange {
    /// Whether no tag differs.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.remove.is_empty()
    }

    /// Whether it says anew whose the object is.
    pub fn changes_owner(&self) -> bool {
        [PROJECT, ENVIRONMENT, ADDRESS].iter().any(|key| self.set.contains_key(*key) || self.remove.contains(*key))
    }
}

/// How far a change got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All of it was sent.
    Done,
    /// More has to be sent once the object is ready: the engine waits, observes it and calls again.
    Again,
}

/// A call that failed. The engine decides by [`class`](Self::class) alone.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ManageError {
    /// What it means for the step.
    pub class: ErrorClass,
    /// The service's error code: `InvalidGroup.Duplicate`.
    pub code: Option<String>,
    /// What went wrong, in one sentence without the chain.
    pub message: String,
    /// What the user can do about it.
    pub hint: Option<String>,
    /// The service's id of the request, for its support.
    pub request_id: Option<String>,
    /// The client's own error.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What a failed call means for the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The object is in a state that passes: wait and try again.
    Busy,
    /// Too many requests: wait and try again.
    Throttled,
    /// The cloud has none to give at the moment: no machine of a type, no address. It may pass within minutes, or not
    /// for hours: wait some minutes.
    Scarce,
    /// The object is not there.
    Gone,
    /// An object of that name or key is there already.
    Exists,
    /// The caller may not.
    Denied,
    /// The request is wrong, and will be next time.
    Invalid,
    /// Whether it took effect is not known: a time-out, a broken connection, an internal error.
    Unknown,
}

impl ManageError {
    /// A failure that no call was needed to find.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        Self { class, code: None, message: message.into(), hint: None, request_id: None, source: None }
    }

    /// The same failure, with what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<DocumentError> for ManageError {
    fn from(error: DocumentError) -> Self {
        Self {
            source: Some(Box::new(error)),
            ..Self::new(ErrorClass::Invalid, "the plan does not fit this version of cn-infra")
        }
    }
}

/// The managers of every kind, given to `observe` and `apply` alone.
#[derive(Default)]
pub struct Managers {
    managers: BTreeMap<&'static str, Box<dyn AnyManager>>,
}

impl Managers {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the manager of a kind.
    #[must_use]
    pub fn with<M: Manager>(mut self, manager: M) -> Self {
        self.managers.insert(M::Resource::KIND, Box::new(manager));
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &dyn AnyManager)> {
        self.managers.iter().map(|(kind, manager)| (*kind, manager.as_ref()))
    }
}

/// [`Manager`] over documents.
pub(crate) trait AnyManager: Send + Sync {
    fn observe<'a>(&'a self, scope: &'a Scope<'a, Document>) -> BoxFuture<'a, Result<Vec<Object>, ManageError>>;
    fn observe_undeclared(&self) -> BoxFuture<'_, Result<Vec<Object>, ManageError>>;
    fn observe_whole(&self) -> BoxFuture<'_, Result<Vec<Object>, ManageError>>;
    fn obstacles<'a>(&'a self, doomed: &'a [Object])
    -> BoxFuture<'a, Result<Vec<(PhysicalId, Obstacle)>, ManageError>>;
    fn create<'a>(&'a self, new: New<'a, Document>) -> BoxFuture<'a, Result<PhysicalId, ManageError>>;
    fn prepare<'a>(
        &'a self,
        id: &'a PhysicalId,
        change: Change<'a, Document>,
    ) -> BoxFuture<'a, Result<(), ManageError>>;

    fn update<'a>(
        &'a self,
        id: &'a PhysicalId,
        change: Change<'a, Document>,
    ) -> BoxFuture<'a, Result<Progress, ManageError>>;
    fn delete<'a>(
        &'a self,
        id: &'a PhysicalId,
        what: Delete<'a, Document>,
    ) -> BoxFuture<'a, Result<Progress, ManageError>>;
}

impl<M: Manager> AnyManager for M {
    fn observe<'a>(&'a self, scope: &'a Scope<'a, Document>) -> BoxFuture<'a, Result<Vec<Object>, ManageError>> {
        Box::pin(async move {
            let declared: Vec<_> = scope.declared.iter().map(typed_wanted).collect::<Result<_, _>>()?;
            let observed = Manager::observe(self, &Scope { only: scope.only, declared: &declared }).await?;
            observed.into_iter().map(|object| Ok(untyped(object)?)).collect()
        })
    }

    fn observe_undeclared(&self) -> BoxFuture<'_, Result<Vec<Object>, ManageError>> {
        Box::pin(async move {
            let observed = Manager::observe_undeclared(self).await?;
            observed.into_iter().map(|object| Ok(untyped(object)?)).collect()
        })
    }

    fn observe_whole(&self) -> BoxFuture<'_, Result<Vec<Object>, ManageError>> {
        Box::pin(async move {
            let observed = Manager::observe_whole(self).await?;
            observed.into_iter().map(|object| Ok(untyped(object)?)).collect()
        })
    }

    fn obstacles<'a>(
        &'a self,
        doomed: &'a [Object],
    ) -> BoxFuture<'a, Result<Vec<(PhysicalId, Obstacle)>, ManageError>> {
        Box::pin(async move {
            let doomed: Vec<_> = doomed.iter().map(typed).collect::<Result<_, _>>()?;
            Manager::obstacles(self, &doomed).await
        })
    }

    fn create<'a>(&'a self, new: New<'a, Document>) -> BoxFuture<'a, Result<PhysicalId, ManageError>> {
        Box::pin(async move {
            let New { address, name, resource, tags, token } = new;
            Manager::create(self, New { address, name, resource: &resource.to()?, tags, token }).await
        })
    }

    fn prepare<'a>(
        &'a self,
        id: &'a PhysicalId,
        change: Change<'a, Document>,
    ) -> BoxFuture<'a, Result<(), ManageError>> {
        Box::pin(async move {
            let Change { part, name, desired, live, changed, tags } = change;
            let (desired, live) = (desired.to()?, typed(live)?);
            Manager::prepare(self, id, Change { part, name, desired: &desired, live: &live, changed, tags }).await
        })
    }

    fn update<'a>(
        &'a self,
        id: &'a PhysicalId,
        change: Change<'a, Document>,
    ) -> BoxFuture<'a, Result<Progress, ManageError>> {
        Box::pin(async move {
            let Change { part, name, desired, live, changed, tags } = change;
            let (desired, live) = (desired.to()?, typed(live)?);
            Manager::update(self, id, Change { part, name, desired: &desired, live: &live, changed, tags }).await
        })
    }

    fn delete<'a>(
        &'a self,
        id: &'a PhysicalId,
        what: Delete<'a, Document>,
    ) -> BoxFuture<'a, Result<Progress, ManageError>> {
        Box::pin(async move {
            let live = typed(what.live)?;
            Manager::delete(self, id, Delete { part: what.part, live: &live }).await
        })
    }
}

fn typed_wanted<R: Resource>(wanted: &Wanted<Document>) -> Result<Wanted<R>, DocumentError> {
    let Wanted { owner, name, adopt, resource } = wanted;
    Ok(Wanted { owner: owner.clone(), name: name.clone(), adopt: adopt.clone(), resource: resource.to()? })
}

fn typed<R: Resource>(object: &Object) -> Result<Observed<R>, DocumentError> {
    let live = object.live.to()?;
    Ok(with_live(object.clone(), live))
}

fn untyped<R: Resource>(object: Observed<R>) -> Result<Object, DocumentError> {
    let live = Document::of(&object.live)?;
    Ok(with_live(object, live))
}

fn with_live<A, B>(object: Observed<A>, live: B) -> Observed<B> {
    let Observed { id, aliases, name, token, tags, live: _, readiness, unfinished, outputs } = object;
    Observed { id, aliases, name, token, tags, live, readiness, unfinished, outputs }
}
