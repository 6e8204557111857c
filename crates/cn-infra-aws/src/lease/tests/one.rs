//! One holder, and what can go wrong for it.

use super::super::*;
use super::world::{Fate, World, run};
use jiff::SignedDuration;

pub fn record(token: &str, clock: &Arc<dyn Clock>) -> Record {
    Record {
        who: format!("{token}@laptop"),
        process: 7,
        since: clock.now(),
        ttl_seconds: 240,
        attempt_seconds: 60,
        token: token.to_owned(),
        number: 0,
    }
}

fn take(world: &World, token: &str, unlock: Option<&str>) -> Result<Lease, LeaseError> {
    let clock = world.clock(SignedDuration::ZERO);
    let record = record(token, &clock);
    run(world, Lease::contend(world.store(), Fence::default(), record, unlock, clock))
}

fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

#[test]
fn it_is_taken_once_and_again_after_its_release() {
    let world = World::default();
    let lease = take(&world, "a", None).unwrap();
    let Err(LeaseError::Held(held)) = take(&world, "b", None) else { panic!("b has it too") };
    assert_eq!((held.record.who.as_str(), held.record.process), ("a@laptop", 7));
    run(&world, lease.release()).unwrap();
    assert_eq!(world.holder(), None);
    take(&world, "b", None).unwrap();
}

#[test]
fn of_a_holder_that_died_it_is_taken_over_after_its_time_and_one_attempt() {
    let world = World::default();
    let lease = take(&world, "a", None).unwrap();
    world.advance(Duration::from_secs(5 * 60 - 2));
    assert!(matches!(take(&world, "b", None), Err(LeaseError::Held(_))));
    world.advance(Duration::from_secs(3));
    take(&world, "b", None).unwrap();
    assert!(lease.fence.check().is_err(), "its holder was dead for so long that it knows");
}

#[test]
fn a_lost_answer_is_no_lost_lease() {
    for fates in [&[Fate::Lost][..], &[Fate::Cut], &[Fate::Conflict], &[Fate::Cut, Fate::Lost, Fate::Conflict]] {
        let world = World::default();
        world.set_fates(fates);
        let mut lease = take(&world, "a", None).unwrap();
        world.set_fates(fates);
        run(&world, lease.renew()).unwrap();
        world.set_fates(fates);
        run(&world, lease.renew()).unwrap();
        assert_eq!(lease.record.number, 2);
        world.set_fates(fates);
        run(&world, lease.release()).unwrap();
        assert_eq!(world.holder(), None, "{fates:?}");
    }
}

#[test]
fn one_that_is_renewed_holds_for_as_long_as_the_work() {
    let world = World::default();
    let mut lease = take(&world, "a", None).unwrap();
    let clock = world.clock(SignedDuration::ZERO);
    run(&world, lease.during(clock.sleep(minutes(30))));
    assert!(lease.fence.check().is_ok());
    assert!(matches!(take(&world, "b", None), Err(LeaseError::Held(_))));
}

#[test]
fn a_holder_closes_its_fence_one_attempt_before_its_time() {
    let world = World::default();
    let lease = take(&world, "a", None).unwrap();
    world.advance(Duration::from_secs(3 * 60 - 2));
    assert!(lease.fence.check().is_ok());
    world.advance(Duration::from_secs(2));
    assert_eq!(
        lease.fence.check().unwrap_err().to_string(),
        "not sent: the lease of this apply ran out before it was renewed"
    );
    assert_eq!(lease.fence.why(), Some(Closed::RanOut));
    run(&world, lease.release()).unwrap();
    assert_eq!(world.holder().as_deref(), Some("a"), "a lease that ran out is left alone");
}

#[test]
fn a_store_that_does_not_answer_costs_the_lease_and_not_the_work() {
    let world = World::default();
    let mut lease = take(&world, "a", None).unwrap();
    world.set_fates(&[Fate::Cut; 1000]);
    let clock = world.clock(SignedDuration::ZERO);
    run(&world, lease.during(clock.sleep(minutes(30))));
    assert_eq!(lease.fence.why(), Some(Closed::RanOut));
}

#[test]
fn whose_lease_was_shown_can_be_taken_at_once_and_its_holder_notices() {
    let world = World::default();
    let mut lease = take(&world, "a", None).unwrap();
    run(&world, lease.renew()).unwrap();
    assert!(matches!(take(&world, "b", Some("c")), Err(LeaseError::Held(_))), "not the one that was shown");
    take(&world, "b", Some("a")).unwrap();
    let clock = world.clock(SignedDuration::ZERO);
    run(&world, lease.during(clock.sleep(minutes(2))));
    assert_eq!(lease.fence.why(), Some(Closed::Taken { by: Some("b@laptop".to_owned()) }));
    run(&world, lease.release()).unwrap();
    assert_eq!(world.holder().as_deref(), Some("b"));
}

#[test]
fn clocks_that_are_wrong_change_nothing() {
    for skew in [-100_000, 100_000] {
        let world = World::default();
        let clock = world.clock(SignedDuration::from_secs(skew));
        let mut lease =
            run(&world, Lease::contend(world.store(), Fence::default(), record("a", &clock), None, clock.clone()))
                .unwrap();
        run(&world, lease.during(clock.sleep(minutes(10))));
        assert!(matches!(take(&world, "b", None), Err(LeaseError::Held(_))));
        world.advance(minutes(6));
        take(&world, "b", None).unwrap();
    }
}

/// What passed is the longer of what two clocks say: a monotonic one stands still while a laptop sleeps.
#[test]
fn a_sleeping_machine_ends_its_lease() {
    #[derive(Clone, Default)]
    struct Asleep(Arc<std::sync::atomic::AtomicI64>);
    impl Clock for Asleep {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH + SignedDuration::from_secs(self.0.load(std::sync::atomic::Ordering::Relaxed))
        }
        fn elapsed(&self) -> Duration {
            Duration::from_secs(1000)
        }
        fn sleep(&self, _: Duration) -> futures_util::future::BoxFuture<'static, ()> {
            Box::pin(std::future::pending())
        }
    }
    let (world, asleep) = (World::default(), Asleep::default());
    let clock: Arc<dyn Clock> = Arc::new(asleep.clone());
    let record = record("a", &clock);
    let lease = run(&world, Lease::contend(world.store(), Fence::default(), record, None, clock)).unwrap();
    assert!(lease.fence.check().is_ok());
    asleep.0.store(-1000, std::sync::atomic::Ordering::Relaxed);
    assert!(lease.fence.check().is_ok(), "a clock that was set back");
    asleep.0.store(200, std::sync::atomic::Ordering::Relaxed);
    assert!(lease.fence.check().is_err());
}
