//! PRELOGIN: versions, encryption, the instance ([MS-TDS] 2.2.6.5).

use super::buffer::Malformed;
use super::settings::{Encryption, Settings};

const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const INSTANCE: u8 = 2;
const THREAD: u8 = 3;
const MARS: u8 = 4;
const TRACE: u8 = 5;
const FEDERATED: u8 = 6;
const NONCE: u8 = 7;
const TERMINATOR: u8 = 0xff;

/// `B_FENCRYPTION`, the values of the option ENCRYPTION.
pub(super) mod encrypt {
    pub(in crate::tds) const OFF: u8 = 0;
    pub(in crate::tds) const ON: u8 = 1;
    pub(in crate::tds) const NOT_SUPPORTED: u8 = 2;
    pub(in crate::tds) const REQUIRED: u8 = 3;
    /// Set beside one of the others where the client shows a certificate; it is not looked at here.
    pub(in crate::tds) const CLIENT_CERTIFICATE: u8 = 0x80;
}

/// What the client said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prelogin {
    encryption: u8,
    instance: Vec<u8>,
    federated: bool,
    traced: bool,
}

/// What both agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreed {
    /// Nothing is encrypted.
    Plain,
    /// LOGIN7 is, and nothing else.
    LoginOnly,
    /// Everything that follows is.
    Everything,
    /// TLS was there before.
    AlreadyStrict,
    /// They do not agree: the answer is sent, and then the connection is closed.
    Nothing,
}

impl Prelogin {
    pub(super) fn read(message: &[u8]) -> Result<Self, Malformed> {
        let mut read =
            Self { encryption: encrypt::NOT_SUPPORTED, instance: Vec::new(), federated: false, traced: false };
        let mut at = 0;
        loop {
            let option = *message.get(at).ok_or(Malformed)?;
            if option == TERMINATOR {
                return Ok(read);
            }
            let place = message.get(at + 1..at + 5).ok_or(Malformed)?;
            let offset = usize::from(u16::from_be_bytes([place[0], place[1]]));
            let length = usize::from(u16::from_be_bytes([place[2], place[3]]));
            let value = message.get(offset..offset + length).ok_or(Malformed)?;
            match option {
                ENCRYPTION => read.encryption = *value.first().ok_or(Malformed)? & !encrypt::CLIENT_CERTIFICATE,
                INSTANCE => read.instance = value.split(|byte| *byte == 0).next().unwrap_or_default().to_vec(),
                FEDERATED => read.federated = value.first().is_some_and(|byte| *byte != 0),
                TRACE => read.traced = true,
                VERSION | THREAD | MARS | NONCE => {}
                // "The server SHOULD ignore" what it does not know.
                _ => {}
            }
            at += 5;
        }
    }

    /// The value of ENCRYPTION in the answer, and what follows from both.
    fn agree(&self, settings: &Settings, strict: bool) -> (u8, Agreed) {
        use encrypt::{NOT_SUPPORTED, OFF, ON, REQUIRED};
        match (settings.encryption, self.encryption) {
            _ if strict => (NOT_SUPPORTED, Agreed::AlreadyStrict),
            (Encryption::NotSupported, OFF | NOT_SUPPORTED) => (NOT_SUPPORTED, Agreed::Plain),
            (Encryption::NotSupported, _) => (NOT_SUPPORTED, Agreed::Nothing),
            (Encryption::Off, OFF) => (OFF, Agreed::LoginOnly),
            (Encryption::Off, NOT_SUPPORTED) => (NOT_SUPPORTED, Agreed::Plain),
            (Encryption::Off, _) => (ON, Agreed::Everything),
            (_, NOT_SUPPORTED) => (REQUIRED, Agreed::Nothing),
            (Encryption::On, ON) => (ON, Agreed::Everything),
            (_, _) => (REQUIRED, Agreed::Everything),
        }
    }

    /// The answer, and what both agree on.
    pub(super) fn answer(&self, settings: &Settings, strict: bool) -> (Vec<u8>, Agreed) {
        let (major, minor, build) = settings.version;
        let [build_high, build_low] = build.to_be_bytes();
        let (encryption, agreed) = self.agree(settings, strict);
        let instance_is_another = !self.instance.is_empty()
            && !self.instance.eq_ignore_ascii_case(b"MSSQLServer")
            && !self.instance.eq_ignore_ascii_case(settings.instance.as_bytes());
        let mut options: Vec<(u8, Vec<u8>)> = vec![
            (VERSION, vec![major, minor, build_high, build_low, 0, 0]),
            (ENCRYPTION, vec![encryption]),
            (INSTANCE, vec![u8::from(instance_is_another)]),
            (THREAD, Vec::new()),
            (MARS, vec![0]),
        ];
        if self.traced {
            options.push((TRACE, Vec::new()));
        }
        if self.federated {
            options.push((FEDERATED, vec![1]));
        }
        (write(&options), agreed)
    }
}

fn write(options: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut table = Vec::new();
    let mut values: Vec<u8> = Vec::new();
    for (option, value) in options {
        let offset = u16::try_from(options.len() * 5 + 1 + values.len()).expect("a short table");
        let length = u16::try_from(value.len()).expect("a short value");
        table.push(*option);
        table.extend(offset.to_be_bytes());
        table.extend(length.to_be_bytes());
        values.extend(value);
    }
    table.push(TERMINATOR);
    table.extend(values);
    table
}
