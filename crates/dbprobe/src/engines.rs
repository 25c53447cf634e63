//! The engines: one line each.

use dbprobe_core::{Absent, Engine};

/// Both lists from one line an engine: feature and crate, and the schemes for a build without it.
macro_rules! engines {
    ($($feature:literal $engine:ident: $($scheme:literal)+;)+) => {
        /// The engines of this build, in the order that users see.
        pub const ENGINES: &[&Engine] = &[$(#[cfg(feature = $feature)] &$engine::ENGINE,)+];

        /// The engines that exist but whose features are off.
        pub const ABSENT: &[Absent] =
            &[$(#[cfg(not(feature = $feature))] Absent { feature: $feature, schemes: &[$($scheme),+] },)+];

        #[cfg(test)]
        mod tests {
            $(
                #[cfg(feature = $feature)]
                #[test]
                fn $engine() {
                    let listed: &[&str] = &[$($scheme),+];
                    assert_eq!(($engine::ENGINE.name, $engine::ENGINE.schemes), ($feature, listed));
                }
            )+
        }
    };
}

engines! {
    "postgres" postgres: "postgres" "postgresql";
    "mysql" mysql: "mysql" "mariadb";
    "sqlite" sqlite: "file" "sqlite";
    "mssql" mssql: "sqlserver" "mssql";
    "redis" redis: "redis" "rediss" "redis+unix" "valkey" "valkeys";
    "http" http: "http" "https";
    "tcp" tcp: "tcp";
    "smtp" smtp: "smtp" "smtps";
}
