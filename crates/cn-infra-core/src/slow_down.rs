//! Whom a manager tells, in the middle of a call, that the cloud asks to slow down.
//!
//! A client that paces itself waits and sends again deep below the engine. Whoever carries out a step, or reads, listens
//! here, so that a user sees what is waited for. Calls belong to the listener in whose future they are made.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

type Listener = Arc<dyn Fn(SlowDown) + Send + Sync>;

tokio::task_local! {
    static LISTENER: Listener;
}

/// A request was refused because requests come too fast; it waits, and is sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowDown {
    /// Who asks, and how: `AWS asks to slow down (RequestLimitExceeded)`.
    pub why: String,
    /// How long it waits, as far as that is known.
    pub after: Duration,
}

impl SlowDown {
    /// Tells whoever listens to the calls of this task; nobody may.
    pub fn tell(self) {
        // Nobody listens: nobody is to be told.
        let _ = LISTENER.try_with(|listener| listener(self));
    }
}

/// Makes calls, and hears of every request of theirs that has to slow down.
pub async fn listen<F: Future>(listener: impl Fn(SlowDown) + Send + Sync + 'static, calls: F) -> F::Output {
    LISTENER.scope(Arc::new(listener), calls).await
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn slow_down(why: &str) -> SlowDown {
        SlowDown { why: why.to_owned(), after: Duration::ZERO }
    }

    #[tokio::test]
    async fn each_hears_of_its_own_calls() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listen_as = |name: &'static str| {
            let heard = Arc::clone(&heard);
            listen(move |slow: SlowDown| heard.lock().unwrap().push(format!("{name} {}", slow.why)), async {
                tokio::task::yield_now().await;
                slow_down("x").tell();
            })
        };
        tokio::join!(listen_as("a"), listen_as("b"));
        slow_down("nobody").tell();
        heard.lock().unwrap().sort();
        assert_eq!(*heard.lock().unwrap(), ["a x", "b x"]);
    }
}
