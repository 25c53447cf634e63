//! `basic_auth_users`: who may ask, proven by bcrypt.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::hmac;
use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bcrypt::HashParts;
use dbprobe_core::Secret;
use serde_saphyr::Spanned;
use tokio::sync::Semaphore;

use super::file::Hidden;
use super::reader::Reader;

/// How many passwords are compared at once: a flood of guesses must not take every thread.
const AT_ONCE: usize = 2;

/// How many proven passwords are remembered. A user has one, but bcrypt does not look beyond 72 bytes, so that there
/// are many texts which are right.
const REMEMBERED: usize = 1024;

/// Who may ask.
///
/// A comparison costs some 50 ms of CPU by design, so a password that was right is remembered as long as this
/// configuration is in force: as an HMAC under a key of its own, never as a text.
pub(super) struct Users {
    hashes: BTreeMap<String, Secret>,
    key: hmac::Key,
    proven: Mutex<HashSet<Vec<u8>>>,
    slots: Arc<Semaphore>,
}

impl Users {
    /// The users of the file; `None` where there is none, and everybody may ask.
    pub(super) fn read(reader: &mut Reader<'_>, section: BTreeMap<String, Spanned<Hidden>>) -> Option<Self> {
        let mut hashes = BTreeMap::new();
        for (name, Spanned { value: Hidden(hash), referenced, .. }) in section {
            if hash.expose().parse::<HashParts>().is_err() {
                let message = format!("the password of user `{name}` is not a bcrypt hash");
                reader.refuse(referenced, message, "make one with `htpasswd -nBC 10 USER`");
            }
            if name.contains(':') {
                reader.refuse(referenced, format!("the user name `{name}` holds a colon"), "RFC 7617 allows none");
            }
            hashes.insert(name, hash);
        }
        (!hashes.is_empty()).then(|| Self::new(hashes))
    }

    fn new(hashes: BTreeMap<String, Secret>) -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &aws_lc_rs::rand::SystemRandom::new())
            .unwrap_or_else(|_| hmac::Key::new(hmac::HMAC_SHA256, &[])); // without randomness there is no TLS either
        Self { hashes, key, proven: Mutex::default(), slots: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Whether the header `Authorization` names a user and the right password.
    ///
    /// A user that does not exist costs as much time as one that does.
    pub(super) async fn admit(&self, authorization: Option<&HeaderValue>) -> bool {
        let Some((user, password)) = authorization.and_then(credentials) else { return false };
        let known = self.hashes.get(&user);
        let Some(hash) = known.or_else(|| self.hashes.values().next()) else { return false };
        let tag = self.tag(&user, &password);
        if known.is_some() && self.lock().contains(&tag) {
            return true;
        }
        let right = self.compare(password, hash.clone()).await && known.is_some();
        if right {
            let mut proven = self.lock();
            if proven.len() >= REMEMBERED {
                proven.clear();
            }
            proven.insert(tag);
        }
        right
    }

    /// The slot is given back by the comparison itself: it goes on when whoever asked has hung up.
    async fn compare(&self, password: Secret, hash: Secret) -> bool {
        let Ok(slot) = Arc::clone(&self.slots).acquire_owned().await else { return false };
        let compared = tokio::task::spawn_blocking(move || {
            let right = bcrypt::verify(password.expose(), hash.expose()).unwrap_or(false);
            drop(slot);
            right
        });
        compared.await.unwrap_or(false)
    }

    fn tag(&self, user: &str, password: &Secret) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [user, password.expose()] {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref().to_vec()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<Vec<u8>>> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.hashes.keys()).finish()
    }
}

/// `Basic base64(user:password)`, RFC 7617.
fn credentials(header: &HeaderValue) -> Option<(String, Secret)> {
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = Secret::new(String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?);
    let (user, password) = text.expose().split_once(':')?;
    Some((user.to_owned(), Secret::new(password)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users() -> Users {
        let hash = bcrypt::hash("hunter2", 4).expect("a hash");
        Users::new(BTreeMap::from([("alice".to_owned(), Secret::new(hash))]))
    }

    fn header(text: &str) -> HeaderValue {
        HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(text))).expect("a header")
    }

    #[tokio::test]
    async fn only_a_known_user_with_the_right_password_is_admitted() {
        let users = users();
        let cases = [("alice:hunter2", true), ("alice:wrong", false), ("bob:hunter2", false), ("alice", false)];
        for (text, admitted) in cases {
            assert_eq!(users.admit(Some(&header(text))).await, admitted, "{text}");
        }
        assert!(!users.admit(None).await);
        assert!(!users.admit(Some(&HeaderValue::from_static("Bearer x"))).await);
    }

    #[tokio::test]
    async fn a_password_that_was_right_is_not_compared_again() {
        let users = users();
        assert!(users.admit(Some(&header("alice:hunter2"))).await);
        users.slots.close(); // from now on nothing can be compared
        assert!(users.admit(Some(&header("alice:hunter2"))).await);
        assert!(!users.admit(Some(&header("bob:hunter2"))).await);
    }

    #[test]
    fn debug_shows_names_only() {
        let shown = format!("{:?}", users());
        assert_eq!(shown, r#"{"alice"}"#);
    }
}
