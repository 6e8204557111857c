//! Counts calls: how many, and in how many waves, one having to wait for the answers of another.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

tokio::task_local! {
    static WAVE: usize;
}

/// Marks calls as belonging to a wave: 1 the account guard, 2 what needs nothing else, 3 what needs answers of wave 2.
pub async fn wave<F: Future>(number: usize, calls: F) -> F::Output {
    WAVE.scope(number, calls).await
}

/// What was called so far; clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    count: Arc<AtomicUsize>,
    waves: Arc<AtomicUsize>,
}

impl Calls {
    /// How many API calls were made; attempts of one call count once.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// The highest wave that a call belonged to.
    pub fn waves(&self) -> usize {
        self.waves.load(Ordering::Relaxed)
    }

    pub(crate) fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::new(Counter(self.clone()))
    }
}

#[derive(Debug)]
struct Counter(Calls);

#[dyn_dispatch_hint]
impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "cn-infra call counter"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.count.fetch_add(1, Ordering::Relaxed);
        self.0.waves.fetch_max(WAVE.try_with(|wave| *wave).unwrap_or(2), Ordering::Relaxed);
        Ok(())
    }
}
