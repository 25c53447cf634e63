//! nginx: a page for every kind of answer, plain or with TLS.

use std::net::SocketAddr;
use std::time::Duration;

use super::certificates::Certificates;
use super::node::{Node, Paused};
use super::recipe::Recipe;
use crate::environment;
use crate::fixture::Missing;

const START: Duration = Duration::from_secs(60);

/// The statuses of `/status/<code>`. 408 and the like come with a text: without one nginx hangs up in their place.
const STATUSES: [u16; 34] = [
    200, 204, 304, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 418, 421, 423, 426, 429, 451, 500, 501, 502,
    503, 504, 505, 507, 511, 520, 521, 522, 523, 524, 599,
];

/// nginx with these pages, among others:
///
/// | path | answer |
/// |---|---|
/// | `/health` | 200 and the JSON `{"status":"ok","checks":[{"name":"db","up":true}]}` |
/// | `/private/health` | the same for the user [`Nginx::USER`], 401 for everybody else |
/// | `/status/<code>` | that status; with 429 and 503 `Retry-After: 7` |
/// | `/redirect/<code>` | a redirect to `/health` |
/// | `/redirect/loop`, `/redirect/down` | a redirect to itself; to the same host without TLS |
/// | `/big` | 2 MiB of `x` |
/// | `/slow` | 100 kB, of which 1 kB comes every second |
/// | `/gateway` | what a gateway answers when nobody listens behind it |
/// | `/empty` | nothing: the connection is closed |
pub struct Nginx {
    node: Node,
    certificates: Option<Certificates>,
}

impl Nginx {
    /// The user of `/private/health`.
    pub const USER: &str = "app";
    /// Its password.
    pub const PASSWORD: &str = "s3cret";
    /// What `/health` answers.
    pub const HEALTH: &str = r#"{"status":"ok","checks":[{"name":"db","up":true}]}"#;

    /// Without TLS.
    ///
    /// # Errors
    /// As for all constructors here: when there is no Docker or no image, or when the server does not answer.
    pub async fn plain() -> Result<Self, Missing> {
        let server = format!("server {{ listen 80; {} }}", pages());
        let node = Node::start(recipe(80, &server)).await?;
        Self { node, certificates: None }.ready("http").await
    }

    /// With TLS. By the names `expired.localhost` and `other.localhost` it shows the certificates of [`Certificates`]
    /// of that name, and by the name `mutual.localhost` it wants one of its clients.
    ///
    /// # Errors
    /// See [`Nginx::plain`].
    pub async fn with_tls() -> Result<Self, Missing> {
        let certificates = Certificates::new();
        let server = |name: &str, certificate: &str, more: &str| {
            format!(
                "server {{ listen 443 ssl{}; server_name {name}; ssl_certificate /tls/{certificate}.crt; \
                 ssl_certificate_key /tls/server.key; {more} {} }}\n",
                if name == "localhost" { " default_server" } else { "" },
                pages(),
            )
        };
        let servers = [
            server("localhost", "server", ""),
            server("expired.localhost", "expired", ""),
            server("other.localhost", "other_name", ""),
            server("mutual.localhost", "server", "ssl_verify_client on; ssl_client_certificate /tls/ca.crt;"),
        ];
        let ca = std::fs::read(certificates.ca_file()).expect("the authority's file");
        let mut recipe = recipe(443, &servers.concat()).file("/tls/ca.crt", ca);
        for (name, pem) in certificates.files() {
            recipe = recipe.file(&format!("/tls/{name}"), pem);
        }
        let node = Node::start(recipe).await?;
        Self { node, certificates: Some(certificates) }.ready("https").await
    }

    async fn ready(self, scheme: &str) -> Result<Self, Missing> {
        let url = format!("{scheme}://127.0.0.1/health");
        self.node.until(&["curl", "--silent", "--show-error", "--fail", "--insecure", &url], START).await?;
        Ok(self)
    }

    /// The server as it names itself: `nginx 1.22.1`, with or without TLS.
    pub async fn label(&self) -> String {
        let version = self.version().await.unwrap_or_default();
        let tls = if self.certificates.is_some() { " with TLS" } else { "" };
        format!("nginx {version}{tls}")
    }

    /// Its version.
    pub async fn version(&self) -> Option<String> {
        // "nginx version: nginx/1.22.1", to standard error.
        let told = self.node.exec(["sh", "-c", "nginx -v 2>&1"]).await.ok()?;
        told.split('/').nth(1).and_then(|version| version.split_whitespace().next()).map(str::to_owned)
    }

    /// Where it is reached.
    pub fn address(&self) -> SocketAddr {
        self.node.address()
    }

    /// The certificates of a server with TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// Connections that are open on the server's port, as the kernel lists them (`proc_net(5)`).
    pub async fn connections(&self) -> Option<usize> {
        let port = if self.certificates.is_some() { ":01BB" } else { ":0050" };
        let table = self.node.exec(["cat", "/proc/net/tcp", "/proc/net/tcp6"]).await.ok()?;
        let open = table.lines().filter(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            // The local address and the state: 01 is ESTABLISHED.
            fields.get(1).is_some_and(|local| local.ends_with(port)) && fields.get(3) == Some(&"01")
        });
        Some(open.count())
    }

    /// Makes the server load its configuration anew, by which it closes every connection that waits for a request.
    pub async fn reload(&self) -> bool {
        self.node.exec(["nginx", "-s", "reload"]).await.is_ok()
    }

    /// Freezes the server until what the future returns is dropped.
    pub fn pause(&self) -> impl Future<Output = Paused> + Send + 'static {
        self.node.pause()
    }
}

fn recipe(port: u16, servers: &str) -> Recipe {
    let main = format!(
        "worker_processes 2;\npid /run/nginx.pid;\nevents {{ worker_connections 1024; }}\nhttp {{\n\
         access_log off;\nabsolute_redirect off;\ndefault_type application/json;\nkeepalive_timeout 600;\n\
         keepalive_requests 100000;\n{servers}}}\n",
    );
    Recipe::new(&environment::image("nginx", None, "nginx:stable"), port)
        .file("/etc/nginx/nginx.conf", main)
        .file("/etc/nginx/users", format!("{}:{{PLAIN}}{}\n", Nginx::USER, Nginx::PASSWORD))
        .file("/srv/private/health", Nginx::HEALTH)
        .file("/srv/big", "x".repeat(2 << 20))
        .file("/srv/slow", "x".repeat(100_000))
}

fn pages() -> String {
    let mut pages = format!(
        "location = /health {{ return 200 '{}'; }}\n\
         location /private/ {{ root /srv; auth_basic dbprobe; auth_basic_user_file /etc/nginx/users; }}\n\
         location = /big {{ root /srv; }}\n\
         location = /slow {{ root /srv; limit_rate 1k; }}\n\
         location = /gateway {{ proxy_pass http://127.0.0.1:9; }}\n\
         location = /empty {{ return 444; }}\n\
         location = /redirect/loop {{ return 302 /redirect/loop; }}\n\
         location = /redirect/down {{ return 302 http://$http_host/health?ticket=t1cket; }}\n",
        Nginx::HEALTH,
    );
    for code in [301, 302, 303, 307, 308] {
        pages.push_str(&format!("location = /redirect/{code} {{ return {code} /health; }}\n"));
    }
    for code in STATUSES {
        let text = if matches!(code, 204 | 304) { "" } else { " '{\"status\":\"down\"}'" };
        let after = if matches!(code, 429 | 503) { "add_header Retry-After 7 always; " } else { "" };
        pages.push_str(&format!("location = /status/{code} {{ {after}return {code}{text}; }}\n"));
    }
    pages
}
