//! The command at a terminal: colours, progress, questions.

use std::process::Command;

use insta::assert_snapshot;

use crate::checkout::{Checkout, output};
use crate::mask::mask;
use crate::stand_in::StandIn;
use crate::venv;

/// Runs a command at a pseudo-terminal, answers its question, prints what was on the screen and exits as it did.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, sys, termios
columns, answer, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
child, terminal = pty.fork()
if child == 0:
    os.execv(command[0], command)
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
screen, asked = b"", False
while True:
    try:
        read = os.read(terminal, 65536)
    except OSError:
        break
    if not read:
        break
    screen += read
    if not asked and b"is accepted: " in screen:
        asked = True
        os.write(terminal, answer.encode())
sys.stdout.buffer.write(screen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

/// What was on the screen, without colours, and how the command ended.
pub fn at_terminal(checkout: &Checkout, columns: u16, answer: &str, arguments: &str) -> (Option<i32>, String) {
    let mut command = Command::new(venv::python());
    checkout.settle(&mut command).env("TERM", "xterm");
    command.args(["-c", TERMINAL, &columns.to_string(), answer, env!("CARGO_BIN_EXE_cn-infra")]);
    let output = output(command.args(arguments.split_whitespace()));
    let screen = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
    (output.status.code(), screen)
}

/// A text without the sequences that colour it.
fn plain(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    first
        + &pieces
            .map(|piece| piece.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest))
            .collect::<String>()
}

#[test]
fn a_plan_fits_the_terminal_and_is_coloured() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    let (code, screen) = at_terminal(&checkout, 80, "", "plan staging --only bucket.media");
    assert_eq!(code, Some(0));
    assert!(screen.contains("\u{1b}[32m"), "{screen:?}");
    let text = plain(&screen);
    // A word that is longer than the line stays whole.
    let fits = |line: &str| line.chars().count() <= 80 || line.contains("resolve:ssm:");
    assert!(text.lines().all(fits), "{text}");
    assert_snapshot!(mask(&text), @"
    staging · coralnet · account 123456789012 · us-west-2

      + security_group.web            create coralnet-staging-web
          description    CoralNet staging web server
          vpc            default
          tags.Project   coralnet
      + security_group.web/rules      create
          ingress.http    tcp 80 from visitors (192.0.2.44/32, 198.51.100.7/32,
                          203.0.113.0/28)
          ingress.https   tcp 443 from visitors (192.0.2.44/32, 198.51.100.7/32,
                          203.0.113.0/28)
          ingress.ping    icmp echo-request from 0.0.0.0/0
          ingress.ssh     tcp 22 from developers (192.0.2.44/32, 198.51.100.7/32,
                          203.0.113.0/28)
          egress.all      everything to everyone (0.0.0.0/0, ::/0)
      + instance.web                  create coralnet-staging-web
          type                t2.medium
          image               resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id
          instance_profile    coralnet-server
          security_groups     security_group.web
          public_ip           false
          key_pair            coralnet
          shutdown_behavior   stop
          monitoring          false
          metadata            tokens required, hop_limit 1
          root_volume         size_gib 8, type gp3, delete_on_termination true
          user_data           file (10 lines)
          tags.Project        coralnet
      + elastic_ip.site               create coralnet-staging-site
          tags.Project   coralnet
      + elastic_ip.site/association   create
          instance   instance.web
      + bucket.media                  create coralnet-staging
          versioning            false
          object_ownership      object_writer
          public_access_block   block_public_acls true, ignore_public_acls false,
                                block_public_policy false, restrict_public_buckets
                                false
          encryption            AES256
          policy_file           (17 lines) (known after apply)
          cors                  {origins *, methods GET, headers Authorization,
                                max_age_seconds 3000}
          lifecycle             {id unfinished-uploads, enabled true,
                                abort_incomplete_multipart_days 7}
          acl                   private
          tags.Project          coralnet

    Plan: 6 to create, 0 to update, 0 to delete.
    --only leaves out 3 steps: db_instance.main, security_group.db,
    security_group.db/rules.
    17 API calls in 2 waves, … s.
    Carry out 6 steps: cn-infra apply
    ");
    let plain = at_terminal(&checkout.with("NO_COLOR", "1"), 80, "", "plan staging --only bucket.media").1;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
}

#[test]
fn only_yes_lets_an_apply_go_on() {
    let sandbox = StandIn::sandbox();
    let checkout = Checkout::at(sandbox.endpoint());
    let arguments = "apply staging --only security_group.web";
    let (code, screen) = at_terminal(&checkout, 100, "y\n", arguments);
    assert_eq!(code, Some(1));
    assert_snapshot!(mask(&plain(&screen)), @"
    staging · coralnet · account 123456789012 · us-west-2

      + security_group.web         create coralnet-staging-web
          description    CoralNet staging web server
          vpc            default
          tags.Project   coralnet
      + security_group.web/rules   create
          ingress.http    tcp 80 from visitors (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
          ingress.https   tcp 443 from visitors (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
          ingress.ping    icmp echo-request from 0.0.0.0/0
          ingress.ssh     tcp 22 from developers (192.0.2.44/32, 198.51.100.7/32, 203.0.113.0/28)
          egress.all      everything to everyone (0.0.0.0/0, ::/0)

    Plan: 2 to create, 0 to update, 0 to delete.
    --only leaves out 7 steps: bucket.media, db_instance.main, elastic_ip.site,
    elastic_ip.site/association, instance.web and 2 more.

    Apply these 2 steps to staging (account 123456789012)?
    Only `yes` is accepted: y
    error: declined; nothing was applied
    ");
    let (code, _) = at_terminal(&checkout, 100, "\u{3}", arguments);
    assert_eq!(code, Some(130));
    checkout.expect(2, "plan staging --only security_group.web --detailed-exitcode");
    let (code, screen) = at_terminal(&checkout, 100, "yes\n", arguments);
    assert_eq!(code, Some(0), "{screen}");
    assert!(plain(&screen).contains("Applied 2 steps to staging."), "{screen}");
    checkout.expect(0, "plan staging --only security_group.web --detailed-exitcode");
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let checkout = Checkout::new();
    for arguments in ["apply production", "adopt production instance.web i-0123456789abcdef0"] {
        let run = checkout.run(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(64), ""));
        assert!(run.stderr.contains("there is no terminal to ask at\n\nhint: add --yes"), "{}", run.stderr);
    }
}
