//! How many requests of a prefix may be in flight: additive increase, multiplicative decrease, and a memory of where it
//! was too much.
//!
//! Plain additive increase after a halving loses a quarter of what S3 takes. So a window comes back to where S3 asked to
//! slow down in ever smaller steps, as BIC does for TCP: most of the time it is a little below the limit, and it tries
//! one more every round trip in case the limit has risen.

/// What is left of a window when S3 asks to slow down.
const DECREASE: f64 = 0.5;
/// The share by which it grows in a round trip before S3 has ever asked to slow down.
const SHARE_UNKNOWN: f64 = 0.125;
/// By how much it grows in a round trip at least.
const STEP: f64 = 1.0;
/// The share of the way back to the ceiling that it makes in a round trip.
const SHARE_BACK: f64 = 0.25;
/// It grows only while at least this share of it is used: what was not tried is not known to work.
const USED: f64 = 0.75;

/// A window.
#[derive(Debug)]
pub struct Window {
    size: f64,
    max: f64,
    /// Where S3 last asked to slow down.
    ceiling: Option<f64>,
    /// Requests without an answer.
    in_flight: u32,
    /// The most of them in this round trip.
    peak: u32,
    /// The number of the next request.
    next: u64,
    /// The first request of the next round trip.
    round: u64,
    /// The window was last halved before this request was sent.
    halved_before: u64,
    /// No answer has come yet to what was sent since.
    unanswered: bool,
}

impl Window {
    /// A window of an initial size.
    pub fn new(initial: f64, max: f64) -> Self {
        Self {
            size: initial,
            max,
            ceiling: None,
            in_flight: 0,
            peak: 0,
            next: 0,
            round: 0,
            halved_before: 0,
            unanswered: false,
        }
    }

    /// How many requests may be in flight; at least 1.
    pub fn places(&self) -> usize {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a window is from 1 to its maximum")]
        let places = self.size as usize;
        places.max(1)
    }

    /// A request is sent; returns its number.
    pub fn sent(&mut self) -> u64 {
        self.in_flight += 1;
        self.peak = self.peak.max(self.in_flight);
        self.next += 1;
        self.next - 1
    }

    /// It is over, however it ended.
    pub fn over(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// It succeeded, and is not yet over. A round trip has as many successes as the window has places.
    pub fn succeeded(&mut self, number: u64) {
        if number >= self.round {
            (self.round, self.peak) = (self.next, self.in_flight);
        }
        let is_used = f64::from(self.peak) >= self.size.floor() * USED;
        if self.is_news(number) && is_used {
            let step = match self.ceiling {
                Some(ceiling) => (ceiling - self.size) * SHARE_BACK,
                None => self.size * SHARE_UNKNOWN,
            };
            self.size = (self.size + step.max(STEP) / self.size).min(self.max);
        }
    }

    /// S3 asked a request to slow down.
    pub fn slowed_down(&mut self, number: u64) {
        if self.is_news(number) {
            self.ceiling = Some(self.size);
            self.size = (self.size * DECREASE).max(1.0);
            (self.halved_before, self.unanswered) = (self.next, true);
        }
    }

    /// Whether an answer tells something of the window as it is. It does not if the request was sent before the window
    /// was halved, nor if it met a server that had not yet felt it: until a round trip later.
    fn is_news(&mut self, number: u64) -> bool {
        let is_news = number >= self.halved_before;
        if is_news && self.unanswered {
            (self.halved_before, self.unanswered) = (self.next, false);
            return false;
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A round trip of a full window, all of whose requests succeed.
    fn round_trip(window: &mut Window) {
        let numbers: Vec<_> = (0..window.places()).map(|_| window.sent()).collect();
        for number in numbers {
            window.succeeded(number);
            window.over();
        }
    }

    #[test]
    fn it_grows_by_an_eighth_in_a_round_trip_up_to_its_maximum() {
        let mut window = Window::new(64.0, 100.0);
        round_trip(&mut window);
        assert!((71..=72).contains(&window.places()), "{}", window.places());
        for _ in 0..10 {
            round_trip(&mut window);
        }
        assert_eq!(window.places(), 100);
    }

    #[test]
    fn it_halves_once_for_what_was_in_flight_together() {
        let mut window = Window::new(64.0, 1_000.0);
        let numbers: Vec<_> = (0..64).map(|_| window.sent()).collect();
        for number in numbers {
            window.slowed_down(number);
            window.over();
        }
        assert_eq!(window.places(), 32);
        // The first that is answered after the halving was under way with those before.
        for places in [32, 16] {
            let next = window.sent();
            window.slowed_down(next);
            assert_eq!(window.places(), places);
        }
    }

    #[test]
    fn it_is_soon_back_below_the_ceiling_and_then_goes_on_slowly() {
        let mut window = Window::new(200.0, 1_000.0);
        let number = window.sent();
        window.slowed_down(number);
        window.over();
        for _ in 0..10 {
            round_trip(&mut window);
        }
        let near = window.places();
        assert!((185..200).contains(&near), "{near}");
        for _ in 0..20 {
            round_trip(&mut window);
        }
        assert!((near + 10..near + 40).contains(&window.places()), "{}", window.places());
    }

    #[test]
    fn what_is_not_used_does_not_grow() {
        let mut window = Window::new(64.0, 1_000.0);
        for _ in 0..1_000 {
            let number = window.sent();
            window.succeeded(number);
            window.over();
        }
        assert_eq!(window.places(), 64);
    }

    #[test]
    fn a_storm_leaves_one_place_and_is_soon_forgotten() {
        let mut window = Window::new(64.0, 1_000.0);
        for _ in 0..20 {
            let number = window.sent();
            window.slowed_down(number);
            window.over();
        }
        assert_eq!(window.places(), 1);
        for _ in 0..70 {
            round_trip(&mut window);
        }
        assert!(window.places() > 64, "{}", window.places());
    }
}
