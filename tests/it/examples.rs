//! The examples that need no cloud, run as they stand.

#[path = "../../examples/own_kind.rs"]
#[expect(dead_code, reason = "its `main` is cargo's to call")]
mod own_kind;
#[path = "../../examples/rehearse.rs"]
#[expect(dead_code, reason = "its `main` is cargo's to call")]
mod rehearse;

#[tokio::test]
async fn a_kind_of_ones_own_is_planned_and_applied() {
    let lines = own_kind::story().await.unwrap();
    insta::assert_snapshot!(lines.join("\n"), @r"
    2 steps, 0 unlisted
      page.about: Done
      page.help: Done
    0 steps, 0 unlisted
    1 steps, 1 unlisted
      page.about: Done
    1 steps, 1 unlisted
      page.help: Done
    ");
}

#[tokio::test]
async fn production_is_rehearsed_in_a_simulated_account() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/environments");
    let [first, second] = rehearse::rehearse(directory.as_ref(), "production").await.unwrap();
    assert_eq!((first.steps.len(), second.steps.len(), second.blocked.len()), (9, 0, 0));
}
