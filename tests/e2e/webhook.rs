//! A webhook on this machine that can go away, and remembers what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// How often a held call looks whether it may be answered.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How it answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    #[default]
    Well,
    /// With a failure of its own.
    Failing,
    /// Not at all, after it has heard everything.
    Mute,
    /// Not before its mood changes: the caller waits.
    Holding,
    /// It is closed.
    Gone,
}

/// A call that came in whole, whatever was answered.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Debug, Default)]
struct Heard {
    mood: Mood,
    calls: Vec<Call>,
}

/// The webhook. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Webhook {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    listener: Option<JoinHandle<()>>,
}

impl Webhook {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (address, heard) = (listener.local_addr().unwrap(), Arc::new(Mutex::default()));
        let hearing = Arc::clone(&heard);
        let listener = thread::spawn(move || listen(&listener, &hearing));
        Self { address, heard, listener: Some(listener) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/alerts", self.address)
    }

    pub(crate) fn turn(&self, mood: Mood) {
        self.heard.lock().unwrap().mood = mood;
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.heard.lock().unwrap().calls.clone()
    }

    /// The ids under which each alert was told.
    pub(crate) fn ids(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for call in self.calls() {
            let body = call.json();
            let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
            ids.entry(text("alertId")).or_default().extend([text("id"), call.key()]);
        }
        ids
    }
}

impl Call {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a call says JSON")
    }

    /// What repeats are known by.
    pub(crate) fn key(&self) -> String {
        self.headers.get("idempotency-key").cloned().unwrap_or_default()
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.turn(Mood::Gone);
        drop(TcpStream::connect(self.address));
        if let Some(listener) = self.listener.take() {
            listener.join().unwrap();
        }
    }
}

fn listen(listener: &TcpListener, heard: &Arc<Mutex<Heard>>) {
    for caller in listener.incoming() {
        if heard.lock().unwrap().mood == Mood::Gone {
            return;
        }
        let (Ok(caller), heard) = (caller, Arc::clone(heard)) else { continue };
        // A caller that is killed amid its words has told nothing.
        thread::spawn(move || hear(&caller, &heard).unwrap_or_default());
    }
}

fn hear(caller: &TcpStream, heard: &Mutex<Heard>) -> std::io::Result<()> {
    let mut reader = BufReader::new(caller);
    let mut headers = BTreeMap::new();
    for line in reader.by_ref().lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).map_err(std::io::Error::other)?;
    heard.lock().unwrap().calls.push(Call { headers, body });
    let mood = loop {
        let mood = heard.lock().unwrap().mood;
        if mood != Mood::Holding {
            break mood;
        }
        thread::sleep(LOOK_EVERY);
    };
    let status = match mood {
        Mood::Well => "200 OK",
        Mood::Failing => "503 Service Unavailable",
        Mood::Mute | Mood::Holding | Mood::Gone => return Ok(()),
    };
    let mut writer = caller;
    write!(writer, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
