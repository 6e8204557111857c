//! The toggle developers ⇄ everyone: nobody who is let in before and after is cut off at any call, two writes a group, and
//! a file that is byte for byte what it was after two toggles.

use std::collections::BTreeMap;
use std::path::Path;

use cn_infra::aws::reach::{Access, Sources};
use cn_infra::aws::security_group::{Protocol, SecurityGroup};
use cn_infra::core::environment::edit::{Members, set_network};
use cn_infra_sandbox::settings::Settings;
use cn_infra_sandbox::{Caller, Sandbox};

use crate::crash::account::{Account, Wanted};
use crate::crash::wire::Around;

/// Two groups, three rules each, both families of IP; and a layout that an editor could spoil.
const FILE: &str = r#"
[environment]
name    = "site"
project = "toggle"
account = "123456789012"
region  = "us-west-2"

[networks]   # who is who
developers = [
    "198.51.100.7/32",   # ana
    "2001:db8:7::/64",
]
everyone = ["0.0.0.0/0", "::/0"]
visitors   =   'developers'     # the toggle

[security_group.web.ingress]
http  = { port = 80,   from = ["visitors"] }
https = { port = 443,  from = ["visitors"] }
alt   = { port = 8443, from = ["visitors"] }
ssh   = { port = 22,   from = ["developers"] }

[security_group.api.ingress]
http  = { port = 80,   from = ["visitors"] }
https = { port = 443,  from = ["visitors"] }
alt   = { port = 8443, from = ["visitors", "sg-0123456789abcdef0"] }
"#;

const GROUPS: [&str; 2] = ["toggle-site-api", "toggle-site-web"];

fn load(directory: &Path) -> Wanted {
    Wanted::load(directory, "site", false)
}

fn toggle(directory: &Path, to: &str) -> Wanted {
    let path = directory.join("site.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, set_network(&text, "visitors", Members::Same(to)).unwrap()).unwrap();
    load(directory)
}

/// What each group lets in, as the account has it.
async fn reach(sandbox: &Sandbox, wanted: &Wanted) -> BTreeMap<String, Access> {
    let account = Account::over(sandbox.fork().unwrap(), false);
    let live = account.observe(wanted).await.unwrap();
    let groups = live.kind("security_group").iter().filter(|group| group.name.as_deref() != Some("default"));
    groups
        .map(|group| {
            let rules: SecurityGroup = group.live.to().unwrap();
            (group.name.clone().unwrap(), Access::of_group(&rules, live.at))
        })
        .collect()
}

/// Toggles, and looks at the account after every call. Tells the calls that write.
async fn applied(account: &Account, wanted: &Wanted) -> Vec<String> {
    let before = reach(&account.sandbox, wanted).await;
    let plan = account.plan(wanted).await.unwrap();
    let wire = account.wire().copying(|_| true);
    let calls = account.sandbox.calls().len();
    let report = account.apply(&plan, &wire).await.unwrap();
    assert!(report.is_success(), "{:#?}", report.outcomes);
    let after = reach(&account.sandbox, wanted).await;
    for Around { call, after: now, .. } in wire.take_around() {
        let now = reach(&now, wanted).await;
        for group in before.keys() {
            let cut_off = Access::cut_off(&before[group], &now[group], &after[group]);
            assert!(cut_off.is_empty(), "call {call} cuts off {cut_off:?} of {group}");
            let beyond = now[group].without(&before[group].union(&after[group]));
            assert!(beyond.is_empty(), "call {call} lets in {beyond:?} to {group}");
        }
    }
    assert_eq!(account.plan(wanted).await.unwrap().steps, []);
    let calls = account.sandbox.calls().split_off(calls);
    let writes = calls.into_iter().map(|call| call.operation).filter(|name| !name.starts_with("Describe"));
    let mut writes: Vec<_> = writes.collect();
    writes.sort();
    writes
}

#[tokio::test]
async fn nobody_allowed_before_and_after_loses_access_at_any_call() {
    let directory = tempfile::tempdir().unwrap();
    // A group that exists, for the rule that names one by its id.
    let account = Account::new();
    let settings = account.sandbox.settings().unwrap();
    account.sandbox.set_settings(Settings { consistency_delay: 0.0, ..settings }).unwrap();
    let id = default_group(&account.sandbox);
    let file = FILE.replace("sg-0123456789abcdef0", &id);
    std::fs::write(directory.path().join("site.toml"), &file).unwrap();
    account.converge(&load(directory.path())).await.unwrap();

    for (to, world) in [("everyone", true), ("developers", false)] {
        let wanted = toggle(directory.path(), to);
        let writes = applied(&account, &wanted).await;
        let two_a_group =
            ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"].map(|name| [name; 2]).concat();
        assert_eq!(writes, two_a_group, "to {to}");
        let reach = reach(&account.sandbox, &wanted).await;
        for group in GROUPS {
            for port in [80, 443, 8443] {
                assert_eq!(reach[group].sources(Protocol::Tcp, port).is_worldwide(), world, "{group} {port}");
            }
        }
        let ana = Sources::of_cidrs(&["198.51.100.7/32".parse().unwrap(), "2001:db8:7::/64".parse().unwrap()]);
        assert!(ana.is_within(&reach["toggle-site-web"].sources(Protocol::Tcp, 22)));
    }
    let now = std::fs::read_to_string(directory.path().join("site.toml")).unwrap();
    assert_eq!(now, file, "two toggles leave the file as it was");
}

fn default_group(sandbox: &Sandbox) -> String {
    let caller = Caller::new(sandbox, "123456789012", "us-west-2");
    let answer = caller.query("ec2", "DescribeSecurityGroups", &[("Version", "2016-11-15")]).unwrap();
    let group = answer.child("securityGroupInfo").and_then(|groups| groups.child("item")).unwrap();
    group.get("groupId").unwrap().to_owned()
}
