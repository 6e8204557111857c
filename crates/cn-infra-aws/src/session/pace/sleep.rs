//! The sleeps of the SDK by the session's clock: its back-off and its time limits pass in the same time as all else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_sdk_sts::config::{AsyncSleep, Sleep};
use cn_infra_core::clock::Clock;

/// Sleeps by a clock.
pub struct ClockSleep(pub Arc<dyn Clock>);

impl AsyncSleep for ClockSleep {
    fn sleep(&self, time: Duration) -> Sleep {
        Sleep::new(Shared(Mutex::new(self.0.sleep(time))))
    }
}

impl fmt::Debug for ClockSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClockSleep")
    }
}

/// The SDK wants a future that threads may share, which a clock's need not be. Nobody shares it, so nobody waits here.
struct Shared(Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Future for Shared {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(context)
    }
}
