//! What queries and bodies have in common: values by name, each checked by the
//! rule of its kind.

use mauntic_domain::ids::OrganizationId;
use mauntic_domain::jobs::Queue;
use mauntic_flows::ports::CaseFilter;
use serde_json::Value;
use uuid::Uuid;

/// Most characters of a reason; the audit keeps it.
pub(crate) const REASON_CHARS_MAX: usize = 500;

/// Most characters of a name: of a type, a reason, an actor or an action.
pub(crate) const NAME_CHARS_MAX: usize = 100;

/// Most characters of a fingerprint, as [`mauntic_domain::cases`] cuts it.
const FINGERPRINT_CHARS_MAX: usize = 300;

/// Most bytes of a payload that is searched for. A replay keeps its filter and
/// the audit's entry of 64 KiB holds it once more, twice at most.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 4 * 1024;

const _: () = assert!(PAYLOAD_BYTES_MAX * 4 + REASON_CHARS_MAX * 4 < 64 * 1024);

/// Names of what [`case_filter`] reads.
pub(crate) const CASE_FILTERS: [&str; 7] =
    ["queue", "type", "organizationId", "reason", "fingerprint", "runId", "payload"];

/// Values by name; each is taken once.
pub(crate) trait Source {
    /// A text, if there is one.
    fn text(&mut self, name: &'static str) -> Option<String>;
    /// A JSON value, if there is one.
    fn value(&mut self, name: &'static str) -> Option<Value>;
    /// Notes what is wrong with a value.
    fn fault(&mut self, name: &str, message: String);

    /// A text of 1 to `max` characters.
    fn short(&mut self, name: &'static str, max: usize) -> Option<String> {
        let text = self.text(name)?;
        let length = text.chars().count();
        if (1..=max).contains(&length) {
            return Some(text);
        }
        self.fault(name, format!("must have 1 to {max} characters, has {length}"));
        None
    }

    /// An id.
    fn id(&mut self, name: &'static str) -> Option<Uuid> {
        let text = self.text(name)?;
        let id = uuid(&text);
        if id.is_none() {
            self.fault(name, format!("must be {UUID_FORM}"));
        }
        id
    }

    /// An organization's id.
    fn organization(&mut self, name: &'static str) -> Option<String> {
        match OrganizationId::parse(self.text(name)?) {
            Ok(organization) => Some(organization.into()),
            Err(error) => {
                self.fault(name, error.to_string());
                None
            }
        }
    }

    /// A queue, by its production name.
    fn queue(&mut self, name: &'static str) -> Option<Queue> {
        let queue = Queue::from_name(&self.text(name)?);
        if queue.is_none() {
            let names = Queue::ALL.map(Queue::name).join(", ");
            self.fault(name, format!("must be one of {names}"));
        }
        queue
    }

    /// A JSON object that is to be contained in another.
    fn payload(&mut self, name: &'static str) -> Option<Value> {
        let value = self.value(name)?;
        let bytes = value.to_string().len();
        if !value.is_object() {
            self.fault(name, "must be a JSON object".to_owned());
        } else if bytes > PAYLOAD_BYTES_MAX {
            let max = PAYLOAD_BYTES_MAX;
            self.fault(name, format!("must have at most {max} bytes, has {bytes}"));
        } else if holds_nul(&value) {
            self.fault(name, "must not contain the character U+0000".to_owned());
        } else {
            return Some(value);
        }
        None
    }
}

/// Reads which cases.
pub(crate) fn case_filter(source: &mut impl Source) -> CaseFilter {
    CaseFilter {
        queue: source.queue("queue").map(|queue| queue.name().to_owned()),
        type_name: source.short("type", NAME_CHARS_MAX),
        organization_id: source.organization("organizationId"),
        reason: source.short("reason", NAME_CHARS_MAX),
        fingerprint: source.short("fingerprint", FINGERPRINT_CHARS_MAX),
        run_id: source.id("runId"),
        payload: source.payload("payload"),
    }
}

/// What [`uuid`] reads.
pub(crate) const UUID_FORM: &str = "a UUID, as 01980000-0000-7000-8000-000000000000";

/// Reads an id in the one form that is written.
pub(crate) fn uuid(text: &str) -> Option<Uuid> {
    const CHARS: usize = 36;
    (text.len() == CHARS).then(|| Uuid::parse_str(text).ok()).flatten()
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(n, v)| n.contains('\0') || holds_nul(v)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
