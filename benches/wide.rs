//! What an empty plan of a wide account costs, beside a bare loop that sends the same requests.
//!
//! `cargo bench -p cn-infra --bench wide [OBJECTS]`: as many security groups of three rules, elastic IPs, and buckets
//! whose policy and public access block are managed. The account is in the process and answers after a fixed delay.
//! Each run is a process of its own, so that its peak of memory is its own. What the account itself costs is in both.

#[path = "../tests/it/wide.rs"]
mod wide;

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cn_infra::aws::bucket::READS_IN_FLIGHT;
use cn_infra::aws::{Session, kinds, managers};
use cn_infra::core::environment::Environment;
use cn_infra::core::observe::observe;
use cn_infra::core::plan::{PlanOptions, plan};
use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;

use wide::Wide;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ACCOUNT: &str = "123456789012";
const OBJECTS: usize = 500;
const RUNS: usize = 5;

fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [] => compare(OBJECTS),
        [objects] => compare(objects.parse()?),
        [case, objects, delay, directory] => {
            let account = Wide::new(objects.parse()?, Duration::from_millis(delay.parse()?));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let began = Instant::now();
            match case.as_str() {
                "plan" => runtime.block_on(empty_plan(&account, Path::new(directory)))?,
                _ => runtime.block_on(bare_loop(&account, objects.parse()?))?,
            }
            let calls: usize = account.calls().values().sum();
            println!("{} {} {} {calls}", began.elapsed().as_micros(), cpu_ms()?, peak_kib()?);
            Ok(())
        }
        _ => Err("expected nothing, or a number of objects".into()),
    }
}

/// Everything that `cn-infra plan` does between its arguments and its view.
async fn empty_plan(account: &Wide, directory: &Path) -> Result<()> {
    let environment = Environment::load(directory, "wide", &kinds())?;
    let session = Session::read_only(&account.config(), ACCOUNT);
    let live = observe(&environment, &managers(&session), Timestamp::now()).await?;
    let plan = plan(&environment, &live, &kinds(), &PlanOptions::default(), live.at)?;
    if plan.steps.is_empty() && plan.blocked.is_empty() { Ok(()) } else { Err("the plan is not empty".into()) }
}

/// The same requests through the same clients, as many at once; the answers are parsed by the SDK and dropped.
async fn bare_loop(account: &Wide, objects: usize) -> Result<()> {
    let Session { ec2, rds, s3, .. } = &Session::read_only(&account.config(), ACCOUNT);
    let batched: [BoxFuture<'_, bool>; 5] = [
        ec2.describe_instances().max_results(1000).send().map(|answer| answer.is_ok()).boxed(),
        ec2.describe_addresses().send().map(|answer| answer.is_ok()).boxed(),
        ec2.describe_security_groups().max_results(1000).send().map(|answer| answer.is_ok()).boxed(),
        ec2.describe_vpcs().send().map(|answer| answer.is_ok()).boxed(),
        rds.describe_db_instances().max_records(100).send().map(|answer| answer.is_ok()).boxed(),
    ];
    let buckets = (0..3 * objects).map(|call| {
        let name = format!("wide-bucket-{}", call % objects);
        match call / objects {
            0 => s3.get_bucket_tagging().bucket(name).expected_bucket_owner(ACCOUNT).send().map(|a| a.is_ok()).boxed(),
            1 => s3
                .get_public_access_block()
                .bucket(name)
                .expected_bucket_owner(ACCOUNT)
                .send()
                .map(|a| a.is_ok())
                .boxed(),
            _ => s3.get_bucket_policy().bucket(name).expected_bucket_owner(ACCOUNT).send().map(|a| a.is_ok()).boxed(),
        }
    });
    let buckets = stream::iter(buckets).buffer_unordered(READS_IN_FLIGHT).all(|ok| async move { ok });
    let (batched, buckets) = futures_util::future::join(join_all(batched), buckets).await;
    if buckets && batched.into_iter().all(|ok| ok) { Ok(()) } else { Err("a request failed".into()) }
}

/// What one process took.
#[derive(Clone, Copy)]
struct Taken {
    wall_ms: f64,
    cpu_ms: f64,
    peak_mib: f64,
    calls: f64,
}

fn compare(objects: usize) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let account = Wide::new(objects, Duration::ZERO);
    fs::write(directory.path().join("wide.toml"), account.environment())?;
    for n in 0..objects {
        fs::write(directory.path().join(format!("policy-{n}.json")), Wide::policy(n))?;
    }
    println!("{objects} security groups, elastic IPs and buckets each; median of {RUNS} runs\n");
    println!("| delay | case | calls | wall s | CPU s | peak RSS MB |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for delay in [50, 0] {
        // In turn, so that what else the machine does meets both.
        let mut runs = [Vec::new(), Vec::new()];
        for _ in 0..RUNS {
            for (case, runs) in ["plan", "bare"].into_iter().zip(&mut runs) {
                runs.push(run(case, objects, delay, directory.path())?);
            }
        }
        let [plan, bare] = runs.map(|runs| median(&runs));
        for (case, taken) in [("empty plan", plan), ("bare loop", bare)] {
            let Taken { wall_ms, cpu_ms, peak_mib, calls } = taken;
            let (wall, cpu) = (wall_ms / 1e3, cpu_ms / 1e3);
            println!("| {delay} ms | {case} | {calls} | {wall:.2} | {cpu:.2} | {peak_mib:.0} |");
        }
        println!("| {delay} ms | wall of the plan ÷ wall of the loop | | {:.2} | | |", plan.wall_ms / bare.wall_ms);
    }
    Ok(())
}

fn run(case: &str, objects: usize, delay: u64, directory: &Path) -> Result<Taken> {
    let arguments = [case, &objects.to_string(), &delay.to_string()];
    let output = Command::new(env::current_exe()?).args(arguments).arg(directory).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = printed.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
    let [wall, cpu, peak, calls] = numbers[..] else {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    };
    Ok(Taken { wall_ms: wall / 1e3, cpu_ms: cpu, peak_mib: peak / 1024.0, calls })
}

/// Each figure for itself.
fn median(runs: &[Taken]) -> Taken {
    let middle = |figure: fn(&Taken) -> f64| {
        let mut figures: Vec<f64> = runs.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    Taken {
        wall_ms: middle(|run| run.wall_ms),
        cpu_ms: middle(|run| run.cpu_ms),
        peak_mib: middle(|run| run.peak_mib),
        calls: middle(|run| run.calls),
    }
}

/// The processor time of this process, its start included. Linux counts it in ticks of 10 ms.
fn cpu_ms() -> Result<u64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in parentheses; utime and stime are the 14th and 15th.
    let fields = stat.rsplit_once(") ").map(|(_, fields)| fields.split(' ').skip(11).take(2)).ok_or("no stat")?;
    Ok(fields.map(str::parse::<u64>).sum::<std::result::Result<u64, _>>()? * 10)
}

/// The most memory that this process has held.
fn peak_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(peak.trim().trim_end_matches(" kB").parse()?)
}
