//! Objects that lost the tags which say whose they are: nothing is made beside them, and the plan says how to take them back.

use cn_infra::core::plan::{Action, PlanOptions};
use http::Method;

use crate::allowed::SERVER;
use crate::guarded::environment;
use crate::renamed::DATABASE;
use crate::simulated::Simulated;

#[tokio::test]
async fn of_no_kind_a_second_object_is_made() {
    let account = Simulated::start().await;
    let site = environment(&format!("{SERVER}{DATABASE}[bucket.media]\nname = \"coralnet-media\"\n"));
    account.given(&site).await;
    let live = account.whole().await;
    let keys = ["project", "environment", "address", "tags"].map(|key| format!("cn-infra:{key}"));
    for (kind, object) in live.all().filter(|(_, object)| object.tags.contains_key(&keys[0])) {
        let (resource, key) =
            if kind == "db_instance" { ("ResourceName", "TagKeys.member") } else { ("ResourceId.1", "Tag") };
        let id = object.outputs.get("arn").filter(|_| kind == "db_instance").unwrap_or(&object.id.0);
        let key = |n: usize| if kind == "db_instance" { format!("{key}.{n}") } else { format!("{key}.{n}.Key") };
        let named: Vec<_> = (1..).map(key).zip(&keys).collect();
        let mut parameters = vec![(resource, id.as_str())];
        parameters.extend(named.iter().map(|(name, key)| (name.as_str(), key.as_str())));
        match kind {
            "bucket" => {
                account.caller().s3(Method::DELETE, &format!("/{id}?tagging"), &[], Vec::new()).unwrap();
            }
            "db_instance" => drop(account.query("rds", "RemoveTagsFromResource", &parameters)),
            _ => drop(account.query("ec2", "DeleteTags", &parameters)),
        }
    }

    let plan = account.plan(&site, &PlanOptions::default()).await;
    let creates: Vec<_> =
        plan.steps.iter().filter(|step| step.action == Action::Create).map(|step| step.id.to_string()).collect();
    assert_eq!(creates, [""; 0]);
    let blocked: Vec<_> =
        plan.blocked.iter().filter(|blocked| blocked.why.starts_with("exists without our tags")).collect();
    let ids: Vec<_> = blocked.iter().map(|blocked| blocked.id.to_string()).collect();
    assert_eq!(ids, ["bucket.media", "db_instance.main", "elastic_ip.site", "instance.web", "security_group.web"]);
    for blocked in blocked {
        let adopt = format!("`cn-infra adopt staging {} ", blocked.id);
        assert!(blocked.hint.starts_with(&adopt), "{blocked:?}");
    }
}
