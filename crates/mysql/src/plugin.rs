//! Authentication plugins: what each of them wants to hear.

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use dbprobe_core::{Class, Failure};
use mysql_common::scramble::{create_response_for_ed25519, scramble_native, scramble_sha256};
use tokio_rustls::rustls::pki_types::SubjectPublicKeyInfoDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use crate::classify::not_mysql;

/// The plugins whose client side dbprobe has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plugin {
    /// `caching_sha2_password`: MySQL's usual one since 8.0.
    CachingSha2,
    /// `mysql_clear_password`: PAM, LDAP.
    Clear,
    /// `client_ed25519`: MariaDB's `ed25519`.
    Ed25519,
    /// `mysql_native_password`: MariaDB's usual one.
    Native,
    /// `sha256_password`.
    Sha256,
}

impl Plugin {
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"caching_sha2_password" => Self::CachingSha2,
            b"mysql_clear_password" => Self::Clear,
            b"client_ed25519" => Self::Ed25519,
            b"mysql_native_password" => Self::Native,
            b"sha256_password" => Self::Sha256,
            _ => return None,
        })
    }

    /// The first answer to the challenge `nonce`; `None` where it is the password itself, as it is or encrypted.
    ///
    /// No password is an empty answer in every plugin.
    pub(crate) fn answer(self, password: &str, nonce: &[u8]) -> Option<Vec<u8>> {
        if password.is_empty() {
            return Some(Vec::new());
        }
        let password = password.as_bytes();
        match self {
            Self::CachingSha2 => scramble_sha256(nonce, password).map(|answer| answer.to_vec()),
            Self::Native => scramble_native(nonce, password).map(|answer| answer.to_vec()),
            Self::Ed25519 => Some(create_response_for_ed25519(password, nonce).to_vec()),
            Self::Clear | Self::Sha256 => None,
        }
    }

    /// With which byte the server is asked for its public key; `None` where the password is only ever sent in clear.
    pub(crate) fn asks_for_key(self) -> Option<u8> {
        match self {
            Self::CachingSha2 => Some(2),
            Self::Sha256 => Some(1),
            Self::Clear | Self::Ed25519 | Self::Native => None,
        }
    }
}

/// The password and its final zero, mixed with the challenge and encrypted for the server (RSA with OAEP and SHA-1, which
/// MySQL has since 8.0.5 and 5.7.23).
///
/// # Errors
/// Class `protocol` where `pem` is no RSA key of 2,048 bits and more, or the password is too long for it.
pub(crate) fn encrypted(password: &str, nonce: &[u8], pem: &[u8]) -> Result<Vec<u8>, Failure> {
    let unusable = || not_mysql("the server's public key cannot be used");
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| unusable())?;
    let key = PublicEncryptingKey::from_der(&der).map_err(|_| unusable())?;
    let key = OaepPublicEncryptingKey::new(key).map_err(|_| unusable())?;
    let mixed: Vec<u8> =
        terminated(password).iter().zip(nonce.iter().cycle()).map(|(byte, challenge)| byte ^ challenge).collect();
    let mut sealed = vec![0; key.ciphertext_size()];
    let length = key.encrypt(&OAEP_SHA1_MGF1SHA1, &mixed, &mut sealed, None).map_err(|_| unusable())?.len();
    sealed.truncate(length);
    Ok(sealed)
}

/// The password and the zero with which it goes over the wire.
pub(crate) fn terminated(password: &str) -> Vec<u8> {
    [password.as_bytes(), b"\0"].concat()
}

/// The account needs what this side does not have. The code is the client library's (`CR_AUTH_PLUGIN_CANNOT_LOAD`).
pub(crate) fn unknown(name: &[u8]) -> Failure {
    let name: String = String::from_utf8_lossy(name).chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
    Failure::new(Class::Unsupported, format!("the account logs in by the plugin {name:?}, which dbprobe does not have"))
        .code("2059")
        .advise(
            "give dbprobe an account of its own with caching_sha2_password, mysql_native_password or ed25519; \
             `dbprobe init --print` prints one",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_none_is_refused_without_a_panic() {
        let half = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n";
        for pem in ["", "x", half, "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n"] {
            let failure = encrypted("hunter2", &[7; 20], pem.as_bytes()).expect_err(pem);
            assert_eq!(failure.class, Class::Protocol);
        }
    }

    #[test]
    fn no_password_is_an_empty_answer() {
        for plugin in [Plugin::CachingSha2, Plugin::Clear, Plugin::Ed25519, Plugin::Native, Plugin::Sha256] {
            assert_eq!(plugin.answer("", &[1; 20]), Some(Vec::new()));
        }
        assert_eq!(Plugin::Clear.answer("x", &[1; 20]), None);
    }
}
