//! How long planning takes, in memory. `cargo bench -p cn-infra-core`

use std::time::Instant;

use cn_infra_core::environment::Environment;
use cn_infra_core::live::{Live, Object};
use cn_infra_core::plan::{Plan, PlanOptions, plan};
use cn_infra_core::testing::{kinds, samples};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{:<20} {:>9} {:>9} {:>9} {:>9} {:>12} {:>14}",
        "case", "resources", "steps", "wall ms", "CPU ms", "µs/resource", "peak RSS, MiB"
    );
    for resources in [50_000, 100_000] {
        let environment = environment(resources);
        measure("all new", &environment, &samples::live([]))?;
        measure("nothing to do", &environment, &live(resources, |_| false))?;
        measure("every tenth differs", &environment, &live(resources, |at| at % 10 == 0))?;
    }
    Ok(())
}

/// The best of five runs: what else the machine does is not what is measured.
fn measure(case: &str, environment: &Environment, live: &Live) -> Result<(), Box<dyn std::error::Error>> {
    let (kinds, options) = (kinds::kinds(), PlanOptions::default());
    let (mut best, mut least, mut steps) = (f64::MAX, f64::MAX, 0);
    for _ in 0..5 {
        let (start, cpu) = (Instant::now(), cpu_seconds());
        let plan: Plan = plan(environment, live, &kinds, &options, samples::NOW)?;
        best = best.min(start.elapsed().as_secs_f64());
        least = least.min(cpu_seconds() - cpu);
        steps = plan.steps.len();
    }
    let resources = environment.resources.len();
    #[expect(clippy::cast_precision_loss, reason = "a count of resources is small")]
    let each = least * 1e6 / resources as f64;
    let (wall, cpu, peak) = (best * 1e3, least * 1e3, peak_mib());
    println!("{case:<20} {resources:>9} {steps:>9} {wall:>9.0} {cpu:>9.0} {each:>12.2} {peak:>14}");
    Ok(())
}

/// The kind, name and number of each resource: of three, one is a group with a rule, one a host in it, one a link to it.
fn each(resources: usize) -> impl Iterator<Item = (usize, &'static str, String)> {
    (0..resources).map(|at| (at, ["group", "host", "link"][at % 3], format!("n{:06}", at / 3)))
}

fn environment(resources: usize) -> Environment {
    let mut environment = samples::environment();
    for (_, kind, name) in each(resources) {
        let fields = fields(kind, &format!("group.{name}"), &format!("host.{name}"));
        samples::declare(&mut environment, &format!("{kind}.{name}"), fields);
    }
    environment
}

fn live(resources: usize, differs: impl Fn(usize) -> bool) -> Live {
    samples::live(each(resources).map(|(at, kind, name)| -> Object {
        let mut live = fields(kind, &format!("group-{name}"), &format!("host-{name}"));
        if differs(at) {
            match kind {
                "group" => live["ingress"]["http"]["port"] = 8080.into(),
                "host" => live["size"] = "small".into(),
                _ => live["host"] = "none".into(),
            }
        }
        let full = format!("demo-production-{name}");
        samples::owned(&format!("{kind}.{name}"), samples::object(&format!("{kind}-{name}"), &full, live))
    }))
}

fn fields(kind: &str, group: &str, host: &str) -> Value {
    match kind {
        "group" => json!({
            "description": "a group",
            "ingress": { "http": { "port": 80, "from": ["10.0.0.0/8", "192.0.2.0/24", group] } },
        }),
        "host" => {
            json!({ "size": "large", "zone": "a", "groups": [group], "disk": { "size_gib": 100, "kind": "ssd" } })
        }
        _ => json!({ "host": host }),
    }
}

/// The time that this thread has run: on a busy machine less than what has passed.
fn cpu_seconds() -> f64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    schedule.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e9
}

/// The most memory that the process has held so far.
fn peak_mib() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.map_or_else(|| "?".to_owned(), |kib| (kib / 1024).to_string())
}
