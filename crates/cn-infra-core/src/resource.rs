//! What a kind is: the typed model of its resources, and the small questions the engine asks of it. No I/O.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address::Reference;
use crate::check::{Context, Finding};
use crate::environment::Networks;
use crate::export::Exporting;

/// What an environment file may say of one kind, and how two versions of it compare.
///
/// Desired and live share this type. Every field is an `Option`: one left out is not managed in a file, and not
/// known in a live object. A value of the type can therefore be read from any subset of its fields.
pub trait Resource:
    Serialize + DeserializeOwned + JsonSchema + Default + Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static
{
    /// The kind's name in files: `instance`.
    const KIND: &'static str;
    /// Every field, at every depth, with its role; the kind contract holds it against the schema.
    const FIELDS: &'static [Field];
    /// What is split off into steps of its own, so that cycles of references dissolve.
    const PARTS: &'static [Part] = &[];
    /// What an object tells once it exists, for `output` and templates: name and meaning.
    const OUTPUTS: &'static [Output];
    /// Fields that a create cannot do without.
    const REQUIRED: &'static [&'static str] = &[];
    /// How the common field `name` is used.
    const NAMING: Naming;
    /// Whether `--prune` deletes objects of the kind; where it does not, a command of the kind's own does.
    const PRUNE: bool = true;
    /// How many objects of the kind an account may have in a region, unless it asked AWS for more; where few are.
    const QUOTA: Option<usize> = None;
    /// Whether data goes with an object that is deleted: then its deletion has to be allowed by its name.
    const HOLDS_DATA: bool = false;
    /// How the kind's physical ids look, for messages: `i-0123456789abcdef0`.
    const ID_FORM: &'static str;

    /// Whether a text can be the physical id of an object of this kind.
    fn is_physical_id(text: &str) -> bool;

    /// Shows each reference with the path of its field.
    fn references(&mut self, each: &mut dyn FnMut(&str, &mut Reference)) {
        let _ = each;
    }

    /// What a change of one field, or of the common field `name`, costs.
    fn impact(change: &FieldChange<'_, Self>) -> Impact;

    /// Brings desired and live into a form in which equal meaning is equal value; doing it twice changes nothing more.
    ///
    /// Called before every comparison, for a create with an empty `live`. May change both sides (a version asked
    /// for less exactly, rules named as the file names them), never what the desired side asks for.
    fn normalize(&mut self, live: &mut Self, now: Timestamp) {
        let _ = (live, now);
    }

    /// Replaces names of networks by what they stand for; reports unknown ones with the path of their field.
    fn expand(&mut self, networks: &Networks, unknown: &mut dyn FnMut(&str, &str)) {
        let _ = (networks, unknown);
    }

    /// Says a live object in the words of a file, for `export`: takes out what a file should not say, and names networks
    /// instead of CIDRs. Answers with remarks for whoever reads the file, or with why no file can declare the object.
    fn export(&mut self, exporting: &Exporting<'_>) -> Result<Vec<String>, String> {
        let _ = exporting;
        Ok(Vec::new())
    }

    /// Rules over several fields that the types alone cannot say.
    fn validate(&self, each: &mut dyn FnMut(Problem)) {
        let _ = each;
    }

    /// What to know before another object takes the place of one that was deleted, as the end of a sentence: where its data
    /// is, what is not to be had again. Of the object what was read before, without what only a create uses.
    fn after_delete(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }

    /// Whether two objects of the same name are the same thing: groups are, within one VPC only.
    fn same_scope(&self, live: &Self) -> bool {
        let _ = live;
        true
    }

    /// What deserves a remark although it is valid, with or without a live object.
    fn check(&self, context: &Context<'_, Self>, each: &mut dyn FnMut(Finding)) {
        let _ = (context, each);
    }
}

/// One field of a kind. `volumes.*.size_gib` is a field of each entry of a table whose keys the user chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Dotted path; `*` stands for a key of the user's.
    pub path: &'static str,
    /// What the engine does with it.
    pub role: Role,
    /// The value is a path, relative to the environment file, of a file whose text is meant.
    pub file: bool,
    /// What the field refers to has room for one: who comes takes the place of who is there.
    pub exclusive: bool,
}

/// What the engine does with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Compared, and brought to what the file says.
    Managed,
    /// Used by create; a later difference is reported, never sent.
    CreateOnly,
    /// How to change, never compared.
    Instruction,
}

impl Field {
    /// A field that is compared and changed.
    pub const fn managed(path: &'static str) -> Self {
        Self { path, role: Role::Managed, file: false, exclusive: false }
    }

    /// A field that only create uses.
    pub const fn create_only(path: &'static str) -> Self {
        Self { path, role: Role::CreateOnly, file: false, exclusive: false }
    }

    /// A field that tells how to change.
    pub const fn instruction(path: &'static str) -> Self {
        Self { path, role: Role::Instruction, file: false, exclusive: false }
    }

    /// The same field, holding the path of a text file.
    #[must_use]
    pub const fn file(self) -> Self {
        Self { file: true, ..self }
    }

    /// The same field, referring to what has room for one.
    #[must_use]
    pub const fn exclusive(self) -> Self {
        Self { exclusive: true, ..self }
    }
}

/// Top-level fields that are one step of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The part's name: `rules`.
    pub name: &'static str,
    /// Its fields: `ingress`, `egress`.
    pub fields: &'static [&'static str],
}

/// One output: name and meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// The name, as in `{{elastic_ip.site.public_ip}}`.
    pub name: &'static str,
    /// One sentence for the reference.
    pub doc: &'static str,
}

/// How a kind uses the common field `name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    /// The object bears the name as its `Name` tag.
    pub tag: bool,
    /// The file must say it: there is no sensible default.
    pub required: bool,
    /// Within its scope no two objects can have the same name.
    pub unique: bool,
}

/// A difference in one field, as a kind judges it.
#[derive(Debug)]
pub struct FieldChange<'a, R> {
    /// Dotted path of the field: `storage.size_gib`, `ingress.http.from`, or `name`.
    pub path: &'a str,
    /// What is there, if it is known.
    pub before: Option<&'a Value>,
    /// What is wanted; `None` removes an entry of a table.
    pub after: Option<&'a Value>,
    /// The whole desired resource.
    pub desired: &'a R,
    /// The whole live resource.
    pub live: &'a R,
}

/// What a change costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "impact")]
pub enum Impact {
    /// Nothing stops working; the note says what else a reader should know.
    InPlace {
        /// What the plan says beside "in place".
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Something stops for a while.
    Interrupts {
        /// What stops, and for how long.
        why: String,
    },
    /// AWS cannot, or the file must first allow it.
    Impossible {
        /// The rule that forbids it.
        why: String,
        /// The way out.
        hint: String,
    },
    /// Left as it is, and said.
    Ignored {
        /// Why nothing is done.
        why: String,
    },
}

impl Impact {
    /// In place, with nothing more to say.
    pub const fn in_place() -> Self {
        Self::InPlace { note: None }
    }

    /// In place, with a remark.
    pub fn noted(note: impl Into<String>) -> Self {
        Self::InPlace { note: Some(note.into()) }
    }

    /// Something stops for a while.
    pub fn interrupts(why: impl Into<String>) -> Self {
        Self::Interrupts { why: why.into() }
    }

    /// It cannot be done; the hint is the way out.
    pub fn impossible(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Impossible { why: why.into(), hint: hint.into() }
    }

    /// Nothing is done about it.
    pub fn ignored(why: impl Into<String>) -> Self {
        Self::Ignored { why: why.into() }
    }
}

/// Something wrong with a resource that is valid field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field the message points at.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with one field, without a hint.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), hint: None }
    }

    /// The same problem, with what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}
