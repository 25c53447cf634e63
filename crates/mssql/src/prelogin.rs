//! PRELOGIN: what both sides say about encryption before anything else ([MS-TDS] 2.2.6.5).

use dbprobe_core::{Class, Failure};
use dbprobe_net::io_failure;
use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::classify::{closed, not_tds, unreadable};
use crate::config::Encrypt;
use crate::frame::{ANSWER, END, HEADER, PRELOGIN, header};
use crate::peer::whose;

/// The longest answer that is read: SQL Server's has some 40 bytes.
const LONGEST: usize = 4096;

/// Options ([MS-TDS] 2.2.6.5).
const VERSION: u8 = 0x00;
const ENCRYPTION: u8 = 0x01;
const INSTANCE: u8 = 0x02;
const THREAD: u8 = 0x03;
const MARS: u8 = 0x04;
const TERMINATOR: u8 = 0xff;

/// What one side says about encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// `ENCRYPT_OFF`: the login only.
    Off = 0,
    /// `ENCRYPT_ON`
    On = 1,
    /// `ENCRYPT_NOT_SUP`
    NotSupported = 2,
    /// `ENCRYPT_REQ`
    Required = 3,
}

/// What follows from what both sides said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreed {
    Nothing,
    Login,
    Session,
}

/// Says what `encrypt` wants and hears what the server has: one round trip.
///
/// # Errors
/// Class `protocol` when it is not TDS that comes back, class `tls` when the two sides do not agree.
pub(crate) async fn negotiate<S>(stream: &mut S, encrypt: Encrypt, instance: &str) -> Result<Agreed, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let wanted = match encrypt {
        Encrypt::Nothing => Says::NotSupported,
        Encrypt::Login => Says::Off,
        // TLS is there already: the option is not looked at by a server of TDS 8.0.
        Encrypt::Session | Encrypt::Strict => Says::On,
    };
    let asked = async {
        stream.write_all(&question(wanted, instance)).await?;
        stream.flush().await
    };
    asked.await.map_err(|error| io_failure(&error, "asking for encryption"))?;
    let said = hear(stream).await?;
    if encrypt == Encrypt::Strict {
        return Ok(Agreed::Session);
    }
    agree(encrypt, said)
}

fn agree(encrypt: Encrypt, said: Says) -> Result<Agreed, Failure> {
    match (encrypt, said) {
        (Encrypt::Nothing, Says::NotSupported | Says::Off) => Ok(Agreed::Nothing),
        (Encrypt::Nothing, _) => Err(Failure::new(Class::Tls, "the server insists on encryption")
            .advise("leave encrypt=disable out, or switch Force Encryption off on the server")),
        (Encrypt::Login, Says::NotSupported) => Ok(Agreed::Nothing),
        (Encrypt::Login, Says::Off) => Ok(Agreed::Login),
        (_, Says::On | Says::Required) => Ok(Agreed::Session),
        (_, Says::Off | Says::NotSupported) => Err(Failure::new(Class::Tls, "the server does not offer encryption")
            .advise("give the server a certificate, or say encrypt=false where the network is trusted")),
    }
}

/// A message of ours: version 0, what we say of encryption, the instance, no thread, no MARS.
fn question(says: Says, instance: &str) -> Vec<u8> {
    let instance = [instance.as_bytes(), &[0]].concat();
    packet(
        PRELOGIN,
        &[(VERSION, &[0; 6]), (ENCRYPTION, &[says as u8]), (INSTANCE, &instance), (THREAD, &[0; 4]), (MARS, &[0])],
    )
}

/// The answer to tiberius, whose stream comes as secure as it gets.
pub(crate) fn as_it_is() -> Vec<u8> {
    packet(
        ANSWER,
        &[(VERSION, &[16, 0, 0, 0, 0, 0]), (ENCRYPTION, &[Says::NotSupported as u8]), (INSTANCE, &[0]), (THREAD, &[])],
    )
}

/// A table of type, offset and length, and behind it the values.
fn packet(kind: u8, options: &[(u8, &[u8])]) -> Vec<u8> {
    let (mut table, mut values) = (Vec::new(), Vec::new());
    let start = options.len() * 5 + 1;
    for (option, value) in options {
        table.push(*option);
        for number in [start + values.len(), value.len()] {
            table.extend(u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes());
        }
        values.extend_from_slice(value);
    }
    table.push(TERMINATOR);
    [header(kind, END, table.len() + values.len()).as_slice(), &table, &values].concat()
}

async fn hear<S: AsyncRead + Unpin>(stream: &mut S) -> Result<Says, Failure> {
    let mut message = Vec::new();
    loop {
        let mut head = [0; HEADER];
        read(stream, &mut head[..1]).await?;
        // A peer of another protocol is found out by its first byte: it may have less than a header to say.
        if head[0] != ANSWER {
            return Err(stranger(stream, head[0]).await);
        }
        read(stream, &mut head[1..]).await?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let Some(payload) = length.checked_sub(HEADER).filter(|length| message.len() + length <= LONGEST) else {
            return Err(not_tds("something that does not speak TDS answers here"));
        };
        let start = message.len();
        message.resize(start + payload, 0);
        read(stream, &mut message[start..]).await?;
        if head[1] & END != 0 {
            return encryption(&message);
        }
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut [u8]) -> Result<(), Failure> {
    match stream.read_exact(buffer).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(closed()),
        Err(error) => Err(io_failure(&error, "asking for encryption")),
    }
}

/// What is there already is enough to name the peer; nothing is waited for.
async fn stranger<S: AsyncRead + Unpin>(stream: &mut S, first: u8) -> Failure {
    let mut beginning = vec![first];
    let mut more = [0; 63];
    if let Some(Ok(count)) = stream.read(&mut more).now_or_never() {
        beginning.extend_from_slice(&more[..count]);
    }
    not_tds(whose(&beginning))
}

/// What the server says about encryption. One that says nothing has none.
fn encryption(message: &[u8]) -> Result<Says, Failure> {
    // SQL Server answers with an error message in the place of options when it cannot take the connection.
    if message.first().is_none_or(|first| *first != VERSION && *first != ENCRYPTION) {
        return Err(refused(message));
    }
    for entry in message.chunks_exact(5).take_while(|entry| entry[0] != TERMINATOR) {
        if entry[0] != ENCRYPTION {
            continue;
        }
        let value = message.get(usize::from(u16::from_be_bytes([entry[1], entry[2]])));
        return match value {
            Some(0) => Ok(Says::Off),
            Some(1) => Ok(Says::On),
            Some(2) => Ok(Says::NotSupported),
            Some(3) => Ok(Says::Required),
            _ => Err(unreadable("what it says about encryption")),
        };
    }
    Ok(Says::NotSupported)
}

/// An ERROR token ([MS-TDS] 2.2.7.10) that came instead of options: its number and text.
fn refused(message: &[u8]) -> Failure {
    let read = || {
        let number = message.get(3..7)?.try_into().ok().map(u32::from_le_bytes)?;
        let severity = *message.get(8)?;
        let characters = usize::from(u16::from_le_bytes(message.get(9..11)?.try_into().ok()?));
        let text = message.get(11..11 + characters * 2)?;
        let units: Vec<u16> = text.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        Some((number, severity, String::from_utf16_lossy(&units)))
    };
    match read().filter(|_| message[0] == 0xaa) {
        Some((number, severity, text)) => crate::classify::said(number, severity, &text),
        None => unreadable("the first packet"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_agree_as_the_specification_has_it() {
        use Agreed::*;
        let class = |encrypt, said| agree(encrypt, said).map_err(|failure| failure.class);
        for (encrypt, off, on, not_supported, required) in [
            (Encrypt::Nothing, Ok(Nothing), Err(Class::Tls), Ok(Nothing), Err(Class::Tls)),
            (Encrypt::Login, Ok(Login), Ok(Session), Ok(Nothing), Ok(Session)),
            (Encrypt::Session, Err(Class::Tls), Ok(Session), Err(Class::Tls), Ok(Session)),
        ] {
            assert_eq!(class(encrypt, Says::Off), off);
            assert_eq!(class(encrypt, Says::On), on);
            assert_eq!(class(encrypt, Says::NotSupported), not_supported);
            assert_eq!(class(encrypt, Says::Required), required);
        }
    }

    #[test]
    fn the_table_of_options_is_read_within_its_bounds() {
        let answer = |says| packet(ANSWER, &[(VERSION, &[0; 6]), (ENCRYPTION, &[says])]);
        assert_eq!(encryption(&answer(3)[HEADER..]).ok(), Some(Says::Required));
        assert_eq!(encryption(&as_it_is()[HEADER..]).ok(), Some(Says::NotSupported));
        assert_eq!(encryption(&answer(9)[HEADER..]).err().map(|failure| failure.class), Some(Class::Protocol));
        assert!(encryption(&[0, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 1, 0xff]).is_err());
        assert!(encryption(&[]).is_err() && encryption(&[0xaa]).is_err());
        assert_eq!(encryption(&[0, 0, 0, 0, 0, 0xff]).ok(), Some(Says::NotSupported));
    }
}
