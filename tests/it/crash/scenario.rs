//! What is applied when the process is killed: both environments of the repository from nothing, and an update of each
//! kind of a small one.

use std::collections::BTreeMap;
use std::path::Path;

use cn_infra::core::address::{Address, PhysicalId};
use cn_infra::core::environment::edit::set_adopt;
use cn_infra_sandbox::{Caller, Sandbox};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::account::{ACCOUNT, Account, REGION, Wanted};

/// A change of an account.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    change: Change,
    /// What the account has in the end: the lines of the inventory.
    pub end: &'static [(&'static str, usize)],
}

#[derive(Clone, Copy, Debug)]
enum Change {
    /// An environment of this repository, from nothing.
    Repository(&'static str),
    /// Texts of the small environment replaced by others.
    Update(&'static [(&'static str, &'static str)]),
    /// Resources of the small environment taken out, and their objects pruned.
    Prune(&'static [&'static str]),
    /// The objects of the small environment lost their tags, and are adopted.
    Adopt,
}

/// An account before a change, and what is wanted of it.
#[derive(Debug)]
pub struct Scene {
    pub account: Account,
    pub wanted: Wanted,
    /// Where the files are.
    _directory: TempDir,
}

const SITE: &str = include_str!("site.toml");

/// What the small environment has.
const SITE_END: &[(&str, usize)] = &[
    ("address elastic_ip.one", 1),
    ("address elastic_ip.two", 1),
    ("bucket bucket.media", 1),
    ("database db_instance.main", 1),
    ("group security_group.db", 1),
    ("group security_group.web", 1),
    ("instance instance.a running", 1),
    ("instance instance.b running", 1),
    ("volume instance.a", 1),
    ("volume instance.b", 1),
];

/// What both environments of the repository have.
const CORALNET_END: &[(&str, usize)] = &[
    ("address elastic_ip.site", 1),
    ("bucket bucket.media", 1),
    ("database db_instance.main", 1),
    ("group security_group.db", 1),
    ("group security_group.web", 1),
    ("instance instance.web running", 1),
    ("volume instance.web", 1),
];

/// All of them.
pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "staging from nothing", change: Change::Repository("staging"), end: CORALNET_END },
    Scenario { name: "production from nothing", change: Change::Repository("production"), end: CORALNET_END },
    Scenario {
        name: "type",
        change: Change::Update(&[(r#"type = "t3.micro" # a"#, r#"type = "t3.small""#)]),
        end: SITE_END,
    },
    Scenario { name: "disk", change: Change::Update(&[("size_gib = 8", "size_gib = 12")]), end: SITE_END },
    Scenario {
        name: "rename",
        change: Change::Update(&[
            (r#"name = "server-a""#, r#"name = "server-one""#),
            (r#"name = "address-one""#, r#"name = "address-first""#),
            (r#"name = "reef-main""#, r#"name = "reef-first""#),
        ]),
        end: SITE_END,
    },
    Scenario {
        name: "rules",
        change: Change::Update(&[
            (
                r#"http = { port = 80, from = ["0.0.0.0/0"] }"#,
                r#"https = { port = 443, from = ["0.0.0.0/0", "::/0"] }"#,
            ),
            (
                r#"web = { port = 5432, from = ["security_group.web"] }"#,
                r#"ops = { port = 5432, from = ["198.51.100.7/32"] }"#,
            ),
        ]),
        end: SITE_END,
    },
    Scenario {
        name: "policy, versioning, tags",
        change: Change::Update(&[
            (
                "versioning = false",
                "versioning = true\nlifecycle = [{ id = \"old\", noncurrent_expiration_days = 30 }]",
            ),
            ("media.json", "media-after.json"),
            (r#"Stage = "before""#, r#"Stage = "after""#),
        ]),
        end: SITE_END,
    },
    Scenario {
        name: "database",
        change: Change::Update(&[
            (r#"class = "db.t3.micro""#, r#"class = "db.t3.small""#),
            ("backup_retention_days = 1", "backup_retention_days = 7"),
        ]),
        end: &[
            ("address elastic_ip.one", 1),
            ("address elastic_ip.two", 1),
            ("bucket bucket.media", 1),
            ("database db_instance.main", 1),
            ("group security_group.db", 1),
            ("group security_group.web", 1),
            ("instance instance.a running", 1),
            ("instance instance.b running", 1),
            ("snapshot db_instance.main", 1),
            ("volume instance.a", 1),
            ("volume instance.b", 1),
        ],
    },
    Scenario {
        name: "move of an address",
        change: Change::Update(&[
            (r#"instance = "instance.a" # one"#, r#"instance = "instance.b""#),
            (r#"instance = "instance.b" # two"#, r#"instance = "none""#),
        ]),
        end: &[
            ("address elastic_ip.one", 1),
            ("address elastic_ip.two unassociated", 1),
            ("bucket bucket.media", 1),
            ("database db_instance.main", 1),
            ("group security_group.db", 1),
            ("group security_group.web", 1),
            ("instance instance.a running", 1),
            ("instance instance.b running", 1),
            ("volume instance.a", 1),
            ("volume instance.b", 1),
        ],
    },
    Scenario {
        name: "exchange of two addresses",
        change: Change::Update(&[
            (r#"instance = "instance.a" # one"#, r#"instance = "instance.b""#),
            (r#"instance = "instance.b" # two"#, r#"instance = "instance.a""#),
        ]),
        end: SITE_END,
    },
    Scenario { name: "adoption", change: Change::Adopt, end: SITE_END },
    Scenario {
        name: "prune",
        change: Change::Prune(&["instance.b", "elastic_ip.two", "db_instance.main", "security_group.db"]),
        end: &[
            ("address elastic_ip.one", 1),
            ("bucket bucket.media", 1),
            ("group security_group.web", 1),
            ("instance instance.a running", 1),
            ("snapshot db_instance.main", 1),
            ("volume instance.a", 1),
        ],
    },
];

impl Scenario {
    /// The account as it is before the change, and what is wanted of it.
    pub async fn prepare(&self) -> Scene {
        let directory = site();
        if let Change::Repository(name) = self.change {
            let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("environments");
            let wanted = Wanted::load(&repository, name, false);
            return Scene { account: Account::new(), wanted, _directory: directory };
        }
        let account = Account::over(applied().await.fork().unwrap(), false);
        let after = match self.change {
            Change::Update(replaced) => replaced.iter().fold(SITE.to_owned(), |text, (before, after)| {
                assert!(text.contains(before), "{before}");
                text.replace(before, after)
            }),
            Change::Prune(gone) => without(SITE, gone),
            Change::Adopt => strip(&account, directory.path()).await,
            Change::Repository(_) => SITE.to_owned(),
        };
        std::fs::write(directory.path().join("site.toml"), after).unwrap();
        let wanted = Wanted::load(directory.path(), "site", matches!(self.change, Change::Prune(_)));
        Scene { account, wanted, _directory: directory }
    }
}

/// The directory of the small environment.
fn site() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    for (name, action) in [("media.json", "GetObject"), ("media-after.json", "GetObjectVersion")] {
        write(name, &include_str!("media.json").replace("ACTION", action));
    }
    write("site.toml", SITE);
    directory
}

/// An account to which the small environment was applied: once for all.
async fn applied() -> &'static Sandbox {
    static APPLIED: OnceCell<Sandbox> = OnceCell::const_new();
    let apply = async || {
        let (account, directory) = (Account::new(), site());
        account.converge(&Wanted::load(directory.path(), "site", false)).await.unwrap();
        account.sandbox
    };
    APPLIED.get_or_init(apply).await
}

/// The file without the tables of some resources.
fn without(text: &str, resources: &[&str]) -> String {
    let tables = text.split("\n[");
    let stays = |table: &&str| {
        !resources.iter().any(|gone| table.starts_with(&format!("{gone}]")) || table.starts_with(&format!("{gone}.")))
    };
    tables.filter(stays).collect::<Vec<_>>().join("\n[")
}

/// Takes the tags of every object away, as a person may in a console, and writes into the file that they are adopted.
async fn strip(account: &Account, directory: &Path) -> String {
    let ids = ids(account, directory).await;
    let caller = Caller::new(&account.sandbox, ACCOUNT, REGION);
    let mut text = SITE.to_owned();
    for (address, (id, arn)) in ids {
        match address.kind.as_str() {
            "bucket" => drop(caller.s3(http::Method::DELETE, &format!("/{}?tagging", id.0), &[], Vec::new()).unwrap()),
            "db_instance" => {
                let keys = ["project", "environment", "address", "tags"].map(|key| format!("cn-infra:{key}"));
                let named = |(n, key): (usize, &String)| (format!("TagKeys.member.{}", n + 1), key.clone());
                let keys: Vec<_> = keys.iter().enumerate().map(named).collect();
                let mut parameters = vec![("ResourceName", arn.as_str())];
                parameters.extend(keys.iter().map(|(name, key)| (name.as_str(), key.as_str())));
                caller.query("rds", "RemoveTagsFromResource", &parameters).unwrap();
            }
            _ => drop(caller.query("ec2", "DeleteTags", &[("ResourceId.1", &id.0)]).unwrap()),
        }
        text = set_adopt(&text, &address, &id).unwrap();
    }
    text
}

/// The object of every resource, with its ARN where it tells one.
async fn ids(account: &Account, directory: &Path) -> BTreeMap<Address, (PhysicalId, String)> {
    let wanted = Wanted::load(directory, "site", false);
    let live = account.observe(&wanted).await.unwrap();
    let kinds = cn_infra::aws::kinds();
    let identity = cn_infra::core::plan::identity::identify(&wanted.environment, &live, &kinds);
    let found = wanted.environment.resources.keys().map(|address| {
        let object = identity.object(address).unwrap();
        (address.clone(), (object.id.clone(), object.outputs.get("arn").cloned().unwrap_or_default()))
    });
    found.collect()
}
