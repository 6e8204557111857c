//! What the cloud has: every object of every kind, as one reading found it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::PhysicalId;
use crate::document::Document;
use crate::manager::Obstacle;
use crate::owner::{Owner, Tags};

/// What an object tells beside its fields: `public_ip`, `endpoint`; by the names in [`Resource::OUTPUTS`](crate::resource::Resource::OUTPUTS).
pub type Outputs = BTreeMap<String, String>;

/// One object as a manager found it.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed<R> {
    /// The cloud's id.
    pub id: PhysicalId,
    /// Other texts that name it just as well, for `adopt` and in what others refer to: an elastic IP's address, an
    /// instance's network interface.
    pub aliases: Vec<PhysicalId>,
    /// The name that consoles show: group name, identifier, bucket name, `Name` tag.
    pub name: Option<String>,
    /// The client token it was created with, where the cloud tells.
    pub token: Option<String>,
    /// All its tags, ours and others'.
    pub tags: Tags,
    /// Its fields; references are physical ids, what was not read is left out.
    pub live: R,
    /// Whether it can be changed now.
    pub readiness: Readiness,
    /// A change that was begun and has to be finished although no field differs: "stopped for a change of type".
    pub unfinished: Option<String>,
    /// What it tells.
    pub outputs: Outputs,
}

/// Whether an object can be changed now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "readiness", content = "status")]
pub enum Readiness {
    /// It can.
    Ready,
    /// Not yet; the status in the cloud's word.
    Pending(String),
    /// Not without somebody's help; the status in the cloud's word.
    Failed(String),
    /// It is being deleted: it matches nothing, but still holds its name.
    Leaving(String),
    /// It is gone and only lingers in listings.
    Gone,
}

impl Readiness {
    /// Whether the object is there to stay.
    pub fn is_present(&self) -> bool {
        !matches!(self, Self::Leaving(_) | Self::Gone)
    }
}

/// One object of any kind.
pub type Object = Observed<Document>;

impl Object {
    /// Whose the object is, by its tags.
    pub fn owner(&self) -> Option<Owner> {
        Owner::of(&self.tags)
    }
}

/// All that was observed for one plan.
#[derive(Clone, Debug)]
pub struct Live {
    /// When the reading began.
    pub at: Timestamp,
    objects: BTreeMap<&'static str, Vec<Object>>,
    by_id: HashMap<PhysicalId, (&'static str, usize)>,
    obstacles: HashMap<PhysicalId, Obstacle>,
}

impl Live {
    /// Nothing, as read at a time.
    pub fn new(at: Timestamp) -> Self {
        Self { at, objects: BTreeMap::new(), by_id: HashMap::new(), obstacles: HashMap::new() }
    }

    /// Adds what was observed of one kind.
    pub fn insert(&mut self, kind: &'static str, objects: Vec<Object>) {
        let into = self.objects.entry(kind).or_default();
        for object in objects {
            for id in std::iter::once(&object.id).chain(&object.aliases) {
                self.by_id.insert(id.clone(), (kind, into.len()));
            }
            into.push(object);
        }
    }

    /// The objects of one kind, in the order of the reading.
    pub fn kind(&self, kind: &str) -> &[Object] {
        self.objects.get(kind).map_or(&[], Vec::as_slice)
    }

    /// All objects with their kind.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Object)> {
        self.objects.iter().flat_map(|(kind, objects)| objects.iter().map(move |object| (*kind, object)))
    }

    /// Adds why objects cannot be deleted.
    pub fn add_obstacles(&mut self, obstacles: impl IntoIterator<Item = (PhysicalId, Obstacle)>) {
        self.obstacles.extend(obstacles);
    }

    /// Why an object cannot be deleted, where that was looked for.
    pub fn obstacle(&self, id: &PhysicalId) -> Option<&Obstacle> {
        self.obstacles.get(id)
    }

    /// The object with a physical id or alias, and its kind.
    pub fn by_id(&self, id: &PhysicalId) -> Option<(&'static str, &Object)> {
        let (kind, index) = self.by_id.get(id)?;
        Some((kind, self.objects.get(kind)?.get(*index)?))
    }
}
