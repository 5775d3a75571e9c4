//! SASLprep (RFC 4013) of passwords in ASCII, which is all that `postgres-protocol` asks
//! the crate of this name for: of ASCII what is allowed stays as it is, so that no table of
//! Unicode is needed.
//!
//! Of another password nothing is known here. `postgres-protocol` then sends it as it is,
//! as PostgreSQL does with what SASLprep refuses; that is the same for all that is in its
//! compatibility form (NFKC) already. With another, such as one with `²` or a no-break
//! space, nobody can log in: the README asks for letters and digits.

use std::borrow::Cow;

/// The password is not in ASCII, or has a character that no password may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Error;

/// A password as it is compared.
///
/// # Errors
/// Where it has other characters than the visible ones of ASCII and blanks.
pub fn saslprep(password: &str) -> Result<Cow<'_, str>, Error> {
    let is_allowed = password.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_allowed { Ok(Cow::Borrowed(password)) } else { Err(Error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_stays_as_it_is_and_the_rest_is_not_known() {
        for password in ["", "a", "pass word", "~!@#$%^&*()_+"] {
            assert_eq!(saslprep(password), Ok(Cow::Borrowed(password)));
        }
        for password in ["pä", "a\u{7}", "tab\t", "\u{7f}"] {
            assert_eq!(saslprep(password), Err(Error));
        }
    }
}
