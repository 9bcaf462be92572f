//! A server that speaks as much of TDS 7.4 as the ETL needs: PRELOGIN, LOGIN7 and SQL batches, without encryption.
//!
//! What it sends follows [MS-TDS]: packets of at most 4,096 bytes, tokens across their borders, values in the types that
//! NHTSA's tables have. Rows come in the order that `ORDER BY` asks for and, where that leaves a choice, in another one
//! every load, as a real server may.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const USER: &str = "reader";
pub(crate) const PASSWORD: &str = "p@ss:word";

/// The payload of a packet of 4,096 bytes.
const PAYLOAD: usize = 4_088;
const SQL_BATCH: u8 = 0x01;
const LOGIN7: u8 = 0x10;
const PRELOGIN: u8 = 0x12;
/// TABULAR RESULT: every answer of a server.
const ANSWER: u8 = 0x04;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Int,
    TinyInt,
    Bit,
    DateTime,
    Float,
    /// `nvarchar` of so many characters.
    Text(u16),
    /// `nvarchar(max)`.
    LongText,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) not_null: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) primary_key: Vec<String>,
    /// The values as text; `None` is NULL.
    pub(crate) rows: Vec<Vec<Option<String>>>,
}

pub(crate) struct FakeSqlServer {
    pub(crate) port: u16,
}

struct State {
    tables: BTreeMap<String, Table>,
    /// Sends this many bytes of an answer's rows at most, and closes the connection then.
    cut_after: Option<usize>,
    /// How often the tables were listed: once a load.
    listed: AtomicUsize,
}

impl FakeSqlServer {
    pub(crate) async fn start(tables: BTreeMap<String, Table>, cut_after: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            tables,
            cut_after,
            listed: AtomicUsize::new(0),
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                // A client that goes away ends its conversation, and nothing else.
                tokio::spawn(async move { serve(stream, &state).await });
            }
        });
        Self { port }
    }

    pub(crate) fn address(&self, password: &str) -> String {
        let password = password.replace('@', "%40").replace(':', "%3A");
        format!(
            "mssql://{USER}:{password}@127.0.0.1:{}/vPICList_Lite1",
            self.port
        )
    }
}

async fn serve(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    loop {
        let (kind, message) = read_message(&mut stream).await?;
        match kind {
            PRELOGIN => send(&mut stream, &prelogin()).await?,
            LOGIN7 => {
                if password_of(&message) != PASSWORD {
                    let refused = error(18_456, &format!("Login failed for user '{USER}'."));
                    return send(&mut stream, &refused).await;
                }
                let mut answer = login_ack();
                answer.extend(done(0));
                send(&mut stream, &answer).await?;
            }
            SQL_BATCH => {
                let sql = batch_text(&message);
                let answer = state.answer(&sql);
                if let Some(limit) = state.cut_after.filter(|limit| *limit < answer.len()) {
                    return send_packets(&mut stream, &answer[..limit], false).await;
                }
                send(&mut stream, &answer).await?;
            }
            other => panic!("a packet of the kind {other:#x} was not expected"),
        }
    }
}

async fn read_message(stream: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut message = Vec::new();
    loop {
        let mut header = [0; 8];
        stream.read_exact(&mut header).await?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]])) - header.len();
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await?;
        message.extend(payload);
        if header[1] & 1 == 1 {
            return Ok((header[0], message));
        }
    }
}

async fn send(stream: &mut TcpStream, answer: &[u8]) -> std::io::Result<()> {
    send_packets(stream, answer, true).await
}

/// `whole` marks the last packet as the end of the message.
async fn send_packets(stream: &mut TcpStream, answer: &[u8], whole: bool) -> std::io::Result<()> {
    let count = answer.len().div_ceil(PAYLOAD);
    for (number, payload) in answer.chunks(PAYLOAD).enumerate() {
        let last = u8::from(whole && number + 1 == count);
        let length = u16::try_from(payload.len() + 8).unwrap().to_be_bytes();
        let id = u8::try_from(number % 256).unwrap();
        let header = [ANSWER, last, length[0], length[1], 0, 0, id, 0];
        stream.write_all(&header).await?;
        stream.write_all(payload).await?;
    }
    stream.flush().await
}

/// VERSION 16.0 and ENCRYPTION "not supported".
fn prelogin() -> Vec<u8> {
    let mut answer = vec![0x00, 0, 11, 0, 6, 0x01, 0, 17, 0, 1, 0xff];
    answer.extend([16, 0, 0x03, 0xe8, 0, 0]);
    answer.push(0x02);
    answer
}

fn login_ack() -> Vec<u8> {
    let mut body = vec![1];
    body.extend(0x7400_0004_u32.to_be_bytes());
    body.extend(short_text("Microsoft SQL Server"));
    body.extend([16, 0, 0x03, 0xe8]);
    token(0xad, &body)
}

fn error(number: u32, text: &str) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.extend([1, 14]);
    body.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
    body.extend(utf16(text));
    body.extend(short_text("fake"));
    body.extend(short_text(""));
    body.extend(1_u32.to_le_bytes());
    let mut answer = token(0xaa, &body);
    answer.extend(done(2));
    answer
}

/// A token whose length stands before its body.
fn token(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut token = vec![kind];
    token.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
    token.extend(body);
    token
}

fn done(status: u16) -> Vec<u8> {
    let mut token = vec![0xfd];
    token.extend(status.to_le_bytes());
    token.extend([0; 10]);
    token
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn short_text(text: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.encode_utf16().count()).unwrap()];
    bytes.extend(utf16(text));
    bytes
}

fn from_utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).unwrap()
}

/// The password of a LOGIN7 message: halves of each byte swapped, after XOR with 0xA5.
fn password_of(login: &[u8]) -> String {
    let number = |at: usize| usize::from(u16::from_le_bytes([login[at], login[at + 1]]));
    let (start, characters) = (number(44), number(46));
    let plain: Vec<u8> = login[start..start + characters * 2]
        .iter()
        .map(|byte| (byte ^ 0xa5).rotate_left(4))
        .collect();
    from_utf16(&plain)
}

/// The statement of a batch, which stands after the headers.
fn batch_text(batch: &[u8]) -> String {
    let headers = u32::from_le_bytes([batch[0], batch[1], batch[2], batch[3]]);
    from_utf16(&batch[usize::try_from(headers).unwrap()..])
}

impl State {
    fn answer(&self, sql: &str) -> Vec<u8> {
        if sql.contains("INFORMATION_SCHEMA.COLUMNS") {
            assert!(sql.contains("'dbo'"), "{sql}");
            self.listed.fetch_add(1, Ordering::Relaxed);
            return result(&listing_columns(), &self.listing());
        }
        let from = sql.split(" FROM [dbo].[").nth(1).unwrap();
        let table = &self.tables[from.split(']').next().unwrap()];
        let wanted = bracketed(sql.split(" FROM ").next().unwrap());
        let columns: Vec<_> = table.columns.iter().map(|c| c.name.clone()).collect();
        assert_eq!(wanted, columns, "{sql}");
        let order: Vec<usize> = bracketed(sql.split(" ORDER BY ").nth(1).unwrap())
            .iter()
            .map(|name| columns.iter().position(|column| column == name).unwrap())
            .collect();
        let mut rows = table.rows.clone();
        if self.listed.load(Ordering::Relaxed) % 2 == 1 {
            rows.reverse();
        }
        // A stable sort: what the order does not tell apart comes as it lies.
        rows.sort_by_cached_key(|row| order.iter().map(|at| row[*at].clone()).collect::<Vec<_>>());
        result(&table.columns, &rows)
    }

    fn listing(&self) -> Vec<Vec<Option<String>>> {
        let mut rows = Vec::new();
        for (table, described) in &self.tables {
            for column in &described.columns {
                let (sql_type, length, precision) = match column.kind {
                    Kind::Int => ("int", None, Some(10)),
                    Kind::TinyInt => ("tinyint", None, Some(3)),
                    Kind::Bit => ("bit", None, None),
                    Kind::DateTime => ("datetime", None, None),
                    Kind::Float => ("float", None, Some(53)),
                    Kind::Text(length) => ("nvarchar", Some(i32::from(length)), None),
                    Kind::LongText => ("nvarchar", Some(-1), None),
                };
                let place = described.primary_key.iter().position(|n| *n == column.name);
                rows.push(vec![
                    Some(table.clone()),
                    Some(column.name.clone()),
                    Some(sql_type.to_owned()),
                    length.map(|length| length.to_string()),
                    precision.map(|precision: i32| precision.to_string()),
                    precision.map(|_| "0".to_owned()),
                    Some(if column.not_null { "NO" } else { "YES" }.to_owned()),
                    place.map(|place| (place + 1).to_string()),
                ]);
            }
        }
        rows
    }
}

fn listing_columns() -> Vec<Column> {
    let kinds = [
        ("TABLE_NAME", Kind::Text(128)),
        ("COLUMN_NAME", Kind::Text(128)),
        ("DATA_TYPE", Kind::Text(128)),
        ("LENGTH", Kind::Int),
        ("PRECISION_", Kind::Int),
        ("SCALE", Kind::Int),
        ("IS_NULLABLE", Kind::Text(3)),
        ("KEY_POSITION", Kind::Int),
    ];
    let column = |(name, kind): (&str, Kind)| Column {
        name: name.to_owned(),
        kind,
        not_null: false,
    };
    kinds.map(column).to_vec()
}

/// The names in brackets, in their order.
fn bracketed(sql: &str) -> Vec<String> {
    let names = sql.split('[').skip(1);
    names
        .map(|rest| rest.split(']').next().unwrap().to_owned())
        .collect()
}

fn result(columns: &[Column], rows: &[Vec<Option<String>>]) -> Vec<u8> {
    let mut answer = vec![0x81];
    answer.extend(u16::try_from(columns.len()).unwrap().to_le_bytes());
    for column in columns {
        // User type 0; nullable and read-write.
        answer.extend([0, 0, 0, 0, 0x09, 0]);
        answer.extend(type_of(column.kind));
        answer.extend(short_text(&column.name));
    }
    for row in rows {
        answer.push(0xd1);
        for (column, value) in columns.iter().zip(row) {
            push_value(&mut answer, column.kind, value.as_deref());
        }
    }
    answer.extend(done(0x10));
    answer
}

fn type_of(kind: Kind) -> Vec<u8> {
    let text = |bytes: u16| {
        let mut told = vec![0xe7];
        told.extend(bytes.to_le_bytes());
        // Latin1_General_CI_AS.
        told.extend([0x09, 0x04, 0xd0, 0x00, 0x34]);
        told
    };
    match kind {
        Kind::Int => vec![0x26, 4],
        Kind::TinyInt => vec![0x26, 1],
        Kind::Bit => vec![0x68, 1],
        Kind::DateTime => vec![0x6f, 8],
        Kind::Float => vec![0x6d, 8],
        Kind::Text(length) => text(length * 2),
        Kind::LongText => text(0xffff),
    }
}

fn push_value(answer: &mut Vec<u8>, kind: Kind, value: Option<&str>) {
    let Some(value) = value else {
        match kind {
            Kind::Text(_) => answer.extend([0xff; 2]),
            Kind::LongText => answer.extend([0xff; 8]),
            _ => answer.push(0),
        }
        return;
    };
    match kind {
        Kind::Int => with_length(answer, &value.parse::<i32>().unwrap().to_le_bytes()),
        Kind::TinyInt => with_length(answer, &[value.parse().unwrap()]),
        Kind::Bit => with_length(answer, &[u8::from(value == "t")]),
        Kind::Float => with_length(answer, &value.parse::<f64>().unwrap().to_le_bytes()),
        Kind::DateTime => with_length(answer, &date_time(value)),
        Kind::Text(_) => {
            let text = utf16(value);
            answer.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
            answer.extend(text);
        }
        Kind::LongText => {
            let text = utf16(value);
            answer.extend(u64::try_from(text.len()).unwrap().to_le_bytes());
            // In two pieces, as a server may send it.
            let (first, second) = text.split_at(text.len() / 4 * 2);
            for piece in [first, second].into_iter().filter(|p| !p.is_empty()) {
                answer.extend(u32::try_from(piece.len()).unwrap().to_le_bytes());
                answer.extend(piece);
            }
            answer.extend([0; 4]);
        }
    }
}

fn with_length(answer: &mut Vec<u8>, value: &[u8]) {
    answer.push(u8::try_from(value.len()).unwrap());
    answer.extend(value);
}

/// Days since 1900, then ticks of 1/300 s.
fn date_time(text: &str) -> Vec<u8> {
    let time: jiff::civil::DateTime = text.replace(' ', "T").parse().unwrap();
    let days = time.date() - jiff::civil::date(1900, 1, 1);
    let seconds = u32::try_from(i32::from(time.hour()) * 3_600).unwrap()
        + u32::try_from(i32::from(time.minute()) * 60 + i32::from(time.second())).unwrap();
    let millis = u32::try_from(time.subsec_nanosecond() / 1_000_000).unwrap();
    let ticks = seconds * 300 + (millis * 3 + 5) / 10;
    let mut bytes = days.get_days().to_le_bytes().to_vec();
    bytes.extend(ticks.to_le_bytes());
    bytes
}
