//! Rows by where they are documented.

/// A row about one of the server's numbers, which MySQL and MariaDB share.
macro_rules! server {
    ($code:literal, $name:literal, $class:ident, $anchor:literal) => {
        Knowledge::new(
            $code,
            $name,
            $class,
            concat!("https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html#error_", $anchor),
        )
    };
}

/// A row about one of the client library's numbers.
macro_rules! client {
    ($code:literal, $name:literal, $class:ident, $anchor:literal) => {
        Knowledge::new(
            $code,
            $name,
            $class,
            concat!("https://dev.mysql.com/doc/mysql-errors/en/client-error-reference.html#error_", $anchor),
        )
    };
}

/// A row about a number that only MariaDB has, or that MySQL has given up; `perror` names the page.
macro_rules! mariadb {
    ($code:literal, $name:literal, $class:ident) => {
        Knowledge::new($code, $name, $class, concat!("https://err.mariadb.com/", $code))
    };
}

pub(super) use {client, mariadb, server};
