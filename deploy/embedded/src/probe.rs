//! Asking a child whether it is ready: HTTP, Redis or PostgreSQL, each with a deadline.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::listener;

/// No single question waits longer.
const DEADLINE: Duration = Duration::from_secs(2);
const LONGEST_ANSWER: u64 = 64 * 1024;

/// How to ask a child.
#[derive(Clone, Debug)]
pub(crate) enum Probe {
    Http {
        port: u16,
        path: &'static str,
        /// What the program calls itself in `/health`.
        service: &'static str,
    },
    Redis {
        port: u16,
        password: String,
    },
    Postgres {
        port: u16,
        password: String,
    },
}

impl Probe {
    /// Whether the child answers as ready; the error says what is missing.
    pub(crate) async fn ask(&self) -> anyhow::Result<()> {
        match self {
            Self::Http {
                port,
                path,
                service,
            } => {
                let answer = http_get(*port, path).await?;
                anyhow::ensure!(answer.status == 200, "{path} answers {}", answer.status);
                let name = http_get(*port, "/health").await?.text("service");
                anyhow::ensure!(
                    name.as_deref() == Some(*service),
                    "what answers on port {port} is {}, not {service}",
                    name.as_deref().unwrap_or("something else")
                );
            }
            Self::Redis { port, password } => redis_ping(*port, password).await?,
            Self::Postgres { port, password } => {
                crate::postgres::connect(*port, "postgres", "postgres", password).await?;
            }
        }
        Ok(())
    }

    /// The same, and that it is this process that answers.
    pub(crate) async fn ask_process(&self, pid: Option<u32>) -> anyhow::Result<()> {
        self.ask().await?;
        let (Self::Http { port, .. } | Self::Redis { port, .. } | Self::Postgres { port, .. }) =
            self;
        anyhow::ensure!(
            pid.and_then(|pid| listener::belongs(*port, pid)) != Some(false),
            "port {port} is served by another process"
        );
        Ok(())
    }
}

/// What a health page said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A plain GET on the loopback interface.
pub(crate) async fn http_get(port: u16, path: &str) -> io::Result<Answer> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\
         User-Agent: mvp\r\nConnection: close\r\n\r\n"
    );
    let answer = timeout(DEADLINE, async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        stream.take(LONGEST_ANSWER).read_to_end(&mut bytes).await?;
        io::Result::Ok(bytes)
    })
    .await
    .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    parse(&String::from_utf8_lossy(&answer))
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer"))
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head
        .strip_prefix("HTTP/1.")?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    Some(Answer {
        status,
        body: body.to_owned(),
    })
}

impl Answer {
    /// The JSON object of the body, also when it came in one chunk with its length around it.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        let start = self.body.find('{')?;
        let end = self.body.rfind('}')?;
        serde_json::from_str(self.body.get(start..=end)?).ok()
    }

    /// A field of that object, if it is text.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        Some(self.json()?.get(field)?.as_str()?.to_owned())
    }
}

async fn redis_ping(port: u16, password: &str) -> anyhow::Result<()> {
    let length = password.len();
    let request = format!("*2\r\n$4\r\nAUTH\r\n${length}\r\n{password}\r\n*1\r\n$4\r\nPING\r\n");
    let mut seen = Vec::new();
    timeout(DEADLINE, async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(request.as_bytes()).await?;
        while !seen.ends_with(b"+PONG\r\n") && !seen.contains(&b'-') {
            if stream.read_buf(&mut seen).await? == 0 {
                break;
            }
        }
        io::Result::Ok(())
    })
    .await??;
    let answer = String::from_utf8_lossy(&seen);
    anyhow::ensure!(
        answer.ends_with("+PONG\r\n"),
        "Redis says {}",
        answer.trim()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_and_without_chunks() {
        let plain =
            parse("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{\"status\":\"ok\"}").unwrap();
        assert_eq!(plain.status, 503);
        assert_eq!(plain.json().unwrap()["status"], "ok");
        let chunked = parse(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf\r\n{\"status\":\"ok\"}\r\n0\r\n\r\n",
        );
        assert_eq!(chunked.unwrap().json().unwrap()["status"], "ok");
        assert!(parse("220 mail.example ESMTP").is_none());
    }

    #[tokio::test]
    async fn an_answer_counts_only_if_it_names_the_service_and_comes_from_its_process() {
        let stranger = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let port = stranger.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = stranger.accept().await {
                let _ = stream.read(&mut [0; 1024]).await;
                let answer = b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\",\"service\":\"sample\"}";
                let _ = stream.write_all(answer).await;
            }
        });
        let probe = |service| Probe::Http {
            port,
            path: "/health/ready",
            service,
        };
        let error = probe("gateway").ask().await.unwrap_err().to_string();
        assert!(error.contains("is sample, not gateway"), "{error}");
        let me = std::process::id();
        probe("sample").ask_process(Some(me)).await.unwrap();
        if cfg!(target_os = "linux") {
            let mut other = std::process::Command::new("sleep")
                .arg("60")
                .spawn()
                .unwrap();
            let error = probe("sample")
                .ask_process(Some(other.id()))
                .await
                .unwrap_err();
            assert!(error.to_string().contains("another process"), "{error}");
            other.kill().unwrap();
            other.wait().unwrap();
        }
    }
}
