//! The running product, and questions at its door as they are written here.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::house::House;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// To the letter: values of cookies are.
    pub(crate) head_as_sent: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let items = self.json()["data"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The house, and the door to it.
pub(crate) struct Product {
    pub(crate) house: House,
    pub(crate) port: u16,
    pub(crate) key: String,
    /// What the start told.
    pub(crate) told: String,
}

impl Product {
    pub(crate) fn start() -> Self {
        let house = House::real();
        let told = house.up();
        assert!(told.contains("curl -H"), "{told}");
        let url = house.status()["gateway"]["url"]
            .as_str()
            .unwrap()
            .to_owned();
        let port = url
            .rsplit(':')
            .next()
            .unwrap()
            .trim_end_matches('/')
            .parse()
            .unwrap();
        let key = house.secret("platform-vehicles-api-key");
        Self {
            house,
            port,
            key,
            told,
        }
    }

    /// What came back for a path, as it is written here: no client tidies it up.
    pub(crate) fn ask(&self, path: &str, key: Option<&str>) -> std::io::Result<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\n\r\n"), key)
    }

    /// What came back for a JSON body.
    pub(crate) fn post(&self, path: &str, json: &Value) -> Answer {
        self.post_with(path, json, &self.key)
    }

    pub(crate) fn post_with(&self, path: &str, json: &Value, key: &str) -> Answer {
        let body = json.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}",
            body.len()
        );
        let request = format!("{head}\r\n\r\n{body}");
        self.send(&request, Some(key)).unwrap()
    }

    pub(crate) fn send(&self, request: &str, key: Option<&str>) -> std::io::Result<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let key = key.map_or_else(String::new, |key| format!("X-API-Key: {key}\r\n"));
        let request = request.replacen(
            "\r\n",
            &format!("\r\nHost: localhost\r\n{key}Connection: close\r\n"),
            1,
        );
        stream.write_all(request.as_bytes())?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let (head, body) = text
            .split_once("\r\n\r\n")
            .ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok());
        Ok(Answer {
            status: status.ok_or(std::io::ErrorKind::InvalidData)?,
            head: head.to_lowercase(),
            head_as_sent: head.to_owned(),
            body: body.to_owned(),
        })
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(path, Some(&self.key)).unwrap()
    }

    pub(crate) fn answers(&self, path: &str) -> bool {
        self.ask(path, Some(&self.key))
            .is_ok_and(|answer| answer.status == 200)
    }

    pub(crate) fn signal(&self, child: &str, signal: &str) {
        let pid = self.house.pids()[child].to_string();
        assert!(
            Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    }
}
