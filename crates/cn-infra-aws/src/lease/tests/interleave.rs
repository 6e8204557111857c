//! Two or three holders in every order that a schedule can give them, with pauses at every call, lost answers and wrong
//! clocks: at no moment does a write take effect while somebody else has the lease.

use std::cell::RefCell;
use std::pin::Pin;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::super::*;
use super::one::record;
use super::world::{Fate, Processes, World, turn};

/// What one process did.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    leases: u32,
    writes: u32,
}

/// Writes sent, with when each takes effect: within one attempt, or, where the answer is not waited for, two.
type InFlight = RefCell<Vec<(String, Duration)>>;

/// Takes the lease again and again, and writes while it has it: one attempt after the other, each as slow as may be.
async fn holder(name: usize, world: World, skew: i64, in_flight: &InFlight, done: &RefCell<Vec<Done>>) {
    let clock = world.clock(SignedDuration::from_secs(skew));
    for round in 0..20 {
        if done.borrow()[name].leases == 3 {
            break;
        }
        let (fence, token) = (Fence::default(), format!("{name}-{round}"));
        let lease = Lease::contend(world.store(), fence.clone(), record(&token, &clock), None, clock.clone()).await;
        let Ok(mut lease) = lease else {
            clock.sleep(Duration::from_secs(40)).await;
            continue;
        };
        done.borrow_mut()[name].leases += 1;
        let work = async {
            for _ in 0..6 {
                turn().await;
                // The check and the sending are one moment: a process that stops in between is what remains.
                if fence.check().is_err() {
                    break;
                }
                done.borrow_mut()[name].writes += 1;
                in_flight.borrow_mut().push((token.clone(), world.now() + Duration::from_secs(119)));
                clock.sleep(Duration::from_mins(1)).await;
            }
            // Who is done has its answers. One that did not come is given up, which closes the fence.
            while in_flight.borrow().iter().any(|(of, _)| *of == token) && fence.check().is_ok() {
                clock.sleep(Duration::from_secs(5)).await;
            }
        };
        lease.during(work).await;
        let _ = lease.release().await;
    }
}

/// Every write that is due takes effect, and only while its sender has the lease.
fn settle(world: &World, in_flight: &InFlight) -> Result<(), TestCaseError> {
    let now = world.now();
    let mut in_flight = in_flight.borrow_mut();
    for (token, _) in in_flight.iter().filter(|(_, due)| *due <= now) {
        let holder = world.holder();
        prop_assert!(holder.as_ref() == Some(token), "{token} wrote while {holder:?} had the lease, at {now:?}");
    }
    in_flight.retain(|(_, due)| *due > now);
    Ok(())
}

#[derive(Clone, Copy, Debug)]
enum Move {
    /// A process gets a turn.
    Go(usize),
    /// All but one get turns for so many seconds.
    Pause(usize, u64),
    /// Time passes, and nobody does anything.
    Stand(u64),
    /// The next call that writes fares so.
    Fate(Fate),
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        8 => (0..3_usize).prop_map(Move::Go),
        2 => (0..3_usize, 1..700_u64).prop_map(|(process, seconds)| Move::Pause(process, seconds)),
        1 => (1..700_u64).prop_map(Move::Stand),
        1 => prop_oneof![Just(Fate::Lost), Just(Fate::Cut), Just(Fate::Conflict)].prop_map(Move::Fate),
    ]
}

/// Plays a schedule; what is left after it goes on with everybody awake.
fn play(count: usize, skews: [i64; 3], schedule: &[Move]) -> Result<Vec<Done>, TestCaseError> {
    let (world, in_flight) = (World::default(), InFlight::default());
    let done = RefCell::new(vec![Done::default(); count]);
    let one = |name: usize| {
        Box::pin(holder(name, world.clone(), skews[name], &in_flight, &done)) as Pin<Box<dyn Future<Output = ()> + '_>>
    };
    let mut processes = Processes::new((0..count).map(one).collect());
    let pass = |processes: &mut Processes<'_>, seconds: u64, asleep: Option<usize>, everybody: bool| {
        for _ in 0..seconds {
            world.advance(Duration::from_secs(1));
            settle(&world, &in_flight)?;
            for process in (0..count).filter(|process| everybody && Some(*process) != asleep) {
                processes.poll(process);
            }
        }
        Ok::<(), TestCaseError>(())
    };
    for step in schedule {
        match *step {
            Move::Go(process) => processes.poll(process % count),
            Move::Pause(process, seconds) => pass(&mut processes, seconds, Some(process % count), true)?,
            Move::Stand(seconds) => pass(&mut processes, seconds, None, false)?,
            Move::Fate(fate) => world.set_fates(&[fate]),
        }
        settle(&world, &in_flight)?;
    }
    for _ in 0..20 {
        pass(&mut processes, 1000, None, true)?;
    }
    prop_assert!(processes.is_over(), "somebody waits for ever");
    drop(processes);
    Ok(done.into_inner())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_are_never_two_writers(
        count in 2..=3_usize,
        skews in prop::array::uniform3(-100_000..100_000_i64),
        schedule in prop::collection::vec(moves(), 0..60),
    ) {
        play(count, skews, &schedule)?;
    }
}

#[test]
fn those_that_are_not_disturbed_all_get_their_turn() {
    let done = play(3, [0; 3], &[]).unwrap();
    assert!(done.iter().any(|done| done.leases == 3 && done.writes == 18), "{done:?}");
}

#[test]
fn a_holder_that_slept_past_its_time_writes_no_more_and_another_does() {
    for turns in 1..12 {
        let schedule: Vec<_> = std::iter::repeat_n(Move::Go(0), turns).chain([Move::Pause(0, 600)]).collect();
        let done = play(2, [0; 3], &schedule).unwrap();
        assert!(done[1].writes > 0, "after {turns} turns: {done:?}");
    }
}
