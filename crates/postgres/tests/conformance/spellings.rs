//! Every way to write a password into a DSN, right and wrong.

/// DSNs with `password` that lead to 127.0.0.1:`port`, or nowhere.
pub(crate) fn of(password: &str, port: u16) -> Vec<String> {
    let encoded: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let lower = encoded.to_lowercase();
    let at = format!("127.0.0.1:{port}");
    let plain = "sslmode=disable";
    vec![
        format!("postgres://app:{password}@{at}/orders?{plain}"),
        format!("postgresql://app:{password}@{at}/orders?{plain}"),
        format!("postgres://app:{encoded}@{at}/orders?{plain}"),
        format!("postgres://app:{lower}@{at}/orders?{plain}"),
        format!("postgres://{at}/orders?user=app&password={password}&{plain}"),
        format!("postgres://{at}/orders?user=app&password={encoded}&{plain}"),
        format!("postgres://app:first@{at}/orders?password={password}&{plain}"),
        format!("postgres:///orders?host=127.0.0.1&port={port}&user=app&password={password}&{plain}"),
        format!("postgres://app:{password}@127.0.0.1:1,{at}/orders?{plain}"),
        format!("postgres://app:{password}@{at},127.0.0.1:1/orders?{plain}&target_session_attrs=any"),
        format!("postgres://app:{password}@{at}/orders?sslmode=require"),
        format!("postgres://app:{password}@{at}/orders?sslmode=verify-full&sslrootcert=/does/not/exist"),
        format!("postgres://:{password}@{at}/orders?{plain}"),
        format!("postgres://app:{password}@{at}/orders?{plain}&options=-c%20geqo%3Doff"),
        format!("postgres://app:{password}@%2Fdoes%2Fnot%2Fexist/orders"),
        // Broken ones: each was seen in a ticket.
        format!("postgres:app:{password}@{at}/orders"),
        format!("postgres://app:x@{password}@{at}/orders"),
        format!("postgres://app:x/{password}@{at}/orders"),
        format!("postgres://app:{password}%zz@{at}/orders"),
        format!("postgres://app:{password}@{at}:{password}/orders"),
        format!("postgres://app:x@{at}/orders?passwort={password}"),
        format!("postgres://app:x@{at}/orders?{password}"),
        format!("postgres://app:x@{at}/orders?{password}=1"),
        format!("postgres://app:x@{at}/orders?password={password}=&{plain}"),
        format!("postgres://app:x@[{password}/orders"),
        format!("postgres://app:x@{at}/orders?sslmode={password}"),
        format!("postgres://app:x@{at}/orders?connect_timeout={password}"),
        format!("postgres://app:x@{at}/orders?sslpassword={password}"),
    ]
}
