//! A webhook on this machine that can go away, and remembers what it was told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::Value;

/// How it answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Mood {
    /// As it should.
    #[default]
    Well,
    /// With a failure of its own.
    Failing,
    /// Not at all, after it has heard everything.
    Mute,
    /// It is closed.
    Gone,
}

#[derive(Debug, Default)]
struct Heard {
    mood: Mood,
    calls: usize,
    /// Ids of the notifications by alert, whatever was answered.
    ids: BTreeMap<String, BTreeSet<String>>,
}

/// The webhook. Dropped, it is gone.
#[derive(Debug)]
pub(super) struct Webhook {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    listener: Option<JoinHandle<()>>,
}

impl Webhook {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (address, heard) = (listener.local_addr().unwrap(), Arc::new(Mutex::default()));
        let hearing = Arc::clone(&heard);
        let listener = thread::spawn(move || listen(&listener, &hearing));
        Self { address, heard, listener: Some(listener) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/alerts", self.address)
    }

    pub(super) fn turn(&self, mood: Mood) {
        self.heard.lock().unwrap().mood = mood;
    }

    pub(super) fn calls(&self) -> usize {
        self.heard.lock().unwrap().calls
    }

    /// The ids under which each alert was told.
    pub(super) fn ids(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.heard.lock().unwrap().ids.clone()
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
    let (mut length, mut key) = (0, String::new());
    for line in reader.by_ref().lines() {
        let line = line?.to_ascii_lowercase();
        match line.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap_or_default(),
            Some(("idempotency-key", value)) => value.clone_into(&mut key),
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = serde_json::from_slice(&body)?;
    let mood = {
        let mut heard = heard.lock().unwrap();
        let alert = body["alertId"].as_str().unwrap_or_default().to_owned();
        let ids = heard.ids.entry(alert).or_default();
        ids.insert(key);
        ids.insert(body["id"].as_str().unwrap_or_default().to_owned());
        heard.calls += 1;
        heard.mood
    };
    let status = match mood {
        Mood::Well => "200 OK",
        Mood::Failing => "503 Service Unavailable",
        Mood::Mute | Mood::Gone => return Ok(()),
    };
    let mut writer = caller;
    write!(writer, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
