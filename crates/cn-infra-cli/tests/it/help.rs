//! What the command says of itself.

use insta::assert_snapshot;

use crate::checkout::Checkout;

#[test]
fn the_command() {
    // clap leaves spaces at the ends of lines.
    let help = Checkout::empty().expect(0, "--help");
    let help: Vec<_> = help.lines().map(str::trim_end).collect();
    assert_snapshot!(help.join("\n"), @"
    Infrastructure as code without a state file: environments in TOML, reconciled with live AWS.

    The command reads environments/ENV.toml and the live objects of its account, shows the difference as
    a plan, and carries the plan out.

    Usage: cn-infra [OPTIONS] <COMMAND>

    Commands:
      plan         Show what would bring live to what the file says
      apply        Carry out a plan: of an environment, or the one saved by `plan`
      undo         Undo the last apply, as far as AWS can
      check        Check environment files, offline
      show         Show live objects and their fields, each managed or not
      output       Print what live objects tell: addresses, endpoints, ids
      policy       Print the least IAM policy that an environment needs
      reach        Show who reaches which port of which server and database
      snapshot     Take a manual snapshot of a database, and wait for it; or list those there are
      ingress      Change who a network of an environment is, and with it what they reach
      network      Change the addresses of a network wherever it is used
      schema       Print the JSON Schema of environment files, for editors
      diff         Show how two environments differ, as their files declare them
      adopt        Take an existing object under management
      ip           Move elastic IPs from one server to another, each in one call
      export       Write what is there as an environment file
      bucket       Move, compare and delete objects in bulk
      completions  Print the completions of a shell
      sandbox      Look at the simulated account, serve it, begin it anew, plan its faults

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Global options:
          --environments <DIR>
              Directory of the environment files; left out: `environments`, here or in a directory above

          --sandbox
              Work on a simulated account, kept in .cn-infra/sandbox; also CN_INFRA_SANDBOX=1

          --speed <N>
              Seconds of the simulated account that pass in a real one; left out: 100, or 1 for `sandbox
              serve`

          --profile <NAME>
              Profile of the AWS configuration; left out: AWS_PROFILE

          --parallelism <N>
              How many steps run at once

              [default: 10]

          --timeout <SECONDS>
              How long a call waits for its answer, in seconds; left out: CN_INFRA_TIMEOUT, else 30

          --color <WHEN>
              `auto`, `always` or `never`: `auto` colours on a terminal, unless NO_COLOR is set

              [default: auto]

      -v, --verbose...
              Log what happens to stderr; twice: every call

      -q, --quiet
              No progress, no advice: only data and errors

    Examples:
      cn-infra check                 are all files valid?
      cn-infra plan production       what would change?
      cn-infra apply                 carry out the plan just made

    Credentials and endpoints are AWS's own: AWS_PROFILE, AWS_ENDPOINT_URL, SSO, instance roles.
    Exit codes: 0 done, 1 failed, 2 pending (plan --detailed-exitcode), 3 stale, 4 blocked, 64 usage,
    130 interrupted.
    ");
}

#[test]
fn plan() {
    assert_snapshot!(Checkout::empty().expect(0, "plan -h"), @"
    Show what would bring live to what the file says

    Usage: cn-infra plan [OPTIONS] [ENV]

    Arguments:
      [ENV]  The environment: the file's name without .toml

    Options:
          --all                       All environments of the directory as one, in one order, over one
                                      reading of the account; this plan is not kept
          --prune                     Also delete the objects that the file no longer declares
          --only <RESOURCE>           Only this resource, its parts, and what it references if that is
                                      not there yet; may be repeated
          --create-anyway <RESOURCE>  Create it although an object without our tags looks like the same
                                      thing; may be repeated
          --my-ip <ADDRESS>           Your own address, as servers see it: hold back what would close
                                      port 22 to it; left out: what CN_INFRA_MY_IP_URL answers
          --out <FILE>                Save the plan here instead of .cn-infra/plan.json
          --detailed-exitcode         Exit with 2 if a step is pending
          --json                      Print the plan as JSON
          --markdown                  Print the plan as Markdown, for a review comment
      -h, --help                      Print help

    Global options:
          --environments <DIR>  Directory of the environment files; left out: `environments`, here or in
                                a directory above
          --sandbox             Work on a simulated account, kept in .cn-infra/sandbox; also
                                CN_INFRA_SANDBOX=1
          --speed <N>           Seconds of the simulated account that pass in a real one; left out: 100,
                                or 1 for `sandbox serve`
          --profile <NAME>      Profile of the AWS configuration; left out: AWS_PROFILE
          --parallelism <N>     How many steps run at once [default: 10]
          --timeout <SECONDS>   How long a call waits for its answer, in seconds; left out:
                                CN_INFRA_TIMEOUT, else 30
          --color <WHEN>        `auto`, `always` or `never`: `auto` colours on a terminal, unless
                                NO_COLOR is set [default: auto]
      -v, --verbose...          Log what happens to stderr; twice: every call
      -q, --quiet               No progress, no advice: only data and errors

    Examples:
      cn-infra plan production
      cn-infra plan staging --only instance.web --detailed-exitcode
      cn-infra plan production --markdown > review.md
      cn-infra plan --all

    RESOURCE is kind.name; the kind may be left out where only one resource has the name.
    The plan is kept in .cn-infra/plan.json, for `cn-infra apply`.
    ");
}

#[test]
fn every_command_shows_an_example() {
    let checkout = Checkout::empty();
    let example = |command| {
        let help = checkout.expect(0, &format!("{command} --help"));
        let (_, after) = help.split_once("Example").unwrap_or_else(|| panic!("{command}: {help}"));
        format!("# {command}\nExample{}", after.trim_end())
    };
    let commands = ["plan", "apply", "check", "show", "output", "schema", "adopt", "completions", "sandbox"];
    let sandbox = ["sandbox serve", "sandbox status", "sandbox reset", "sandbox fault"];
    assert_snapshot!([commands.as_slice(), &sandbox].concat().into_iter().map(example).collect::<Vec<_>>().join("\n"), @r#"
    # plan
    Examples:
      cn-infra plan production
      cn-infra plan staging --only instance.web --detailed-exitcode
      cn-infra plan production --markdown > review.md
      cn-infra plan --all

    RESOURCE is kind.name; the kind may be left out where only one resource has the name.
    The plan is kept in .cn-infra/plan.json, for `cn-infra apply`.
    # apply
    Examples:
      cn-infra apply                      the plan that `cn-infra plan` saved
      cn-infra apply production           plan, show, ask, apply
      cn-infra apply staging --yes --only elastic_ip.site
      cn-infra apply reviewed.json --yes  a plan saved with --out
      cn-infra apply --all                every environment, what they share first

    The first Ctrl-C starts nothing new and finishes what is in flight; the second drops it.
    # check
    Examples:
      cn-infra check                         every environment of the directory
      cn-infra check production --resolved   each value, and where it was set
    # show
    Example:
      cn-infra show production
      cn-infra show production --json | jq '.resources | keys'
    # output
    Examples:
      cn-infra output production
      ssh ubuntu@$(cn-infra output production elastic_ip.site.public_ip)
      eval "$(cn-infra output staging --format env)"
    # schema
    Example:
      cn-infra schema > environments/schema.json
    then as first line of a file:
      #:schema schema.json
    # adopt
    Examples:
      cn-infra adopt staging instance.web i-0123456789abcdef0
      cn-infra adopt staging instance.web "old web server"   by its Name tag
      cn-infra adopt staging elastic_ip.site 203.0.113.9     by its address
      cn-infra adopt staging bucket.media old-media db_instance.main coralnet   both in one apply

    The line `adopt = …` is written into the environment file, and the object gets our tags. Declined:
    the file stays as it was.
    # completions
    Example:
      cn-infra completions zsh > ~/.zfunc/_cn-infra
      source <(cn-infra completions bash)
    # sandbox
    Examples:
      cn-infra --sandbox apply production    rehearse it: no account is needed
      cn-infra sandbox status                what is in it?
      cn-infra sandbox fault ec2:RunInstances throttle --times 3
      cn-infra sandbox serve --port 5000     for boto3, the AWS CLI, any client

    The account of --sandbox is kept in .cn-infra/sandbox, and belongs to the directory that the command
    runs in.
    # sandbox serve
    Example:
      cn-infra sandbox serve --port 5000 --state .cn-infra/sandbox &
      export AWS_ENDPOINT_URL=http://127.0.0.1:5000
      export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
      aws ec2 describe-instances --region us-west-2
    # sandbox status
    Examples:
      cn-infra sandbox status
      cn-infra sandbox status --json | jq '.contents[].counts'
    # sandbox reset
    Examples:
      cn-infra sandbox reset
      cn-infra sandbox reset --seed beta-migration    in examples/beta-migration
    # sandbox fault
    Examples:
      cn-infra sandbox fault ec2:RunInstances throttle --times 3
      cn-infra sandbox fault rds:CreateDBInstance lose-answer --at 1
      cn-infra sandbox fault 's3:*' delay --seconds 0.5
      cn-infra sandbox fault                 those that wait
      cn-infra sandbox fault --clear
    "#);
}

#[test]
#[allow(clippy::too_many_lines, reason = "snapshots, one after the other")]
fn a_wrong_command_line_says_what_is_right() {
    let checkout = Checkout::new();
    let said: Vec<_> = [
        "plan",
        "plan prod",
        "paln production",
        "plan production --josn",
        "apply production --json",
        "plan production --only instance.wbe",
        "plan production --only staging/instance.web",
        "--timeout 0 check",
        "apply production --parallelism many --yes",
        "output production --json --format env",
        "--environments no check",
        "check prodcution",
        "--speed 0 --sandbox plan production",
        "sandbox reset --account 12",
        "sandbox status",
        "sandbox fault ec2:RunInstancs fail",
        "sandbox fault s3:* delay --seconds 4000",
        "sandbox serve --state environments/production.toml",
    ]
    .map(|arguments| format!("$ cn-infra {arguments}\n{}", checkout.run(arguments)))
    .into();
    assert_snapshot!(said.join("\n"), @r#"
    $ cn-infra plan
    exit 64
    stderr:
    error: the following required arguments were not provided:
      <ENV>

    Usage: cn-infra plan <ENV>

    For more information, try '--help'.

    $ cn-infra plan prod
    exit 64
    stderr:
    error: there is no environment "prod" in environments

    hint: did you mean production? There are: production, staging

    $ cn-infra paln production
    exit 64
    stderr:
    error: unrecognized subcommand 'paln'

      tip: a similar subcommand exists: 'plan'

    Usage: cn-infra [OPTIONS] <COMMAND>

    For more information, try '--help'.

    $ cn-infra plan production --josn
    exit 64
    stderr:
    error: unexpected argument '--josn' found

      tip: a similar argument exists: '--json'

    Usage: cn-infra plan --json <ENV>

    For more information, try '--help'.

    $ cn-infra apply production --json
    exit 64
    stderr:
    error: the following required arguments were not provided:
      --yes

    Usage: cn-infra apply --yes --json <ENV|FILE>

    For more information, try '--help'.

    $ cn-infra plan production --only instance.wbe
    exit 1
    stderr:
    error: AWS cannot be reached: GetCallerIdentity: Connection refused (os error 111)

    hint: check the network, the region in the file, HTTPS_PROXY, and AWS_ENDPOINT_URL if it is set; nothing was changed

    $ cn-infra plan production --only staging/instance.web
    exit 64
    stderr:
    error: staging/instance.web is a resource of staging, and this command acts on production

    $ cn-infra --timeout 0 check
    exit 64
    stderr:
    error: invalid value '0' for '--timeout <SECONDS>': 0 is not in 1..=3600

    For more information, try '--help'.

    $ cn-infra apply production --parallelism many --yes
    exit 64
    stderr:
    error: invalid value 'many' for '--parallelism <N>': invalid digit found in string

    For more information, try '--help'.

    $ cn-infra output production --json --format env
    exit 64
    stderr:
    error: the argument '--json' cannot be used with '--format <FORMAT>'

    Usage: cn-infra output --json <ENV> [RESOURCE.FIELD]

    For more information, try '--help'.

    $ cn-infra --environments no check
    exit 64
    stderr:
    error: --environments: there is no directory no

    $ cn-infra check prodcution
    exit 64
    stderr:
    error: there is no environment "prodcution" in environments

    hint: did you mean production? There are: production, staging

    $ cn-infra --speed 0 --sandbox plan production
    exit 64
    stderr:
    error: invalid value '0' for '--speed <N>': it lies between 0.01 and 100000

    For more information, try '--help'.

    $ cn-infra sandbox reset --account 12
    exit 64
    stderr:
    error: invalid value '12' for '--account <NUMBER>': an account has 12 digits

    For more information, try '--help'.

    $ cn-infra sandbox status
    exit 1
    stderr:
    error: there is no sandbox in .cn-infra/sandbox

    hint: `cn-infra --sandbox plan ENV` begins one, and so does `cn-infra sandbox reset`

    $ cn-infra sandbox fault ec2:RunInstancs fail
    exit 64
    stderr:
    error: the sandbox models no operation "ec2:RunInstancs"

    hint: did you mean ec2:RunInstances?

    $ cn-infra sandbox fault s3:* delay --seconds 4000
    exit 64
    stderr:
    error: invalid value '4000' for '--seconds <SECONDS>': it lies between 0 and 3600

    For more information, try '--help'.

    $ cn-infra sandbox serve --state environments/production.toml
    exit 1
    stderr:
    error: the simulated account cannot be kept
      caused by: environments/production.toml: File exists (os error 17)

    hint: check the disk, and the permissions of the directory
    "#);
}

#[test]
fn without_a_directory_of_environments() {
    assert_snapshot!(Checkout::empty().run("plan production").to_string(), @"
    exit 64
    stderr:
    error: there is no directory environments/ in /tmp/DIRECTORY or above it

    hint: run cn-infra in the directory of your files, or name theirs with --environments DIR
    ");
}
