//! Objects that no resource claims: which of them is the thing that a create would make a second time.

use std::collections::HashMap;

use crate::address::{Address, PhysicalId};
use crate::document::DocumentError;
use crate::environment::{Declared, Environment};
use crate::kinds::Kind;
use crate::live::{Live, Object, Readiness};
use crate::plan::identity::{Identity, Refusal, foreign_owner};
use crate::token::Token;

/// Unclaimed objects, by name and by client token.
#[derive(Debug, Default)]
pub(super) struct Strangers<'a> {
    named: HashMap<(&'static str, &'a str), Vec<&'a Object>>,
    tokens: HashMap<&'a str, &'a Object>,
}

impl<'a> Strangers<'a> {
    pub(super) fn of(live: &'a Live, unclaimed: impl Fn(&Object) -> bool) -> Self {
        let mut strangers = Self::default();
        for (kind, object) in live.all().filter(|(_, object)| unclaimed(object)) {
            if let Some(name) = object.name.as_deref().filter(|_| object.readiness != Readiness::Gone) {
                strangers.named.entry((kind, name)).or_default().push(object);
            }
            if let Some(token) = object.token.as_deref() {
                strangers.tokens.insert(token, object);
            }
        }
        strangers
    }

    pub(super) fn named(&self, kind: &Kind, name: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.named.get(&(kind.name, name)).cloned().into_iter().flatten()
    }

    /// The object that bears a token, which is computed only where any object has one.
    pub(super) fn with_token_of(&self, token: impl FnOnce() -> Token) -> Option<&'a Object> {
        if self.tokens.is_empty() { None } else { self.tokens.get(token().text().as_str()).copied() }
    }
}

/// Whether a resource without an object can be created, and as which generation.
pub(super) struct Creation<'a> {
    pub environment: &'a Environment,
    pub identity: &'a Identity<'a>,
    /// Resources to create although something looks like them.
    pub anyway: &'a [Address],
}

impl Creation<'_> {
    /// How many objects of the resource were there before and are gone: no token may be used for a second object.
    pub(super) fn generation(&self, declared: &Declared) -> u32 {
        let gone = self.identity.gone.get(&declared.address).copied().unwrap_or_default();
        let used = |generation: &u32| {
            let bearer = self.identity.strangers.with_token_of(|| self.token(declared, *generation));
            bearer.is_some_and(|object| object.readiness == Readiness::Gone)
        };
        (gone..u32::MAX).find(|generation| !used(generation)).unwrap_or(gone)
    }

    fn token(&self, declared: &Declared, generation: u32) -> Token {
        let owner = self.environment.owner(&declared.address);
        Token::new(&self.environment.account, &self.environment.region, &owner, generation)
    }

    /// What forbids the create.
    pub(super) fn refusal(
        &self,
        declared: &Declared,
        kind: &Kind,
        generation: u32,
    ) -> Result<Option<Refusal>, DocumentError> {
        if let Some(leaving) = self.identity.leaving.get(&declared.address) {
            return Ok(Some(still_leaving(leaving)));
        }
        if let Some(bearer) = self.identity.strangers.with_token_of(|| self.token(declared, generation)) {
            if let Readiness::Leaving(_) = bearer.readiness {
                return Ok(Some(still_leaving(bearer)));
            }
            if !self.may_create_anyway(declared, kind) {
                return Ok(Some(self.exists(declared, kind, bearer)));
            }
        }
        for object in self.identity.strangers.named(kind, &declared.name) {
            if (kind.same_scope)(&declared.document, &object.live)?
                && let Some(refusal) = self.same_name(declared, kind, object)
            {
                return Ok(Some(refusal));
            }
        }
        Ok(None)
    }

    /// The objects of the same name beside which it is created anyway.
    pub(super) fn alike(&self, declared: &Declared, kind: &Kind) -> Vec<PhysicalId> {
        if !self.may_create_anyway(declared, kind) {
            return Vec::new();
        }
        self.identity.strangers.named(kind, &declared.name).map(|object| object.id.clone()).collect()
    }

    fn may_create_anyway(&self, declared: &Declared, kind: &Kind) -> bool {
        !kind.naming.unique && self.anyway.contains(&declared.address)
    }

    fn same_name(&self, declared: &Declared, kind: &Kind, object: &Object) -> Option<Refusal> {
        let owner = self.owner_of(declared, object);
        if !kind.naming.unique && (owner.is_some() || self.anyway.contains(&declared.address)) {
            return None;
        }
        if let Readiness::Leaving(_) = object.readiness {
            return Some(still_leaving(object));
        }
        Some(match owner {
            None => self.exists(declared, kind, object),
            Some(owner) => Refusal {
                why: format!("{} is named {:?} too and belongs to {owner}", object.id, declared.name),
                hint: format!("give {} another `name`", declared.address),
            },
        })
    }

    /// Whose an object is, for messages; `None` where nobody says so.
    fn owner_of(&self, declared: &Declared, object: &Object) -> Option<String> {
        let own = self.environment.owner(&declared.address);
        foreign_owner(&object.tags, &own).or_else(|| object.owner().map(|owner| owner.address.to_string()))
    }

    fn exists(&self, declared: &Declared, kind: &Kind, object: &Object) -> Refusal {
        let (address, id) = (&declared.address, &object.id);
        let adopt = format!("cn-infra adopt {} {address} {id}", self.environment.name);
        let hint = if kind.naming.unique {
            format!("`{adopt}` takes it under management")
        } else {
            format!("`{adopt}` takes it under management, `--create-anyway {address}` makes a second one")
        };
        Refusal { why: format!("exists without our tags: {id}"), hint }
    }
}

fn still_leaving(object: &Object) -> Refusal {
    let status = match &object.readiness {
        Readiness::Leaving(status) => format!(" ({status})"),
        _ => String::new(),
    };
    Refusal { why: format!("{} is still being deleted{status}", object.id), hint: "plan again when it is gone".into() }
}
