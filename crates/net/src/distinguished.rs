//! Distinguished names as text (RFC 4514).

use x509_parser::asn1_rs::Tag;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// The short names of RFC 4514, section 3, and that of PKCS #9 for an e-mail address.
const SHORT_NAMES: &[(&str, &str)] = &[
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("2.5.4.3", "CN"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
];

/// `name` as RFC 4514 writes it: the last element first.
pub(crate) fn distinguished(name: &X509Name<'_>) -> String {
    let mut elements: Vec<String> =
        name.iter_rdn().map(|element| element.iter().map(attribute).collect::<Vec<_>>().join("+")).collect();
    elements.reverse();
    elements.join(",")
}

/// The text of an attribute in any of the string types that certificates use.
pub(crate) fn text(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    if let Ok(text) = attribute.as_str() {
        return Some(text.to_owned());
    }
    let bytes = attribute.as_slice();
    match attribute.attr_value().tag() {
        // Whatever it is in theory, in practice it is Latin-1.
        Tag::T61String => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).ok()
        }
        _ => None,
    }
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let known = SHORT_NAMES.iter().find(|(known, _)| *known == oid).map(|(_, short)| *short);
    match (known, text(attribute)) {
        (Some(short), Some(text)) => format!("{short}={}", escaped(&text)),
        (None, Some(text)) => format!("{oid}={}", escaped(&text)),
        (_, None) => format!("{}=#{}", known.unwrap_or(&oid), hex(attribute.as_slice())),
    }
}

/// Escapes as RFC 4514, section 2.4, has it, and control characters too: a certificate must not steer a terminal.
fn escaped(text: &str) -> String {
    let last = text.chars().count().saturating_sub(1);
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in text.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => escaped.extend(['\\', character]),
            '#' if at == 0 => escaped.push_str("\\#"),
            ' ' if at == 0 || at == last => escaped.push_str("\\ "),
            _ if character.is_control() => {
                let mut bytes = [0; 4];
                for byte in character.encode_utf8(&mut bytes).bytes() {
                    escaped.push('\\');
                    escaped.push_str(&hex(&[byte]));
                }
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::prelude::FromDer;

    #[test]
    fn the_last_element_comes_first_and_special_characters_are_escaped() {
        // SEQUENCE { SET { C=DE }, SET { O="A, B" }, SET { CN=" x\n" } }
        let der = b"\x30\x29\
            \x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02DE\
            \x31\x0d\x30\x0b\x06\x03\x55\x04\x0a\x0c\x04A, B\
            \x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02 \n";
        let (_, name) = X509Name::from_der(der).unwrap();
        assert_eq!(distinguished(&name), "CN=\\ \\0A,O=A\\, B,C=DE");
    }

    #[test]
    fn what_is_no_text_is_shown_in_hexadecimal_and_what_has_no_name_by_its_number() {
        // SEQUENCE { SET { 2.5.4.3 = OCTET STRING 01ff }, SET { 2.5.4.5 = "7" } }
        let der = b"\x30\x1a\
            \x31\x0b\x30\x09\x06\x03\x55\x04\x03\x04\x02\x01\xff\
            \x31\x0b\x30\x09\x06\x03\x55\x04\x05\x13\x0277";
        let (_, name) = X509Name::from_der(der).unwrap();
        assert_eq!(distinguished(&name), "2.5.4.5=77,CN=#01FF");
    }
}
