//! A kind of one's own, with a client of its own: pages in a directory, as if that were a cloud. Runs offline.
//!
//! ```sh
//! cargo run -p cn-infra --example own_kind
//! ```
//!
//! A kind is two things: what a file may say of it (`Resource`, no I/O) and how it is read and changed (`Manager`).
//! Everything else — the file's errors, the difference, the order, retries, events — is the engine's.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use cn_infra::core::address::PhysicalId;
use cn_infra::core::apply::{ApplyOptions, Cancellation, apply};
use cn_infra::core::clock::{Clock, TokioClock};
use cn_infra::core::environment::{Environment, Files};
use cn_infra::core::event::Event;
use cn_infra::core::kinds::Kinds;
use cn_infra::core::live::{Observed, Outputs, Readiness};
use cn_infra::core::manager::{Change, Delete, ErrorClass, ManageError, Manager, Managers, New, Progress, Scope};
use cn_infra::core::observe::observe;
use cn_infra::core::owner::Tags;
use cn_infra::core::plan::{PlanOptions, plan};
use cn_infra::core::resource::{Field, FieldChange, Impact, Naming, Output, Resource};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an environment file may say of a page. Unset is unmanaged, in a file and in what was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Page {
    /// What stands in the browser's tab.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// What stands on the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Resource for Page {
    const KIND: &'static str = "page";
    const FIELDS: &'static [Field] = &[Field::managed("title"), Field::managed("text")];
    const OUTPUTS: &'static [Output] = &[Output { name: "file", doc: "Where the page is." }];
    const REQUIRED: &'static [&'static str] = &["title"];
    const NAMING: Naming = Naming { tag: false, required: false, unique: true };
    const ID_FORM: &'static str = "page-0123456789ab";

    fn is_physical_id(text: &str) -> bool {
        text.starts_with("page-")
    }

    fn impact(change: &FieldChange<'_, Self>) -> Impact {
        match change.path {
            "name" => Impact::impossible("a page keeps its name", "declare a new page, and prune this one"),
            "title" => Impact::noted("bookmarks keep the old title"),
            _ => Impact::in_place(),
        }
    }
}

/// A page as it lies on the disk, with the tags that say whose it is.
#[derive(Serialize, Deserialize)]
struct Stored {
    name: String,
    tags: Tags,
    page: Page,
}

/// The client: a directory with a file for each page.
struct Shelf {
    directory: PathBuf,
}

impl Shelf {
    fn file(&self, id: &str) -> PathBuf {
        self.directory.join(format!("{id}.json"))
    }

    fn read(&self, id: &str) -> Result<Stored, ManageError> {
        let bytes = std::fs::read(self.file(id)).map_err(failed)?;
        serde_json::from_slice(&bytes).map_err(io::Error::from).map_err(failed)
    }

    fn write(&self, id: &str, stored: &Stored) -> Result<(), ManageError> {
        let text = serde_json::to_string_pretty(stored).map_err(io::Error::from).map_err(failed)?;
        std::fs::write(self.file(id), text).map_err(failed)
    }

    fn ids(&self) -> Result<Vec<String>, ManageError> {
        let entries = self.directory.read_dir().map_err(failed)?;
        let name = |entry: io::Result<std::fs::DirEntry>| {
            let path = entry.map_err(failed)?.path();
            Ok(path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
        };
        entries.map(name).collect()
    }
}

/// The engine decides by the class alone: what is gone, what to retry, what to give up.
fn failed(error: io::Error) -> ManageError {
    let class = match error.kind() {
        io::ErrorKind::NotFound => ErrorClass::Gone,
        io::ErrorKind::PermissionDenied => ErrorClass::Denied,
        _ => ErrorClass::Unknown,
    };
    ManageError { source: Some(Box::new(error)), ..ManageError::new(class, "the shelf cannot be used") }
}

impl Manager for Shelf {
    type Resource = Page;

    async fn observe(&self, scope: &Scope<'_, Page>) -> Result<Vec<Observed<Page>>, ManageError> {
        let mut observed = Vec::new();
        for id in self.ids()?.into_iter().filter(|id| scope.includes(id)) {
            let Stored { name, tags, page } = self.read(&id)?;
            observed.push(Observed {
                outputs: Outputs::from([("file".to_owned(), self.file(&id).display().to_string())]),
                id: PhysicalId(id),
                aliases: Vec::new(),
                name: Some(name),
                token: None,
                tags,
                live: page,
                readiness: Readiness::Ready,
                unfinished: None,
            });
        }
        Ok(observed)
    }

    /// The id follows from the token, so a create that is sent twice makes one page.
    async fn create(&self, new: New<'_, Page>) -> Result<PhysicalId, ManageError> {
        let token: String = new.token.text().chars().take(12).collect();
        let id = format!("page-{}", token.to_lowercase());
        let stored = Stored { name: new.name.to_owned(), tags: new.tags.clone(), page: new.resource.clone() };
        self.write(&id, &stored)?;
        Ok(PhysicalId(id))
    }

    async fn update(&self, id: &PhysicalId, change: Change<'_, Page>) -> Result<Progress, ManageError> {
        let mut stored = self.read(&id.0)?;
        let Page { title, text } = change.desired;
        stored.page.title = title.clone().or(stored.page.title);
        stored.page.text = text.clone().or(stored.page.text);
        stored.tags.retain(|key, _| !change.tags.remove.contains(key));
        stored.tags.extend(change.tags.set.clone());
        self.write(&id.0, &stored)?;
        Ok(Progress::Done)
    }

    async fn delete(&self, id: &PhysicalId, _: Delete<'_, Page>) -> Result<Progress, ManageError> {
        std::fs::remove_file(self.file(&id.0)).map_err(failed)?;
        Ok(Progress::Done)
    }
}

/// Environment files may come from anywhere; here they are a text in memory.
struct Text(&'static str);

impl Files for Text {
    fn read(&self, _: &Path) -> io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }
}

const FIRST: &str = r#"
[environment]
name    = "docs"
project = "coralnet"
account = "123456789012"
region  = "us-west-2"

[page.about]
title = "About"
text  = "CoralNet is a repository of coral images."

[page.help]
title = "Help"
"#;

const SECOND: &str = r#"
[environment]
name    = "docs"
project = "coralnet"
account = "123456789012"
region  = "us-west-2"

[page.about]
title = "About CoralNet"
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    for line in story().await? {
        println!("{line}");
    }
    Ok(())
}

/// Makes two pages, finds nothing to do, changes one and leaves the other out, then prunes it: what happened, in lines.
pub async fn story() -> Result<Vec<String>, Box<dyn Error>> {
    let shelf = tempfile::tempdir()?;
    let mut lines = Vec::new();
    for (text, prune) in [(FIRST, false), (FIRST, false), (SECOND, false), (SECOND, true)] {
        lines.extend(bring_about(text, prune, shelf.path()).await?);
    }
    Ok(lines)
}

/// Plans and applies one version of the file.
async fn bring_about(text: &'static str, prune: bool, shelf: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let (kinds, clock) = (Kinds::new().with::<Page>(), TokioClock::new());
    let managers = Managers::new().with(Shelf { directory: shelf.to_owned() });

    let environment = Environment::load_from(&Text(text), Path::new("environments"), "docs", &kinds)?;
    let live = observe(&environment, &managers, clock.now()).await?;
    let plan = plan(&environment, &live, &kinds, &PlanOptions { prune, ..PlanOptions::default() }, clock.now())?;

    let mut lines = vec![format!("{} steps, {} unlisted", plan.steps.len(), plan.unlisted.len())];
    let mut tell = |event: &Event| {
        if let Event::Finished { step, outcome, .. } = event {
            lines.push(format!("  {step}: {outcome:?}"));
        }
    };
    let (options, stop) = (ApplyOptions::default(), Cancellation::default());
    apply(&plan, &kinds, &managers, &options, &clock, &stop, &mut tell).await;
    Ok(lines)
}
