//! The log for developers, to stderr: `-v` says what happens, `-vv` every call.

use tracing_subscriber::EnvFilter;

use super::View;
use crate::arguments::Global;

/// Starts the log, if it is asked for.
pub fn start(global: &Global, view: &View) {
    let filter = match global.verbose {
        0 => return,
        1 => "warn,cn_infra=debug,cn_infra_core=debug,cn_infra_aws=debug,cn_infra_cli=debug",
        // An endpoint of AWS_ENDPOINT_URL may have a password in it.
        _ => "debug,hyper=info,hyper_util=info,rustls=info,aws_smithy_runtime::client::orchestrator::endpoints=info",
    };
    // A log that was started before, by a test, goes on.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        // A stderr that cannot be written to is no reason to end.
        .log_internal_errors(false)
        .with_ansi(view.stderr_style().colored)
        .try_init();
}
