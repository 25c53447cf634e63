//! A random value that a write leaves and a read must find.

use std::fmt;

use crate::class::Class;
use crate::failure::Failure;

/// 128 random bits, written by one probe and read back by the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// A new value from the operating system's random source.
    ///
    /// # Errors
    /// Class `internal` when the operating system has none, as in a chroot without `/dev/urandom` on an old kernel.
    pub fn random() -> Result<Self, Failure> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| Failure::new(Class::Internal, format!("the system gives no random bytes: {error}")))?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// 32 lower-case hexadecimal digits: safe inside any statement.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_nonces_differ_and_are_hexadecimal() {
        let (one, two) = (Nonce::random().expect("random"), Nonce::random().expect("random"));
        assert_ne!(one, two);
        assert!(one.as_str().len() == 32 && one.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
