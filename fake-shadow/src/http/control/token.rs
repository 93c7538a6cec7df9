//! The token that other machines need to see the page and to use the control interface.

use std::fmt;

use rustls::crypto::ring;
use subtle::ConstantTimeEq as _;

/// Letters and digits of a token that is made here: 128 bits.
const TOKEN_BYTES: usize = 16;

/// How short a token may be that somebody chose.
pub const TOKEN_LETTERS_MIN: usize = 16;

/// What whoever comes from another machine has to know. It is never shown by [`fmt::Debug`].
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// It is shorter than [`TOKEN_LETTERS_MIN`].
    TooShort,
    /// It has other letters than `A-Z`, `a-z`, `0-9`, `-`, `_`, `.` and `~`, which alone stand for themselves in a URL and
    /// in a cookie.
    BadLetter,
    /// The system gives no random bytes.
    NoChance,
}

impl Token {
    /// A token that nobody can guess.
    ///
    /// # Errors
    /// [`TokenError::NoChance`]
    pub fn by_chance() -> Result<Self, TokenError> {
        let mut bytes = [0; TOKEN_BYTES];
        let chance = ring::default_provider().secure_random;
        chance.fill(&mut bytes).map_err(|_| TokenError::NoChance)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// A token that somebody chose.
    ///
    /// # Errors
    /// [`TokenError::TooShort`] and [`TokenError::BadLetter`].
    pub fn chosen(text: &str) -> Result<Self, TokenError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if !text.bytes().all(is_plain) {
            return Err(TokenError::BadLetter);
        }
        if text.len() < TOKEN_LETTERS_MIN {
            return Err(TokenError::TooShort);
        }
        Ok(Self(text.to_owned()))
    }

    /// The token itself, for whoever started the server.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether a text is the token. How long that takes does not depend on where they differ.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(hidden)")
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => write!(formatter, "it has less than {TOKEN_LETTERS_MIN} letters"),
            Self::BadLetter => {
                formatter.write_str("it has others than letters, digits, `-`, `_`, `.` and `~`")
            }
            Self::NoChance => formatter.write_str("the system gives no random bytes"),
        }
    }
}

impl std::error::Error for TokenError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_itself_alone_and_is_never_shown() {
        let token = Token::by_chance().unwrap();
        assert_eq!(token.reveal().len(), 32);
        assert_ne!(token, Token::by_chance().unwrap());
        assert!(token.is(token.reveal()));
        for other in ["", &token.reveal()[1..], &format!("{}0", token.reveal())] {
            assert!(!token.is(other), "{other}");
        }
        assert_eq!(format!("{token:?}"), "Token(hidden)");
    }

    #[test]
    fn a_chosen_token_is_long_and_plain() {
        assert!(Token::chosen("0123456789abcdef").is_ok());
        assert_eq!(Token::chosen("0123456789abcde"), Err(TokenError::TooShort));
        for text in ["0123456789 abcdef", "0123456789abcdef;", "0123456789abcdef\u{e4}"] {
            assert_eq!(Token::chosen(text), Err(TokenError::BadLetter), "{text}");
        }
    }
}
