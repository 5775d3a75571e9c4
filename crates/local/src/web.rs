//! A web server of this machine, for what is a service outside elsewhere: each request is
//! answered by a function, in a thread of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Longest head of a request, and longest body: all that is asked here has a few hundred
/// bytes.
const HEAD_BYTES_MAX: u64 = 64 * 1_024;
const BODY_BYTES_MAX: usize = 64 * 1_024;

/// Longest wait for the next bytes of a request.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// How often a caller who waits looks whether the server has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body where it is text; else empty.
    pub body: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Status code; 0 hangs up without a word.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// How long the caller waits for it.
    pub after: Duration,
    /// Headers besides those that every answer has.
    pub headers: Vec<(&'static str, String)>,
}

/// The server. Dropped, it is gone.
pub struct Web {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl fmt::Debug for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Web").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Web {
    /// Answers requests to a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (address, ended) = (listener.local_addr()?, Arc::new(AtomicBool::new(false)));
        let (answer, is_ended) = (Arc::new(answer), Arc::clone(&ended));
        let listening = thread::spawn(move || {
            for caller in listener.incoming() {
                if is_ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(caller) = caller else { continue };
                let (answer, is_ended) = (Arc::clone(&answer), Arc::clone(&is_ended));
                // A caller that goes away amid its words has asked nothing.
                thread::spawn(move || hear(&caller, &*answer, &is_ended).unwrap_or_default());
            }
        });
        Ok(Self { address, ended, listener: Some(listening) })
    }

    /// Where it is asked.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(listener) = self.listener.take() {
            drop(listener.join());
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "an answer that comes late is waited for")]
fn hear(
    caller: &TcpStream,
    answer: &(dyn Fn(&Asked) -> Answer + Send + Sync),
    is_ended: &AtomicBool,
) -> io::Result<()> {
    caller.set_read_timeout(Some(READ_WITHIN))?;
    let Answer { status, body, after, headers } = answer(&read(caller)?);
    let mut waited = Duration::ZERO;
    while waited < after && !is_ended.load(Ordering::SeqCst) {
        thread::sleep(LOOK_EVERY);
        waited += LOOK_EVERY;
    }
    if status == 0 {
        return Ok(());
    }
    let mut writer = caller;
    write!(
        writer,
        "HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n",
        body.len()
    )?;
    headers.iter().try_for_each(|(name, value)| write!(writer, "{name}: {value}\r\n"))?;
    writer.write_all(b"\r\n")?;
    writer.write_all(&body)
}

fn read(caller: &TcpStream) -> io::Result<Asked> {
    let mut reader = BufReader::new(caller);
    let mut head = reader.by_ref().take(HEAD_BYTES_MAX);
    let mut line = String::new();
    head.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        head.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    if length > BODY_BYTES_MAX {
        return Err(io::Error::other("the body is too long"));
    }
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    let body = str::from_utf8(&bytes).unwrap_or_default().to_owned();
    Ok(Asked { method, path, headers, body, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_answered() {
        let web = Web::start(|asked| {
            let told = format!("{} {} {}", asked.method, asked.path, asked.body);
            let key = asked.headers.get("authorization").cloned().unwrap_or_default();
            let status = if asked.path == "/none" { 0 } else { 200 };
            Answer { status, body: format!("{told}|{key}").into_bytes(), ..Answer::default() }
        })
        .unwrap();
        let get = |path: &str| {
            let request = ureq::get(format!("{}{path}", web.url()));
            let mut answer = request.header("Authorization", "Bearer k").call()?;
            answer.body_mut().read_to_string()
        };
        assert_eq!(get("/a/b?c=1").unwrap(), "GET /a/b?c=1 |Bearer k");
        assert!(get("/none").is_err());
        let mut put = ureq::put(format!("{}/now", web.url())).send("soon").unwrap();
        assert_eq!(put.body_mut().read_to_string().unwrap(), "PUT /now soon|");
    }
}
