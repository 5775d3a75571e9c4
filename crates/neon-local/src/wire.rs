//! PostgreSQL's messages, as far as a proxy reads and writes them. No I/O.
//! <https://www.postgresql.org/docs/current/protocol-message-formats.html>

/// What a message says behind its length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its kind; 0 for a start-up message.
    pub(crate) kind: u8,
    pub(crate) body: Vec<u8>,
}

/// Takes the first message out of `held`, if it is whole.
pub(crate) fn take(held: &mut Vec<u8>) -> Option<Message> {
    let kind = *held.first()?;
    let body = take_behind(held, 1)?;
    Some(Message { kind, body })
}

/// Takes a client's first message out of `held`, if it is whole: it has no kind.
pub(crate) fn take_startup(held: &mut Vec<u8>) -> Option<Message> {
    Some(Message { kind: 0, body: take_behind(held, 0)? })
}

fn take_behind(held: &mut Vec<u8>, kind_bytes: usize) -> Option<Vec<u8>> {
    let length = held.get(kind_bytes..kind_bytes + 4)?.try_into().ok().map(u32::from_be_bytes)?;
    let end = kind_bytes + usize::try_from(length).ok()?;
    let body = held.get(kind_bytes + 4..end)?.to_vec();
    held.drain(..end);
    Some(body)
}

/// A message; of kind 0, a start-up message.
pub(crate) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes();
    let kind = if kind == 0 { Vec::new() } else { vec![kind] };
    [&kind, length.as_slice(), body].concat()
}

/// Texts, each with the NUL at its end.
pub(crate) fn texts(texts: &[&str]) -> Vec<u8> {
    texts.iter().flat_map(|text| text.bytes().chain([0])).collect()
}

/// A fatal error of the proxy's own.
pub(crate) fn fatal(code: &str, text: &str) -> Vec<u8> {
    let fields = ["SFATAL", "VFATAL", &format!("C{code}"), &format!("M{text}"), ""];
    message(b'E', &texts(&fields))
}

/// Reads a body from its beginning on; what is not there is zero or empty.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (now, behind) = self.0.split_at(count.min(self.0.len()));
        self.0 = behind;
        now
    }

    pub(crate) fn i16(&mut self) -> i16 {
        self.bytes(2).try_into().map(i16::from_be_bytes).unwrap_or_default()
    }

    pub(crate) fn i32(&mut self) -> i32 {
        self.bytes(4).try_into().map(i32::from_be_bytes).unwrap_or_default()
    }

    /// Up to the next NUL.
    pub(crate) fn text(&mut self) -> String {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        let text = String::from_utf8_lossy(self.bytes(end)).into_owned();
        self.bytes(1);
        text
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// What a start-up message says under this name.
pub(crate) fn parameter(startup: &Message, name: &str) -> Option<String> {
    let mut reader = Reader(&startup.body);
    reader.i32();
    while !reader.is_at_end() {
        let (key, value) = (reader.text(), reader.text());
        if key == name {
            return Some(value);
        }
    }
    None
}
