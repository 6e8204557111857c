//! The sandbox: the world behind a lock, its clock, its faults, its log.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::calls::{Call, Calls};
use crate::contents::Contents;
use crate::control;
use crate::error::AwsError;
use crate::faults::{Effect, Fault, KeyFaults};
use crate::ids;
use crate::limits::Limits;
use crate::request::Request;
use crate::service::{Service, answer};
use crate::settings::Settings;
use crate::state::{Kept, State};
use crate::store::{Keeper, StateError};
use crate::world::{Ask, caught};

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

impl Sandbox {
    /// A fresh account, in memory.
    pub fn new(options: SandboxOptions) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(options))) }
    }

    /// The account that a directory keeps; a fresh one where it keeps none. Any number of processes may have it open:
    /// what one was answered, all see. Time passes only
    /// while one of them runs, and the journal is folded when the last clone is dropped.
    ///
    /// # Errors
    /// The directory cannot be read or written, or keeps another account.
    pub fn open(options: SandboxOptions, directory: &Path) -> Result<Self, StateError> {
        Ok(Self { state: Arc::new(Mutex::new(State::open(options, directory)?)) })
    }

    /// A fresh account in a directory, whatever it kept before, be it readable or not.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn begin(options: SandboxOptions, directory: &Path) -> Result<Self, StateError> {
        Ok(Self { state: Arc::new(Mutex::new(State::begin(options, directory)?)) })
    }

    /// An account of its own, in memory, that goes on from what this one is now: for trying several ways on. Its log is
    /// empty, and its clock shows the same time.
    ///
    /// # Errors
    /// The bytes of the objects cannot be copied.
    pub fn fork(&self) -> Result<Self, StateError> {
        Ok(Self { state: Arc::new(Mutex::new(self.state().fork()?)) })
    }

    /// What was made in each account and region, counted; what AWS gives everyone is left out.
    pub fn contents(&self) -> Result<Vec<Contents>, StateError> {
        self.kept(|kept| kept.contents())
    }

    /// Every row, as it is kept: the path of its table, its key, and it.
    pub fn rows(&self) -> Result<Vec<(String, String, Value)>, StateError> {
        self.kept(|kept| {
            let mut rows = Vec::new();
            kept.dump(&mut |table, key, row| rows.push((table.to_owned(), key.to_owned(), row)));
            rows
        })
    }

    /// What a handler that panicked had changed was taken back; the next request goes on.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request. This is the one handler behind all doors.
    pub fn handle(&self, request: &Request) -> Reply {
        if let Some(response) = control::answer(self, request) {
            return Reply { response, fate: Fate::Answered, delay: Duration::ZERO, in_flight: None };
        }
        let ask = match caught(|| Ask::of(request)).flatten() {
            Ok(ask) => ask,
            Err(error) => return plain(error, request, Timestamp::now()),
        };
        let reply = self.state().transact(|kept, calls, limits| reply(kept, calls, limits, ask, request));
        reply.unwrap_or_else(|error| {
            let error = AwsError::new("InternalError", error.to_string()).status(500);
            plain(error, request, Timestamp::now())
        })
    }

    /// The virtual time.
    pub fn now(&self) -> Result<Timestamp, StateError> {
        self.kept(|kept| kept.clock.now())
    }

    /// Virtual seconds in a real one.
    pub fn speed(&self) -> Result<f64, StateError> {
        self.kept(|kept| kept.clock.speed())
    }

    /// Changes how fast time passes, for this process.
    pub fn set_speed(&self, speed: f64) -> Result<(), StateError> {
        self.kept(|kept| kept.clock.set_speed(speed))
    }

    /// Moves the virtual clock on.
    pub fn advance(&self, time: SignedDuration) -> Result<(), StateError> {
        self.kept(|kept| kept.clock.advance(time))
    }

    /// Quotas and switches.
    pub fn settings(&self) -> Result<Settings, StateError> {
        self.kept(|kept| kept.settings().clone())
    }

    /// Changes them.
    pub fn set_settings(&self, settings: Settings) -> Result<(), StateError> {
        self.kept(|kept| kept.set_settings(settings))
    }

    /// Changes them from what they are; nobody changes them in between.
    pub(crate) fn change_settings<E>(
        &self,
        change: impl FnOnce(&Settings) -> Result<Settings, E>,
    ) -> Result<Result<(), E>, StateError> {
        self.kept(|kept| change(kept.settings()).map(|settings| kept.set_settings(settings)))
    }

    /// The faults that wait.
    pub fn faults(&self) -> Result<Vec<Fault>, StateError> {
        self.kept(|kept| kept.faults().cloned().collect())
    }

    /// Adds a fault.
    pub fn add_fault(&self, fault: Fault) -> Result<(), StateError> {
        self.kept(|kept| kept.add_fault(fault))
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) -> Result<(), StateError> {
        self.kept(Kept::clear_faults)
    }

    /// The calls of this process so far, the oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.iter().cloned().collect()
    }

    /// Begins anew: a fresh account, with settings and speed of the start; no faults, no log. The clock goes on.
    pub fn reset(&self) -> Result<(), StateError> {
        self.state().reset()
    }

    fn kept<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> Result<T, StateError> {
        self.state().transact(|kept, _, _| work(kept))
    }
}

fn reply(kept: &mut Kept, calls: &mut Calls, limits: &mut Limits, ask: Ask, request: &Request) -> Reply {
    let now = kept.clock.now();
    let fault = kept.hit(ask.service.name(), &ask.operation);
    let delay = delay(kept, fault.as_ref());
    let in_flight = (!delay.is_zero()).then(InFlight::default);
    let with_faults = keys_that_fail(kept, &ask, request);
    let request = with_faults.as_ref().unwrap_or(request);
    let mut carry_out = || carry_out(kept, limits, &ask, request, now, in_flight.as_ref());
    let (result, fate) = match &fault {
        Some(fault) if fault.effect == Effect::LoseAnswer => (carry_out(), Fate::Cut),
        Some(fault) if fault.effect != Effect::Delay => before_the_effect(fault, ask.service),
        _ => (carry_out(), Fate::Answered),
    };
    let code = result.as_ref().err().map(|error| error.code.to_string());
    let mut response = result.unwrap_or_else(|error| ask.service.error(&error, &ids::request()));
    finish(&mut response, request, ask.service, now);
    let status = (fate == Fate::Answered).then(|| response.status().as_u16());
    let Ask { service, operation, scope, .. } = ask;
    let (service, region) = (service.name().to_owned(), scope.region);
    let call = Call { n: calls.next(), at: now, service, operation, region, status, code };
    tracing::debug!(n = call.n, service = call.service, operation = call.operation, status = ?call.status, code = call.code);
    calls.push(call);
    Reply { response, fate, delay, in_flight }
}

/// What begins a key of a DeleteObjects.
const OBJECT: &[u8] = b"<Object>";

/// A DeleteObjects for whose keys there are faults; they go with it.
fn keys_that_fail(kept: &mut Kept, ask: &Ask, request: &Request) -> Option<Request> {
    let service = ask.service.name();
    if ask.operation != "DeleteObjects" || !kept.faults().any(|fault| fault.is_for_keys(service)) {
        return None;
    }
    let keys = request.body.windows(OBJECT.len()).filter(|at| *at == OBJECT).count();
    let fails = (0..keys).map(|_| {
        let Err(error) = before_the_effect(&kept.hit_key(service)?, ask.service).0 else { return None };
        Some(error)
    });
    let fails = KeyFaults(fails.collect());
    let mut request = request.clone();
    request.parts.extensions.insert(fails);
    Some(request)
}

/// How long an answer takes: as all do, and as a fault says.
fn delay(kept: &Kept, fault: Option<&Fault>) -> Duration {
    let more = fault.filter(|fault| fault.effect == Effect::Delay).map(|fault| fault.seconds.unwrap_or(1.0));
    Duration::try_from_secs_f64(kept.settings().latency + more.unwrap_or_default()).unwrap_or_default()
}

fn carry_out(
    kept: &mut Kept,
    limits: &mut Limits,
    ask: &Ask,
    request: &Request,
    now: Timestamp,
    in_flight: Option<&InFlight>,
) -> Result<Response<Bytes>, AwsError> {
    let (account, settings) = (kept.options.account.clone(), kept.settings().clone());
    if settings.limits && !limits.take(ask, request, ask.scope.account(&account), now) {
        return Err(ask.service.throttle());
    }
    let (result, changes) = kept.world.carry_out(ask, request, &account, &settings, now, in_flight);
    kept.changed(changes);
    result
}

/// An error of a request that is for no service that one could tell. One without a signature that names something by its
/// path can only be for S3, where nobody is let in unknown.
fn plain(error: AwsError, request: &Request, now: Timestamp) -> Reply {
    let is_anonymous = error.code == "MissingAuthenticationToken" && request.path() != "/";
    let (service, error) = if is_anonymous {
        (Service::S3, AwsError::new("AccessDenied", "Access Denied").status(403))
    } else {
        (Service::Ec2, error)
    };
    let mut response = service.error(&error, &ids::request());
    finish(&mut response, request, service, now);
    Reply { response, fate: Fate::Answered, delay: Duration::ZERO, in_flight: None }
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

/// Every answer bears the virtual time and a request id, in S3's header or in that of the others: SDKs read it from there. An answer to HEAD has
/// no body, an error neither.
fn finish(response: &mut Response<Bytes>, request: &Request, service: Service, now: Timestamp) {
    if let Ok(date) = HeaderValue::from_str(&now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
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
