//! What a market is called, what is traded there and what it is priced in. Each is
//! checked once, at the edge.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most characters of a symbol.
pub const SYMBOL_CHARS_MAX: usize = 32;

/// Most characters of a market.
pub const MARKET_CHARS_MAX: usize = 16;

/// Characters of a currency.
pub const CURRENCY_CHARS: usize = 3;

/// Why a text is no symbol, currency or market. It never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// No symbol.
    #[error("must have 1 to {SYMBOL_CHARS_MAX} of the characters A-Z 0-9 . ^ = _ -")]
    Symbol,
    /// No currency.
    #[error("must be a currency of {CURRENCY_CHARS} letters, such as EUR")]
    Currency,
    /// No market.
    #[error("must have 1 to {MARKET_CHARS_MAX} of the characters A-Z 0-9 _ -")]
    Market,
}

macro_rules! code {
    ($(#[$doc:meta])* $type:ident, $chars:expr, $allowed:pat) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// Checks its length and alphabet.
            ///
            /// # Errors
            /// When it has another.
            pub fn parse(text: impl Into<String>) -> Result<Self, CodeError> {
                let text = text.into();
                let is_allowed = text.bytes().all(|b| matches!(b, $allowed));
                let is_long_enough = $chars.contains(&text.len());
                if is_allowed && is_long_enough { Ok(Self(text)) } else { Err(CodeError::$type) }
            }

            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = CodeError;
            fn try_from(text: String) -> Result<Self, CodeError> {
                Self::parse(text)
            }
        }

        impl From<$type> for String {
            fn from(code: $type) -> Self {
                code.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

code! {
    /// What a provider of prices calls an asset, such as `AAPL` or `BRK.B`.
    Symbol, (1..=SYMBOL_CHARS_MAX), b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'^' | b'=' | b'_' | b'-'
}
code! {
    /// A currency by its three letters (ISO 4217).
    Currency, (CURRENCY_CHARS..=CURRENCY_CHARS), b'A'..=b'Z'
}
code! {
    /// Where assets are traded, by the product's own name, such as `XNYS`.
    Market, (1..=MARKET_CHARS_MAX), b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_alphabet_and_length() {
        for (text, symbol, currency, market) in [
            ("AAPL", true, false, true),
            ("EUR", true, true, true),
            ("BRK.B", true, false, false),
            ("^GSPC", true, false, false),
            ("EURUSD=X", true, false, false),
            ("A_B-1", true, false, true),
            ("eur", false, false, false),
            ("", false, false, false),
            ("EU R", false, false, false),
            ("ÄUR", false, false, false),
            ("EU\0", false, false, false),
            (&"A".repeat(16), true, false, true),
            (&"A".repeat(32), true, false, false),
            (&"A".repeat(33), false, false, false),
        ] {
            assert_eq!(Symbol::parse(text).is_ok(), symbol, "{text:?}");
            assert_eq!(Currency::parse(text).is_ok(), currency, "{text:?}");
            assert_eq!(Market::parse(text).is_ok(), market, "{text:?}");
        }
    }

    #[test]
    fn a_bad_code_does_not_deserialize() {
        assert!(serde_json::from_str::<Currency>("\"eur\"").is_err());
        assert!(serde_json::from_str::<Symbol>("7").is_err());
    }
}
