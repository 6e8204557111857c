//! The example that needs no cloud, run as it stands.

#[path = "../../examples/own_kind.rs"]
#[expect(dead_code, reason = "its `main` is cargo's to call")]
mod own_kind;

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
