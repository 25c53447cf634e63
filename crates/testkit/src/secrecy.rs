//! Looking for a planted password in everything that was printed.

use dbprobe_core::percent_encode;

/// A password that every URL syntax has to encode, and whose pieces are words of their own, so that a piece that a
/// wrong reading of the DSN puts somewhere else is found there, too.
pub const PLANTED: &str = "kPz7wX@Rt4xQb:Bn8sJd/Lm3vZf?Hd6cUg#Yf5tEh%Jg2oIk Vw9yNm&Qe1rTp=Sx0uCz";

/// A password that needs no encoding at all.
pub const PLANTED_PLAIN: &str = "kPz7wXRt4xQbBn8sJd";

/// The shortest piece that is looked for by itself; shorter ones occur by chance.
const SHORTEST_PIECE: usize = 5;

/// In which form `output` holds `secret` or a piece of it, if it does.
///
/// Looked for are the text itself, its pieces between special characters, and its percent-encoded, hexadecimal, base64
/// and backslash-escaped forms.
pub fn find_secret(output: &str, secret: &str) -> Option<&'static str> {
    let folded = output.to_ascii_lowercase();
    let pieces = secret.split(|c: char| !c.is_ascii_alphanumeric()).filter(|piece| piece.len() >= SHORTEST_PIECE);
    if output.contains(secret) {
        return Some("as it is");
    }
    if pieces.into_iter().any(|piece| output.contains(piece)) {
        return Some("in a piece");
    }
    let every_byte: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    if folded.contains(&every_byte) || folded.contains(&percent_encode(secret, "").to_ascii_lowercase()) {
        return Some("percent-encoded");
    }
    let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    if folded.contains(&hexadecimal) {
        return Some("in hexadecimal");
    }
    if base64_windows(secret.as_bytes()).iter().any(|window| output.replace(['-', '_', '/'], "+").contains(window)) {
        return Some("in base64");
    }
    output.contains(&secret.escape_default().to_string()).then_some("with backslashes")
}

/// Fails when `output` holds `secret` in any form; see [`find_secret`].
///
/// # Panics
/// With the form in which it was found, and without the output, which may go to a public log.
#[track_caller]
pub fn assert_no_secret(output: &str, secret: &str) {
    if let Some(form) = find_secret(output, secret) {
        panic!("the output holds the planted secret {form}");
    }
}

/// What base64 of any text around `bytes` holds in its middle: one window for each place in a group of three.
/// `-`, `_` and `/` are written as `+`, so that both alphabets are found.
fn base64_windows(bytes: &[u8]) -> Vec<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789++";
    let groups = |bytes: &[u8]| -> String {
        bytes
            .chunks_exact(3)
            .flat_map(|group| {
                let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
                [18, 12, 6, 0].map(|shift| char::from(ALPHABET[(bits >> shift & 63) as usize]))
            })
            .collect()
    };
    (0..3).filter_map(|skip| bytes.get(skip..)).map(groups).filter(|window| window.len() >= 8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_found() {
        let cases = [
            (PLANTED.to_owned(), "as it is"),
            (format!("x {PLANTED_PLAIN} y"), "in a piece"),
            (PLANTED.bytes().map(|byte| format!("%{byte:02X}")).collect(), "percent-encoded"),
            ("6b507a37775840527434785162".to_owned(), "in hexadecimal"),
        ];
        assert_eq!(find_secret(&cases[0].0, PLANTED), Some(cases[0].1));
        assert_eq!(find_secret("host Rt4xQb refused", PLANTED), Some("in a piece"));
        assert_eq!(find_secret(&cases[2].0, PLANTED), Some(cases[2].1));
        assert_eq!(find_secret(&cases[3].0, "kPz7wX@Rt4xQb"), Some(cases[3].1));
        // `printf 'a:p@ss-w0rd!' | base64`
        assert_eq!(find_secret("Authorization: Basic YTpwQHNzLXcwcmQh", "p@ss-w0rd!"), Some("in base64"));
        assert_eq!(find_secret(r#"{:?} "a\"bc""#, "a\"bc"), Some("with backslashes"));
    }

    #[test]
    fn an_innocent_output_passes() {
        assert_eq!(find_secret("postgres://app:***@db:5432/orders refused (28P01)", PLANTED), None);
    }
}
