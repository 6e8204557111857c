//! The sandbox: the world behind a lock, its clock, its faults, its log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Response};
use jiff::{SignedDuration, Timestamp};

use crate::calls::{Call, Calls};
use crate::clock::Clock;
use crate::control;
use crate::error::AwsError;
use crate::faults::{self, Effect, Fault};
use crate::ids;
use crate::request::Request;
use crate::service::{Service, answer};
use crate::settings::Settings;
use crate::world::{Ask, World};

/// How a sandbox begins.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// The account of all credentials whose access key id is not itself an account.
    pub account: String,
    /// The virtual time at the start.
    pub start: Timestamp,
    /// Virtual seconds in a real one; 0: time passes only when told.
    pub speed: f64,
    /// Quotas and switches.
    pub settings: Settings,
}

impl Default for SandboxOptions {
    /// Account 123456789012, starting now, in real time, with AWS's quotas and no limits.
    fn default() -> Self {
        Self { account: "123456789012".to_owned(), start: Timestamp::now(), speed: 1.0, settings: Settings::default() }
    }
}

/// An answer, and what becomes of it.
#[derive(Debug)]
pub struct Reply {
    /// The answer.
    pub response: Response<Bytes>,
    /// Whether the caller gets it.
    pub fate: Fate,
    /// How long it takes, in real time.
    pub delay: Duration,
    /// Of an answer that takes time: keep it until the caller has the answer, so that the call is known to be in flight.
    pub in_flight: Option<InFlight>,
}

/// A call that was carried out and is not yet answered.
pub type InFlight = Arc<()>;

/// Whether an answer arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It does.
    Answered,
    /// The connection is cut instead.
    Cut,
    /// It never comes, and the connection stays open.
    Hung,
}

/// A simulated account. Clones are the same account.
#[derive(Clone, Debug)]
pub struct Sandbox {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    options: SandboxOptions,
    clock: Clock,
    settings: Settings,
    faults: Vec<Fault>,
    calls: Calls,
    world: World,
}

impl State {
    fn new(options: SandboxOptions) -> Self {
        let clock = Clock::new(options.start, options.speed);
        let settings = options.settings.clone();
        Self { options, clock, settings, faults: Vec::new(), calls: Calls::default(), world: World::default() }
    }
}

impl Sandbox {
    /// A fresh account, in memory.
    pub fn new(options: SandboxOptions) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(options))) }
    }

    /// What a handler that panicked had changed was not committed; the next request goes on.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request. This is the one handler behind all doors.
    pub fn handle(&self, request: &Request) -> Reply {
        if let Some(response) = control::answer(self, request) {
            return Reply { response, fate: Fate::Answered, delay: Duration::ZERO, in_flight: None };
        }
        self.state().reply(request)
    }

    /// The virtual time.
    pub fn now(&self) -> Timestamp {
        self.state().clock.now()
    }

    /// Virtual seconds in a real one.
    pub fn speed(&self) -> f64 {
        self.state().clock.speed()
    }

    /// Changes how fast time passes.
    pub fn set_speed(&self, speed: f64) {
        self.state().clock.set_speed(speed);
    }

    /// Moves the virtual clock on.
    pub fn advance(&self, time: SignedDuration) {
        self.state().clock.advance(time);
    }

    /// Quotas and switches.
    pub fn settings(&self) -> Settings {
        self.state().settings.clone()
    }

    /// Changes them.
    pub fn set_settings(&self, settings: Settings) {
        self.state().settings = settings;
    }

    /// The faults that wait.
    pub fn faults(&self) -> Vec<Fault> {
        self.state().faults.clone()
    }

    /// Adds a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// The calls so far, the oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.iter().cloned().collect()
    }

    /// Begins anew: a fresh account, with the settings of the start; no faults, no log. The clock goes on.
    pub fn reset(&self) {
        let mut state = self.state();
        let now = state.clock.now();
        let mut fresh = State::new(state.options.clone());
        fresh.clock.catch_up(now);
        *state = fresh;
    }
}

impl State {
    fn reply(&mut self, request: &Request) -> Reply {
        let now = self.clock.now();
        let ask = match Ask::of(request) {
            Ok(ask) => ask,
            Err(error) => return self.unscoped(error, request),
        };
        let fault = faults::hit(&mut self.faults, ask.service.name(), &ask.operation);
        let delay = self.delay(fault.as_ref());
        let in_flight = (!delay.is_zero()).then(InFlight::default);
        let (result, fate) = match &fault {
            Some(fault) if !matches!(fault.effect, Effect::Delay | Effect::LoseAnswer) => {
                before_the_effect(fault, ask.service)
            }
            Some(fault) if fault.effect == Effect::LoseAnswer => {
                (self.carry_out(&ask, request, now, in_flight.as_ref()), Fate::Cut)
            }
            _ => (self.carry_out(&ask, request, now, in_flight.as_ref()), Fate::Answered),
        };
        let code = result.as_ref().err().map(|error| error.code.to_string());
        let mut response = result.unwrap_or_else(|error| ask.service.error(&error, &ids::request()));
        finish(&mut response, request, ask.service, now);
        let status = (fate == Fate::Answered).then(|| response.status().as_u16());
        let Ask { service, operation, scope, .. } = ask;
        let call = Call {
            n: self.calls.next(),
            at: now,
            service: service.name().to_owned(),
            operation,
            region: scope.region,
            status,
            code,
        };
        tracing::debug!(n = call.n, service = call.service, operation = call.operation, status = ?call.status, code = call.code);
        self.calls.push(call);
        Reply { response, fate, delay, in_flight }
    }

    fn carry_out(
        &mut self,
        ask: &Ask,
        request: &Request,
        now: Timestamp,
        in_flight: Option<&InFlight>,
    ) -> Result<Response<Bytes>, AwsError> {
        let (result, _changes) =
            self.world.carry_out(ask, request, &self.options.account, &self.settings, now, in_flight);
        result
    }

    /// Answers a request that no service can be told of. One without a signature that names something by its path can only
    /// be for S3, where nobody is let in unknown.
    fn unscoped(&self, error: AwsError, request: &Request) -> Reply {
        let is_anonymous = error.code == "MissingAuthenticationToken" && request.path() != "/";
        let (service, error) = match is_anonymous {
            true => (Service::S3, AwsError::new("AccessDenied", "Access Denied").status(403)),
            false => (Service::Ec2, error),
        };
        let mut response = service.error(&error, &ids::request());
        finish(&mut response, request, service, self.clock.now());
        Reply { response, fate: Fate::Answered, delay: self.delay(None), in_flight: None }
    }

    /// How long an answer takes: as all do, and as a fault says.
    fn delay(&self, fault: Option<&Fault>) -> Duration {
        let more = fault.filter(|fault| fault.effect == Effect::Delay);
        let more = more.map_or(0.0, |fault| fault.seconds.unwrap_or(1.0));
        Duration::try_from_secs_f64(self.settings.latency + more).unwrap_or_default()
    }
}

/// What a fault answers before anything is done.
fn before_the_effect(fault: &Fault, service: Service) -> (Result<Response<Bytes>, AwsError>, Fate) {
    let error = |mut error: AwsError| {
        if let Some(code) = &fault.code {
            error.code = code.clone().into();
        }
        Err(error.clone().status(fault.status.unwrap_or(error.status)))
    };
    let internal = || AwsError::new("InternalError", "An internal error has occurred.").status(500);
    match fault.effect {
        Effect::Throttle => (error(service.throttle()), Fate::Answered),
        Effect::Garbage => (Ok(answer(200, "text/xml", "<<<\u{0}not a document")), Fate::Answered),
        Effect::Hang => (error(internal()), Fate::Hung),
        Effect::Cut | Effect::LoseAnswer => (error(internal()), Fate::Cut),
        Effect::Fail | Effect::Delay => (error(internal()), Fate::Answered),
    }
}

/// Every answer bears the account's time and a request id, in S3's header or in that of the others: SDKs read it from there.
/// An answer to HEAD has no body, an error neither.
fn finish(response: &mut Response<Bytes>, request: &Request, service: Service, now: Timestamp) {
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if let Ok(date) = HeaderValue::from_str(&date) {
        response.headers_mut().insert(http::header::DATE, date);
    }
    if request.parts.method == Method::HEAD {
        response.body_mut().clear();
    }
    let names: &[&str] = match service {
        Service::S3 | Service::S3Control => &["x-amz-request-id", "x-amz-id-2"],
        _ => &["x-amzn-requestid"],
    };
    if let Ok(id) = HeaderValue::from_str(&ids::request()) {
        for name in names {
            response.headers_mut().insert(*name, id.clone());
        }
    }
}
