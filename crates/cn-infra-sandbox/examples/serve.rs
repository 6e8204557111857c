//! Serves a fresh account on loopback: `cargo run -p cn-infra-sandbox --example serve -- 5000`. Its clock stands until
//! the control door moves it.

use cn_infra_sandbox::{Sandbox, SandboxOptions, serve};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let server = serve(Sandbox::new(SandboxOptions { speed: 0.0, ..SandboxOptions::default() }), port)?;
    println!("{}", server.endpoint());
    loop {
        std::thread::park();
    }
}
