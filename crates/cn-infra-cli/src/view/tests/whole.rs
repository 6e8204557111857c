//! Whole plans: for a terminal, a pipe, a review and a program.

use super::*;

#[test]
fn the_end_of_the_checklist() {
    insta::assert_snapshot!(view::plan(&checklist(), Style::PLAIN), @r#"
    production · coralnet · account 123456789012 · us-west-2

      ~ security_group.web/rules      in place, nobody allowed before and after is cut off
          http, https   from   visitors: everyone → developers   (0.0.0.0/0, ::/0 → 198.51.100.7/32, 203.0.113.0/28)
          - (unnamed) tcp 8080 from 0.0.0.0/0
      ~ elastic_ip.site/association   in place, staging/instance.web loses this address and has none then
          instance   staging/instance.web → instance.web
      ~ bucket.media                  in place
          policy_file
              "StringLike": {
            -   "aws:Referer": "http://ec2-198-51-100-9.us-west-2.compute.amazonaws.com/*"
            +   "aws:Referer": "https://coralnet.ucsd.edu/*"
              }
      ! db_instance.main              blocked: storage.size_gib 30 → 20: RDS storage never shrinks
          hint: restore a snapshot into a new db_instance of the wanted size

    Plan: 0 to create, 3 to update, 0 to delete, 1 blocked. 1 unlisted: instance.old (plan production --prune)
    "#);
}

#[test]
fn the_end_of_the_checklist_in_80_columns() {
    let text = view::plan(&checklist(), narrow(80));
    assert!(text.lines().all(|line| crate::view::layout::width(line) <= 80 || line.contains("compute.amazonaws")));
    insta::assert_snapshot!(text, @r#"
    production · coralnet · account 123456789012 · us-west-2

      ~ security_group.web/rules      in place, nobody allowed before and after is
                                      cut off
          http, https   from   visitors: everyone → developers   (0.0.0.0/0, ::/0 →
                               198.51.100.7/32, 203.0.113.0/28)
          - (unnamed) tcp 8080 from 0.0.0.0/0
      ~ elastic_ip.site/association   in place, staging/instance.web loses this
                                      address and has none then
          instance   staging/instance.web → instance.web
      ~ bucket.media                  in place
          policy_file
              "StringLike": {
            -   "aws:Referer": "http://ec2-198-51-100-9.us-west-2.compute.amazonaws.com/*"
            +   "aws:Referer": "https://coralnet.ucsd.edu/*"
              }
      ! db_instance.main              blocked: storage.size_gib 30 → 20: RDS storage
                                      never shrinks
          hint: restore a snapshot into a new db_instance of the wanted size

    Plan: 0 to create, 3 to update, 0 to delete, 1 blocked.
    1 unlisted: instance.old (plan production --prune)
    "#);
}

#[test]
fn the_end_of_the_checklist_in_a_review() {
    insta::assert_snapshot!(markdown::plan(&checklist()), @r#"
    ### Plan for production

    `coralnet` · account `123456789012` · `us-west-2`

    **Plan: 0 to create, 3 to update, 0 to delete, 1 blocked.**

    <details open><summary>4 steps</summary>

    ```diff
    @@ security_group.web/rules @@ in place, nobody allowed before and after is cut off
    -   http, https   from: visitors: everyone (0.0.0.0/0, ::/0)
    +   http, https   from: visitors: developers (198.51.100.7/32, 203.0.113.0/28)
    -   (unnamed) tcp 8080 from 0.0.0.0/0

    @@ elastic_ip.site/association @@ in place, staging/instance.web loses this address and has none then
    -   instance: staging/instance.web
    +   instance: instance.web

    @@ bucket.media @@ in place
        policy_file:
          "StringLike": {
    -       "aws:Referer": "http://ec2-198-51-100-9.us-west-2.compute.amazonaws.com/*"
    +       "aws:Referer": "https://coralnet.ucsd.edu/*"
          }

    ! db_instance.main   blocked: storage.size_gib 30 → 20: RDS storage never shrinks
    !   hint: restore a snapshot into a new db_instance of the wanted size
    ```

    </details>

    1 unlisted: instance.old (plan production --prune)
    "#);
}

#[test]
fn nothing_to_do() {
    insta::assert_snapshot!(view::plan(&plan(Vec::new()), Style::PLAIN), @"
    production · coralnet · account 123456789012 · us-west-2

    production matches its file: nothing to do.
    ");
    insta::assert_snapshot!(markdown::plan(&plan(Vec::new())), @"
    ### Plan for production

    `coralnet` · account `123456789012` · `us-west-2`

    **production matches its file: nothing to do.**
    ");
}

#[test]
fn unlisted_objects_and_steps_left_out_are_named_but_not_all_of_many() {
    let many = (0..7).map(|number| unlisted(&format!("instance.old{number}"), number == 1)).collect();
    let left_out = vec!["security_group.web/rules".parse().unwrap()];
    let plan = Plan { unlisted: many, left_out, ..plan(Vec::new()) };
    insta::assert_snapshot!(view::plan(&plan, Style::PLAIN), @"
    production · coralnet · account 123456789012 · us-west-2

    production matches its file: nothing to do. 7 unlisted: instance.old0, instance.old1 (protected), instance.old2, instance.old3, instance.old4 and 2 more (plan production --prune)
    --only leaves out 1 step: security_group.web/rules.
    ");
}

#[test]
fn colour_adds_to_the_words_and_changes_none() {
    let colored = view::plan(&checklist(), Style { colored: true, width: None });
    assert!(colored.contains("\u{1b}[33m~\u{1b}[0m \u{1b}[1mbucket.media\u{1b}[0m"));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), view::plan(&checklist(), Style::PLAIN));
}

#[test]
fn json_is_the_plan_itself() {
    let text = data::document(&checklist()).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), checklist());
}

#[test]
fn a_review_comment_is_never_too_long_for_github() {
    let many = (0..2000).map(|number| create(&format!("instance.i{number}"), json!({ "type": "t3.micro" }))).collect();
    let text = markdown::plan(&plan(many));
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains(" of 2000 steps are shown: a comment holds no more.\n"));
    assert_eq!(text.matches("```").count(), 2);
}

#[test]
fn text_of_others_moves_no_cursor_and_closes_no_fence() {
    let evil = difference("user_data", json!("a\n```\n</details>\n"), json!("a\n\u{1b}[2J\n"));
    let plan = plan(vec![update("instance.web", vec![evil])]);
    assert!(!view::plan(&plan, Style::PLAIN).contains('\u{1b}'));
    let comment = markdown::plan(&plan);
    assert!(comment.contains("\n````diff\n") && !comment.contains('\u{1b}'));
}

#[test]
fn without_networks_cidrs_stand_for_themselves() {
    let plan = Plan { networks: Networks::default(), ..plan(vec![web_rules()]) };
    assert!(view::plan(&plan, Style::PLAIN).contains("from   0.0.0.0/0, ::/0 → 198.51.100.7/32, 203.0.113.0/28\n"));
}
