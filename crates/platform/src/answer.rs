//! What an answer's status says about a call; pure.

use mauntic_flows::ports::CallError;

/// Redirects are refusals: the address is the operator's own, and an answer must
/// not send what we tell to another.
pub(crate) fn judge(status: u16) -> Result<(), CallError> {
    match status {
        200..=299 => Ok(()),
        429 | 500.. => Err(CallError::Failed { cause: format!("answered with status {status}") }),
        _ => Err(CallError::Refused { status }),
    }
}
