//! The operator's own address, where a plan turns on it: it closes port 22 to somebody, and nobody said `--my-ip`.

use std::net::IpAddr;

use cn_infra_aws::my_ip::look_up;
use cn_infra_aws::security_group::CLOSES_SSH;
use cn_infra_core::plan::Plan;

use crate::view::View;

/// A service that answers with the address of whoever asks. None is asked unless this names one.
const SERVICE: &str = "CN_INFRA_MY_IP_URL";

/// Whether a plan closes port 22 to somebody, and the operator may be among them: CN106.
pub fn matters(plan: &Plan) -> bool {
    plan.findings.iter().any(|finding| finding.code == CLOSES_SSH)
}

/// The address, of the service of `CN_INFRA_MY_IP_URL`, if the plan turns on it. Where the service fails it stays unknown.
pub async fn known(plan: &Plan, view: &View) -> Option<IpAddr> {
    if !matters(plan) {
        return None;
    }
    let url = std::env::var(SERVICE).ok().filter(|url| !url.is_empty())?;
    match look_up(&url).await {
        Ok(address) => {
            view.say(&format!("your own address is {address}, by {SERVICE}\n"));
            Some(address)
        }
        // The URL may hold a key, so it is not repeated.
        Err(error) => {
            view.say(&format!("warning: {SERVICE} does not tell your own address: {error}\n"));
            None
        }
    }
}
