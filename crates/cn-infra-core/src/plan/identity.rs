//! Which object is whose, by the tags on the objects: the record that other tools keep in a state file.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use crate::address::{Address, PhysicalId};
use crate::environment::{Declared, Environment};
use crate::kinds::{Kind, Kinds};
use crate::live::{Live, Object, Readiness};
use crate::owner::{ADDRESS, ENVIRONMENT, Owner, PROJECT, Tags};
use crate::plan::PlanError;
use crate::plan::strangers::Strangers;
use crate::token::Token;

/// Which object is whose.
#[derive(Debug, Default)]
pub struct Identity<'a> {
    claims: HashMap<&'a Address, Claim<'a>>,
    others: HashMap<Address, &'a Object>,
    addresses: HashMap<&'a PhysicalId, Cow<'a, Address>>,
    unlisted: Vec<(Address, &'a Object)>,
    pub(super) copies: Vec<(&'a Address, &'a Object)>,
    pub(super) refused: HashMap<&'a Address, Refusal>,
    pub(super) errors: Vec<PlanError>,
    pub(super) leaving: HashMap<Address, &'a Object>,
    pub(super) gone: HashMap<Address, u32>,
    pub(super) strangers: Strangers<'a>,
}

/// The object of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The object.
    pub object: &'a Object,
    /// What makes it the resource's.
    pub basis: Basis,
}

/// What makes an object a resource's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Its three tags.
    Tags,
    /// Its tags, which name the address that the resource had before.
    FormerAddress,
    /// Some of the three tags, and its name or client token.
    SomeTags,
    /// `adopt` in the file.
    Adopted,
}

/// Why an object is not taken, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub why: String,
    pub hint: String,
}

impl<'a> Identity<'a> {
    /// The object of a declared resource.
    pub fn claim(&self, address: &Address) -> Option<Claim<'a>> {
        self.claims.get(address).copied()
    }

    /// The object that an address stands for: of a declared resource, an unlisted one, or one of another environment.
    pub fn object(&self, address: &Address) -> Option<&'a Object> {
        self.claim(address).map(|claim| claim.object).or_else(|| self.others.get(address).copied())
    }

    /// The address that stands for an object: `kind.name` in this environment, `environment/kind.name` in others.
    pub fn address(&self, id: &PhysicalId) -> Option<&Address> {
        self.addresses.get(id).map(Cow::as_ref)
    }

    /// The objects of this environment that no resource claims, by address.
    pub fn unlisted(&self) -> &[(Address, &'a Object)] {
        &self.unlisted
    }

    fn take(&mut self, address: &'a Address, object: &'a Object, basis: Basis) {
        self.claims.insert(address, Claim { object, basis });
        self.name(object, Cow::Borrowed(address));
    }

    /// References read live may name an object by any of its ids.
    fn name(&mut self, object: &'a Object, address: Cow<'a, Address>) {
        self.addresses.extend(object.aliases.iter().map(|id| (id, address.clone())));
        self.addresses.insert(&object.id, address);
    }

    fn is_taken(&self, object: &Object) -> bool {
        self.addresses.contains_key(&object.id)
    }
}

/// Finds out which object is whose.
pub fn identify<'a>(environment: &'a Environment, live: &'a Live, kinds: &Kinds) -> Identity<'a> {
    let mut tagged = Tagged::read(environment, live);
    let objects = tagged.present.len();
    let mut identity = Identity {
        claims: HashMap::with_capacity(objects),
        addresses: HashMap::with_capacity(objects),
        leaving: tagged.leaving,
        gone: tagged.gone,
        ..Identity::default()
    };
    let mut without = Vec::new();
    for declared in environment.resources.values() {
        match tagged.present.remove(&declared.address) {
            Some(objects) => identity.choose(declared, &objects, Basis::Tags),
            None => without.push(declared),
        }
    }
    without.retain(|declared| {
        let former = declared.renamed_from.as_ref().and_then(|former| tagged.present.remove(former));
        former.map(|objects| identity.choose(declared, &objects, Basis::FormerAddress)).is_none()
    });
    identity.keep_others(tagged.present, &tagged.elsewhere);
    if !without.is_empty() {
        identity.strangers = Strangers::of(live, |object| !identity.claims_object(object));
        let search = Search { environment, live };
        for declared in without {
            if let Some(kind) = kinds.get(&declared.address.kind) {
                search.find(&mut identity, declared, kind);
            }
        }
    }
    identity
}

/// Objects whose tags say that they belong to the project.
#[derive(Default)]
struct Tagged<'a> {
    present: HashMap<Address, Vec<&'a Object>>,
    elsewhere: HashMap<Address, Vec<&'a Object>>,
    leaving: HashMap<Address, &'a Object>,
    gone: HashMap<Address, u32>,
}

impl<'a> Tagged<'a> {
    fn read(environment: &Environment, live: &'a Live) -> Self {
        let present = HashMap::with_capacity(live.all().count());
        let mut tagged = Self { present, ..Self::default() };
        for (kind, object) in live.all() {
            let tag = |key| object.tags.get(key).map(String::as_str);
            if tag(PROJECT) != Some(&environment.project) {
                continue;
            }
            let (Some(of), Some(address)) = (tag(ENVIRONMENT), tag(ADDRESS)) else { continue };
            let Ok(address) = address.parse::<Address>() else { continue };
            if address.kind == kind && address.environment.is_none() {
                tagged.add(address, object, of, of == environment.name);
            }
        }
        tagged
    }

    fn add(&mut self, address: Address, object: &'a Object, environment: &str, here: bool) {
        match &object.readiness {
            Readiness::Gone if here => *self.gone.entry(address).or_default() += 1,
            Readiness::Leaving(_) if here => {
                self.leaving.insert(address, object);
            }
            Readiness::Gone | Readiness::Leaving(_) => {}
            _ if here => self.present.entry(address).or_default().push(object),
            _ => self.elsewhere.entry(address.in_environment(environment)).or_default().push(object),
        }
    }
}

impl<'a> Identity<'a> {
    /// Of several objects with the tags of one resource, the one with the resource's name is meant.
    fn choose(&mut self, declared: &'a Declared, objects: &[&'a Object], basis: Basis) {
        let named = |object: &&&Object| object.name.as_deref() == Some(&declared.name);
        let mut candidates = objects.iter().filter(named);
        let chosen = match objects {
            [only] => Some(only),
            _ => candidates.next().filter(|_| candidates.next().is_none()),
        };
        let Some(&chosen) = chosen else {
            let ids = objects.iter().map(|object| object.id.clone()).collect();
            self.errors.push(PlanError::Ambiguous { address: declared.address.clone(), ids });
            return;
        };
        self.take(&declared.address, chosen, basis);
        let copies = objects.iter().filter(|object| object.id != chosen.id);
        self.copies.extend(copies.map(|copy| (&declared.address, *copy)));
    }

    fn keep_others(
        &mut self,
        unlisted: HashMap<Address, Vec<&'a Object>>,
        elsewhere: &HashMap<Address, Vec<&'a Object>>,
    ) {
        for (address, objects) in unlisted.iter().chain(elsewhere) {
            // Two objects of one address: neither can stand for it.
            if let [object] = objects[..] {
                self.others.insert(address.clone(), object);
                self.name(object, Cow::Owned(address.clone()));
            }
        }
        let pairs = unlisted
            .into_iter()
            .flat_map(|(address, objects)| objects.into_iter().map(move |object| (address.clone(), object)));
        self.unlisted = pairs.collect();
        self.unlisted.sort_unstable_by(|(a, left), (b, right)| (a, &left.id).cmp(&(b, &right.id)));
    }

    fn claims_object(&self, object: &Object) -> bool {
        self.addresses.get(&object.id).is_some_and(|address| self.claims.contains_key(address.as_ref()))
    }
}

/// The weaker signs, for a resource that no object names in full.
struct Search<'a> {
    environment: &'a Environment,
    live: &'a Live,
}

impl<'a> Search<'a> {
    fn find(&self, identity: &mut Identity<'a>, declared: &'a Declared, kind: &Kind) {
        if let Some(object) = self.partly_tagged(identity, declared, kind) {
            identity.take(&declared.address, object, Basis::SomeTags);
        } else if let Some(id) = &declared.adopt {
            match self.adopt(identity, kind, declared, id) {
                Ok(Some(object)) => identity.take(&declared.address, object, Basis::Adopted),
                Ok(None) => identity
                    .errors
                    .push(PlanError::NothingToAdopt { address: declared.address.clone(), id: id.clone() }),
                Err(refusal) => {
                    identity.refused.insert(&declared.address, refusal);
                }
            }
        }
    }

    /// The object that lost some of our tags: those it has are ours, and its name or token is.
    fn partly_tagged(&self, identity: &Identity<'a>, declared: &Declared, kind: &Kind) -> Option<&'a Object> {
        // Most resources without an object meet no stranger, and need none.
        let owner = || self.environment.owner(&declared.address);
        let strangers = &identity.strangers;
        let named = strangers.named(kind, &declared.name);
        let same_scope = named.filter(|object| (kind.same_scope)(&declared.document, &object.live).unwrap_or(false));
        let by_token = strangers.with_token_of(|| {
            let generation = identity.gone.get(&declared.address).copied().unwrap_or_default();
            Token::new(&self.environment.account, &self.environment.region, &owner(), generation)
        });
        let ours = |object: &&Object| {
            object.readiness.is_present() && is_partly(&object.tags, &owner()) && !identity.is_taken(object)
        };
        let candidates: BTreeSet<_> = same_scope.chain(by_token).filter(ours).map(|object| object.id.clone()).collect();
        // Of several none is taken: they show as look-alikes, and a person decides.
        let mut candidates = candidates.iter();
        match (candidates.next(), candidates.next()) {
            (Some(id), None) => self.live.by_id(id).map(|(_, object)| object),
            _ => None,
        }
    }

    fn adopt(
        &self,
        identity: &Identity<'a>,
        kind: &Kind,
        declared: &Declared,
        id: &PhysicalId,
    ) -> Result<Option<&'a Object>, Refusal> {
        let Some(object) = self.adoptable(kind, id) else { return Ok(None) };
        if let Some(address) = identity.address(&object.id) {
            let hint = match &address.environment {
                None => format!("rename it with `renamed_from = \"{address}\"`, or remove `adopt`"),
                Some(other) => format!("give it up in environment {other} first, or refer to it as \"{address}\""),
            };
            return Err(Refusal { why: format!("{id} belongs to {address}"), hint });
        }
        match foreign_owner(&object.tags, &self.environment.owner(&declared.address)) {
            Some(other) => Err(Refusal {
                why: format!("{id} belongs to {other}"),
                hint: "remove its cn-infra tags if it is no longer managed there, or remove `adopt`".into(),
            }),
            None => Ok(Some(object)),
        }
    }

    /// By its id, or by its name or an output (a public address) where that is clear.
    fn adoptable(&self, kind: &Kind, id: &PhysicalId) -> Option<&'a Object> {
        let by_id = self.live.by_id(id).filter(|(of, _)| *of == kind.name).map(|(_, object)| object);
        by_id.filter(|object| object.readiness.is_present()).or_else(|| {
            let says = |object: &&Object| {
                object.readiness.is_present()
                    && (object.name.as_ref() == Some(&id.0) || object.outputs.values().any(|value| *value == id.0))
            };
            let mut matching = self.live.kind(kind.name).iter().filter(says);
            matching.next().filter(|_| matching.next().is_none())
        })
    }
}

/// Whether an object has some of an owner's tags, and none of another's.
fn is_partly(tags: &Tags, owner: &Owner) -> bool {
    let own = owner.tags();
    let mut shared = own.iter().filter_map(|(key, value)| tags.get(key).map(|there| there == value)).peekable();
    shared.peek().is_some() && shared.all(|equal| equal)
}

/// The other project or environment that tags name, for messages.
pub(crate) fn foreign_owner(tags: &Tags, owner: &Owner) -> Option<String> {
    let (project, environment) = (tags.get(PROJECT), tags.get(ENVIRONMENT));
    let same = |tag: Option<&String>, own: &str| tag.is_none_or(|tag| tag == own);
    if same(project, &owner.project) && same(environment, &owner.environment) {
        return None;
    }
    let or_unknown = |tag: Option<&String>| tag.map_or_else(|| "?".to_owned(), Clone::clone);
    Some(format!(
        "project {}, environment {} ({})",
        or_unknown(project),
        or_unknown(environment),
        or_unknown(tags.get(ADDRESS))
    ))
}
