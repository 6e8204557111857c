//! Several addresses with the tags of one resource.

use cn_infra_core::manager::Wanted;

use super::*;

/// An address of `elastic_ip.site`, allocated by an apply of this project.
fn of_site(id: &str, instance: Option<&str>, protected: bool) -> String {
    let tags = [("project", "p"), ("environment", "e"), ("address", "elastic_ip.site"), ("protect", "true")];
    let tag = |(key, value): &(&str, &str)| {
        let shown = *key != "protect" || protected;
        shown.then(|| format!("<item><key>cn-infra:{key}</key><value>{value}</value></item>"))
    };
    let tags: String = tags.iter().filter_map(tag).collect();
    let target = instance.map(|id| format!("<instanceId>{id}</instanceId>")).unwrap_or_default();
    format!("<item><allocationId>{id}</allocationId>{target}<tagSet>{tags}</tagSet></item>")
}

fn set(addresses: &[String]) -> String {
    format!("<addressesSet>{}</addressesSet>", addresses.concat())
}

/// The addresses that a reading tells, each with whether it is to be rid of others.
async fn told(answer: &str, points_at: &str) -> Vec<(String, bool)> {
    let script = Script::new().answer("DescribeAddresses", answer);
    let declared = [Wanted {
        owner: Owner { project: "p".into(), environment: "e".into(), address: Address::new("elastic_ip", "site") },
        name: "site".into(),
        adopt: None,
        resource: ElasticIp { instance: Some(points_at.parse().unwrap()) },
    }];
    let scope = Scope { only: None, declared: &declared };
    let observed = ElasticIps::new(&script.session()).observe(&scope).await.unwrap();
    observed.into_iter().map(|address| (address.id.0, address.unfinished.is_some())).collect()
}

#[tokio::test]
async fn the_one_in_use_stays_else_the_lowest() {
    let (one, two) = (of_site("eipalloc-1", None, false), of_site("eipalloc-2", None, false));
    let used = of_site("eipalloc-2", Some(INSTANCE), false);
    assert_eq!(told(&set(&[two, one.clone()]), "none").await, [("eipalloc-1".into(), true)]);
    assert_eq!(told(&set(&[one, used]), "none").await, [("eipalloc-2".into(), true)]);
}

#[tokio::test]
async fn of_protected_ones_none_is_released_before_another_is_in_use() {
    let (one, two) = (of_site("eipalloc-1", None, true), of_site("eipalloc-2", None, true));
    let used = of_site("eipalloc-2", Some(INSTANCE), true);
    let both = set(&[one.clone(), two]);
    assert_eq!(told(&both, INSTANCE).await, [("eipalloc-1".into(), false)], "it is put to use first");
    assert_eq!(told(&both, "none").await, [("eipalloc-1".into(), false), ("eipalloc-2".into(), false)]);
    assert_eq!(told(&set(&[one, used]), INSTANCE).await, [("eipalloc-2".into(), true)]);
}

#[tokio::test]
async fn of_two_in_use_a_person_decides() {
    let both = [of_site("eipalloc-1", Some(INSTANCE), false), of_site("eipalloc-2", Some("i-0b"), false)];
    assert_eq!(told(&set(&both), INSTANCE).await, [("eipalloc-1".into(), false), ("eipalloc-2".into(), false)]);
}

#[tokio::test]
async fn an_apply_sees_the_one_it_has_just_made() {
    let both = set(&[of_site("eipalloc-1", None, false), of_site("eipalloc-2", None, false)]);
    let script = Script::new().answer("DescribeAddresses", &both);
    let only = BTreeSet::from([PhysicalId("eipalloc-2".into())]);
    let scope = Scope { only: Some(&only), declared: &[] };
    assert_eq!(ElasticIps::new(&script.session()).observe(&scope).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_what_is_still_a_double_is_released() {
    let (one, two) = (of_site("eipalloc-1", Some(INSTANCE), false), of_site("eipalloc-2", None, false));
    let taken = of_site("eipalloc-2", Some("i-0b"), false);
    let script = Script::new()
        .answer("DescribeAddresses", &set(&[one.clone(), two]))
        .answer("DescribeAddresses", &set(&[one.clone(), taken]))
        .answer("ReleaseAddress", "");
    let mut live = observe(&set(&[one])).await;
    live.unfinished = Some("doubled".into());
    let (elastic_ip, tags) = (ElasticIp::default(), TagChange::default());
    let change = || Change { part: None, name: None, desired: &elastic_ip, live: &live, changed: &[], tags: &tags };
    let manager = ElasticIps::new(&script.session());
    manager.update(&live.id, change()).await.unwrap();
    manager.update(&live.id, change()).await.unwrap();
    assert_eq!(script.writes(), "ReleaseAddress\nAllocationId=eipalloc-2");
}
