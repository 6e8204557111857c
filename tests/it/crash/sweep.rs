//! One scenario, killed at every call: the undisturbed apply leaves a copy of the account around each call, and from each
//! copy a new process goes on. Only an answer that is lost while the process lives is played from the start.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cn_infra_sandbox::Sandbox;

use super::account::{Account, Wanted};
use super::inventory::{Inventory, difference, inventory};
use super::scenario::{Scenario, Scene};
use super::wire::{Around, Way};

/// How many threads play points.
const THREADS: usize = 2;

/// How a scenario is swept.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// For how many virtual seconds what was just made stays unseen.
    pub consistency: f64,
    /// Whether the SDK sends again what got no answer.
    pub retries: bool,
    /// Which calls.
    pub calls: fn(usize) -> bool,
}

/// What a sweep of one scenario came to.
#[derive(Debug, Default)]
pub struct Row {
    pub scenario: &'static str,
    /// How many calls the undisturbed apply makes.
    pub calls: usize,
    pub points: usize,
    pub converged: usize,
    /// The most applies that a point needed after the fault.
    pub applies: usize,
    /// Applies that lost an answer and did everything all the same.
    pub undeterred: usize,
    pub failures: Vec<String>,
}

/// A point that is still to be played.
#[derive(Debug)]
struct Point {
    way: Way,
    call: usize,
    /// The account that the dead process left.
    left: Option<Sandbox>,
}

/// How a point ended.
struct Played {
    applies: Result<usize, String>,
    undeterred: bool,
}

impl Sweep {
    /// Plays every point of a scenario.
    pub fn run(self, scenario: &Scenario) -> Row {
        let scene = self.set(run(scenario.prepare()));
        let (calls, around, expected) = run(self.record(scenario, &scene));
        let chosen = (1..=calls).filter(|call| (self.calls)(*call));
        let lost = chosen.map(|call| Point { way: Way::LosesAnswer, call, left: None });
        let dead = around.into_iter().flat_map(|around| {
            let point = |way, left| Point { way, call: around.call, left: Some(left) };
            [point(Way::DiesBefore, around.before), point(Way::DiesAfter, around.after)]
        });
        let points: Vec<_> = dead.chain(lost).map(|point| Mutex::new(Some(point))).collect();
        let (next, row) =
            (AtomicUsize::new(0), Row { scenario: scenario.name, calls, points: points.len(), ..Row::default() });
        let row = Mutex::new(row);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let point = point.lock().unwrap().take().unwrap();
                        let label = format!("{:?} {}", point.way, point.call);
                        let played = run(self.play(point, &scene, &expected));
                        row.lock().unwrap().add(&label, played);
                    }
                });
            }
        });
        row.into_inner().unwrap()
    }

    /// The scene under the settings of the sweep.
    fn set(self, mut scene: Scene) -> Scene {
        scene.account.retries = self.retries;
        let mut settings = scene.account.sandbox.settings().unwrap();
        settings.consistency_delay = self.consistency;
        scene.account.sandbox.set_settings(settings).unwrap();
        scene
    }

    /// Applies undisturbed. Tells how many calls it took, the account around each, and what there is in the end.
    async fn record(self, scenario: &Scenario, scene: &Scene) -> (usize, Vec<Around>, Inventory) {
        let account = scene.account.fork();
        let plan = account.plan(&scene.wanted).await.unwrap();
        assert!(!plan.steps.is_empty() && plan.blocked.is_empty(), "{}: {plan:#?}", scenario.name);
        let wire = account.wire().copying(self.calls);
        let report = account.apply(&plan, &wire).await.unwrap();
        assert!(report.is_success(), "{}: {report:#?}", scenario.name);
        let left = account.converge(&scene.wanted).await;
        assert_eq!(left, Ok(0), "{}: nothing is left to do", scenario.name);
        let end: Inventory = scenario.end.iter().map(|(line, count)| ((*line).to_owned(), *count)).collect();
        assert_eq!(difference(&end, &inventory(&account.sandbox)), None, "{}", scenario.name);
        (wire.calls(), wire.take_around(), end)
    }

    async fn play(self, point: Point, scene: &Scene, expected: &Inventory) -> Played {
        let mut undeterred = false;
        let account = if let Some(left) = point.left {
            Account::over(left, self.retries)
        } else {
            let account = scene.account.fork();
            let plan = account.plan(&scene.wanted).await.unwrap();
            let report = account.apply(&plan, &account.wire().fault(point.way, point.call)).await;
            undeterred = report.is_some_and(|report| report.is_success());
            account
        };
        Played { applies: settle(&account, &scene.wanted, expected).await, undeterred }
    }
}

/// Applies until all is done, and looks at what there is then.
async fn settle(account: &Account, wanted: &Wanted, expected: &Inventory) -> Result<usize, String> {
    let applies = account.converge(wanted).await?;
    difference(expected, &inventory(&account.sandbox)).map_or(Ok(applies), Err)
}

impl Row {
    fn add(&mut self, point: &str, Played { applies, undeterred }: Played) {
        self.undeterred += usize::from(undeterred);
        match applies {
            Ok(applies) => {
                self.converged += 1;
                self.applies = self.applies.max(applies);
            }
            Err(why) => self.failures.push(format!("{}: {point}: {why}", self.scenario)),
        }
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
