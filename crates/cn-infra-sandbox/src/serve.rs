//! The door on loopback, for every client there is.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::request::Request;
use crate::sandbox::{Fate, Sandbox};

/// The largest body that is taken: S3's largest part is 5 GiB, which would be held in memory here.
const MAX_BODY: usize = 512 << 20;

/// A sandbox that is served by a thread of its own, until this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Where it is served: always on loopback.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint to give to clients, for example `http://127.0.0.1:5000`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _gone_already = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// Serves a sandbox on a port of the loopback interface; port 0: a free one.
///
/// # Errors
/// The port is in use.
pub fn serve(sandbox: Sandbox, port: u16) -> io::Result<Server> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let thread =
        std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || run(sandbox, listener, stopped))?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread) })
}

fn run(sandbox: Sandbox, listener: std::net::TcpListener, stopped: oneshot::Receiver<()>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async move {
        let Ok(listener) = TcpListener::from_std(listener) else { return };
        tokio::select! {
            () = accept(&sandbox, &listener) => {}
            _ = stopped => {}
        }
    });
    runtime.shutdown_background();
}

async fn accept(sandbox: &Sandbox, listener: &TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection(sandbox.clone(), stream));
            }
            // Out of file descriptors: a connection must end first.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    }
}

async fn connection(sandbox: Sandbox, stream: TcpStream) {
    let service = service_fn(move |request| one(sandbox.clone(), request));
    let ended = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

/// A cut connection: hyper closes it where the service fails.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox cut the connection")]
struct CutConnection;

async fn one(sandbox: Sandbox, request: hyper::Request<Incoming>) -> Result<Response<Full<Bytes>>, CutConnection> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| CutConnection)?.to_bytes();
    let reply = sandbox.handle(&Request { parts, body });
    if !reply.delay.is_zero() {
        tokio::time::sleep(reply.delay).await;
    }
    match reply.fate {
        Fate::Answered => Ok(reply.response.map(Full::new)),
        Fate::Cut => Err(CutConnection),
        Fate::Hung => std::future::pending().await,
    }
}
