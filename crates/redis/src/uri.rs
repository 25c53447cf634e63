//! The grammar of Redis URIs: text → parts, each with its place.
//!
//! Source: <https://www.iana.org/assignments/uri-schemes/prov/redis>, `redis-cli -u`, and for Unix sockets the forms of
//! redis-py and of the Rust client.

use dbprobe_core::{DsnError, Piece};

const ENCODE: &str = "in a user name or password write `@` as `%40`, `/` as `%2F`, `:` as `%3A`, `?` as `%3F`, `#` as \
     `%23` and `%` as `%25`";

/// What stands where.
pub(crate) struct Parts<'a> {
    /// User and password, where there is a `@`.
    pub(crate) login: Option<(Piece<'a>, Piece<'a>)>,
    pub(crate) host: Piece<'a>,
    pub(crate) port: Option<Piece<'a>>,
    /// What follows the host, its first `/` included.
    pub(crate) path: Piece<'a>,
    /// Names and values.
    pub(crate) parameters: Vec<(Piece<'a>, Piece<'a>)>,
    pub(crate) fragment: Option<Piece<'a>>,
}

/// Cuts `scheme://[[user]:password@][host][:port][/path][?name=value[&…]][#fragment]`.
///
/// # Errors
/// What is not of this form. Nothing is decoded yet.
pub(crate) fn parts(text: &str) -> Result<Parts<'_>, DsnError> {
    let whole = Piece::whole(text);
    let Some(at) = text.find("://") else {
        return Err(whole.skip(text.find(':').unwrap_or(0)).take(1).error("`://` is missing behind the scheme"));
    };
    let (rest, fragment) = whole.skip(at + "://".len()).cut('#');
    let (rest, query) = rest.cut('?');
    let slash = rest.as_str().find('/').unwrap_or(rest.as_str().len());
    let (authority, path) = (rest.take(slash), rest.skip(slash));
    let (login, place) = login(authority)?;
    let (host, port) = host(place)?;
    if let Some(at) = path.as_str().find('@') {
        return Err(path.skip(at).take(1).error("there is a `@` behind the host").advise(ENCODE));
    }
    let parameters = query.map_or_else(|| Ok(Vec::new()), parameters)?;
    Ok(Parts { login, host, port, path, parameters, fragment })
}

/// Takes `[user]:password@` off.
///
/// A word without a colon is refused: `redis-cli` and Lettuce read it as the password, other clients as the user.
fn login(authority: Piece<'_>) -> Result<(Option<(Piece<'_>, Piece<'_>)>, Piece<'_>), DsnError> {
    let (login, Some(place)) = authority.cut_last('@') else { return Ok((None, authority)) };
    match login.cut(':') {
        (user, Some(password)) => Ok((Some((user, password)), place)),
        (alone, None) if alone.is_empty() => Ok((None, place)),
        (alone, None) => Err(alone
            .error("what stands before the `@` may be a user or a password: clients disagree")
            .advise("write `:password@` for a password alone, or `user:@` for a user without one")),
    }
}

fn host(place: Piece<'_>) -> Result<(Piece<'_>, Option<Piece<'_>>), DsnError> {
    if !place.as_str().starts_with('[') {
        return Ok(place.cut(':'));
    }
    let Some(end) = place.as_str().find(']') else {
        return Err(place.take(1).error("the `]` of an IPv6 address is missing"));
    };
    let (host, behind) = (place.skip(1).take(end - 1), place.skip(end + 1));
    match behind.as_str().chars().next() {
        None => Ok((host, None)),
        Some(':') => Ok((host, Some(behind.skip(1)))),
        Some(_) => Err(behind.error("only a port may follow the `]` of an IPv6 address")),
    }
}

fn parameters(query: Piece<'_>) -> Result<Vec<(Piece<'_>, Piece<'_>)>, DsnError> {
    let mut parameters = Vec::new();
    for pair in query.split('&').into_iter().filter(|pair| !pair.is_empty()) {
        match pair.cut('=') {
            (name, Some(value)) => parameters.push((name, value)),
            (_, None) => return Err(pair.error("a parameter has no `=`").advise(ENCODE)),
        }
    }
    Ok(parameters)
}
