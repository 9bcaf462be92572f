//! Clients of the encrypted door: one of raw bytes, one of HTTP/2.

use crate::door::Door;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A certificate for localhost, and the pair of files it lies in.
pub(crate) struct Pair {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) roots: RootCertStore,
}

/// Writes a fresh certificate over the pair of files in a folder.
pub(crate) fn write_pair(dir: &Path) -> rcgen::Certificate {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(dir.join("key"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(dir.join("crt"), made.cert.pem()).unwrap();
    made.cert
}

impl Pair {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(write_pair(dir.path()).der().clone()).unwrap();
        Self { dir, roots }
    }

    pub(crate) fn settings(&self) -> Value {
        json!({"host": "127.0.0.1", "port": 0,
            "certificate": self.dir.path().join("crt"), "key": self.dir.path().join("key")})
    }

    /// The settings of a pair that stays on the disk until the test's process ends.
    pub(crate) fn into_settings(self) -> Value {
        let settings = self.settings();
        let _ = self.dir.keep();
        settings
    }

    pub(crate) fn config(&self, alpn: &str) -> ClientConfig {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        config
    }
}

/// A connection whose handshake is made with the first bytes.
pub(crate) fn connect(
    config: ClientConfig,
    address: SocketAddr,
) -> StreamOwned<ClientConnection, TcpStream> {
    let socket = TcpStream::connect(address).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    over(socket, config)
}

pub(crate) fn over(
    socket: TcpStream,
    config: ClientConfig,
) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, socket)
}

/// Sends these bytes over TLS and reads until the gateway closes.
pub(crate) fn ask_raw(config: ClientConfig, address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(config, address);
    // Fails when the certificate is not trusted, or the gateway refuses early.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) type Sender = SendRequest<Full<Bytes>>;

/// A connection that speaks HTTP/2.
pub(crate) async fn http2(pair: &Pair, door: &Door) -> Sender {
    http2_with(pair, door, |_| {}).await
}

pub(crate) async fn http2_with<B>(
    pair: &Pair,
    door: &Door,
    change: impl FnOnce(&mut hyper::client::conn::http2::Builder<TokioExecutor>),
) -> SendRequest<B>
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    let socket = tokio::net::TcpStream::connect(door.tls_address.unwrap())
        .await
        .unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(pair.config("h2")));
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, socket).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    change(&mut builder);
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(format!("https://localhost{path}"))
        .body(Full::default())
        .unwrap()
}

pub(crate) async fn body_of(answer: Response<Incoming>) -> String {
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8_lossy(&bytes).into_owned()
}
