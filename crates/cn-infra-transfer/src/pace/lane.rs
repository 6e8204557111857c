//! The places of a prefix, and who waits for one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

use super::held;
use super::limits::{Kind, Prefix};
use super::window::Window;

/// So many lanes are kept; beyond that those go that nobody is in, with what they have learned.
const KEPT: usize = 1_024;

/// The lanes of all prefixes.
#[derive(Debug)]
pub struct Lanes {
    initial: usize,
    max: usize,
    count: usize,
    /// By bucket and path; first those of reads, then those of writes.
    of: [HashMap<String, HashMap<String, Arc<Lane>>>; 2],
}

impl Lanes {
    /// No lanes yet.
    pub fn new(initial: usize, max: usize) -> Self {
        Self { initial, max, count: 0, of: Default::default() }
    }

    /// The lane of a prefix.
    pub fn of(&mut self, prefix: &Prefix<'_>, kind: Kind) -> Arc<Lane> {
        let place = usize::from(kind == Kind::Write);
        if let Some(lane) = self.of[place].get(prefix.bucket).and_then(|lanes| lanes.get(prefix.path)) {
            return Arc::clone(lane);
        }
        if self.count >= KEPT {
            self.forget_idle();
        }
        self.count += 1;
        let lane = Arc::new(Lane::new(self.initial, self.max));
        let of_bucket = self.of[place].entry(prefix.bucket.to_owned()).or_default();
        of_bucket.insert(prefix.path.to_owned(), Arc::clone(&lane));
        lane
    }

    fn forget_idle(&mut self) {
        for lanes in self.of.iter_mut().flat_map(HashMap::values_mut) {
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1);
        }
        self.count = self.of.iter().flat_map(HashMap::values).map(HashMap::len).sum();
    }
}

/// The places of one prefix, for reads or for writes. Who waits longest is next.
#[derive(Debug)]
pub struct Lane {
    free: Semaphore,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    window: Window,
    /// The places that there are.
    places: usize,
    /// Taken places that are no more: whoever leaves one gives nothing back.
    void: usize,
}

impl Lane {
    /// A lane with its initial places.
    fn new(initial: usize, max: usize) -> Self {
        let size = |places: usize| u32::try_from(places).map_or(f64::from(u32::MAX), f64::from);
        let window = Window::new(size(initial), size(max));
        Self { free: Semaphore::new(initial), held: Mutex::new(Held { window, places: initial, void: 0 }) }
    }

    /// Waits for a place.
    pub async fn place(&self) -> Place<'_> {
        if let Ok(permit) = self.free.acquire().await {
            permit.forget();
        }
        Place { lane: self }
    }

    fn change(&self, change: impl FnOnce(&mut Window)) {
        let mut held = held(&self.held);
        change(&mut held.window);
        let wanted = held.window.places();
        if wanted > held.places {
            let more = wanted - held.places;
            let paid = more.min(held.void);
            held.void -= paid;
            self.free.add_permits(more - paid);
        } else {
            let less = held.places - wanted;
            held.void += less - self.free.forget_permits(less);
        }
        held.places = wanted;
    }
}

/// A place in a lane, until it is dropped.
pub struct Place<'a> {
    lane: &'a Lane,
}

impl<'a> Place<'a> {
    /// The request is sent now.
    pub fn send(self) -> Sent<'a> {
        let number = held(&self.lane.held).window.sent();
        Sent { place: self, number }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut held = held(&self.lane.held);
        if held.void > 0 {
            held.void -= 1;
        } else {
            self.lane.free.add_permits(1);
        }
    }
}

/// A request in flight, until it is dropped.
pub struct Sent<'a> {
    place: Place<'a>,
    number: u64,
}

impl Sent<'_> {
    /// It succeeded.
    pub fn succeeded(self) {
        self.place.lane.change(|window| window.succeeded(self.number));
    }

    /// S3 asked it to slow down.
    pub fn slowed_down(self) {
        self.place.lane.change(|window| window.slowed_down(self.number));
    }
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        held(&self.place.lane.held).window.over();
    }
}
