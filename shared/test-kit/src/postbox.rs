//! A little SMTP server that keeps what it gets.

use crate::eventually;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What arrived: whom it was for, and the text.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Its address.
    pub to: String,
    /// Head and body.
    pub text: String,
}

/// The server; it ends with the test's runtime.
pub struct Postbox {
    /// Where it listens, on loopback.
    pub port: u16,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    open: Arc<Mutex<bool>>,
}

impl Postbox {
    /// A server that takes everything.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let open = Arc::new(Mutex::new(true));
        let (kept, is_open) = (Arc::clone(&arrived), Arc::clone(&open));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, is_open) = (Arc::clone(&kept), Arc::clone(&is_open));
                tokio::spawn(async move {
                    let _ = talk(stream, &kept, &is_open).await;
                });
            }
        });
        Self {
            port,
            arrived,
            open,
        }
    }

    /// Whether it takes mail.
    pub fn takes(&self, takes: bool) {
        *self.open.lock().unwrap() = takes;
    }

    /// All that arrived.
    pub fn all(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }

    /// The `nth` mail for an address, once it is there.
    pub async fn wait_for(&self, to: &str, nth: usize) -> Arrived {
        let find = || self.all().into_iter().filter(|it| it.to == to).nth(nth);
        eventually("a mail arrives", || find().is_some()).await;
        find().unwrap()
    }

    /// The link in the `nth` mail for an address.
    pub async fn link_for(&self, to: &str, nth: usize) -> String {
        let text = self.wait_for(to, nth).await.text;
        let line = text.lines().find(|line| line.starts_with("http"));
        line.expect("a mail with a link").to_owned()
    }
}

async fn talk(
    stream: TcpStream,
    kept: &Mutex<Vec<Arrived>>,
    is_open: &Mutex<bool>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 postbox\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => write.write_all(b"250 postbox\r\n").await?,
            "RCPT" => {
                let taken = *is_open.lock().unwrap();
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                let answer = if taken {
                    "250 yes\r\n".to_owned()
                } else {
                    format!("450 <{to}> later\r\n")
                };
                write.write_all(answer.as_bytes()).await?;
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    text.push_str(&line);
                    text.push('\n');
                }
                // Quoted-printable: soft line ends, and `=` in links.
                let text = text.replace("=\n", "").replace("=3D", "=");
                let to = to.clone();
                kept.lock().unwrap().push(Arrived { to, text });
                write.write_all(b"250 kept\r\n").await?;
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => write.write_all(b"250 yes\r\n").await?,
        }
    }
    Ok(())
}
