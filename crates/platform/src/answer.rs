//! What an answer says about a call; pure.

use mauntic_flows::ports::{CallError, Request, refuses_caller};

/// Redirects are refusals: the address is the operator's own, and an answer must
/// not send what we tell to another.
pub(crate) fn judge(status: u16) -> Result<(), CallError> {
    match status {
        200..=299 => Ok(()),
        429 | 500.. => Err(CallError::Failed { cause: format!("answered with status {status}") }),
        _ => Err(CallError::Refused { status }),
    }
}

/// Why another provider is asked, where there is one: this one failed, does not know us, or
/// said what is no answer. A refusal of what is asked is an answer.
pub(crate) fn fault(request: &Request, answer: &Result<Vec<u8>, CallError>) -> Option<String> {
    match answer {
        Ok(body) if request.is_answered_by(body) => None,
        Ok(_) => Some("what it answered is no answer".to_owned()),
        Err(CallError::Refused { status }) if !refuses_caller(*status) => None,
        Err(CallError::NotConfigured) => None,
        Err(error) => Some(error.to_string()),
    }
}
