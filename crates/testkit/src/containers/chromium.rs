//! Chromium: a browser that is driven by WebDriver.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::node::Node;
use super::recipe::Recipe;
use crate::environment;
use crate::fixture::Missing;

const PORT: u16 = 9515;
/// A machine under load needs its time to start a container.
const START: Duration = Duration::from_secs(60);
const STATUS: &str = "http://127.0.0.1:9515/status";
/// `proc_net_route`: the destination 0.0.0.0, and the gateway in hexadecimal in this machine's byte order.
const GATEWAY: &str = "while read -r _ destination gateway _; do \
    [ \"$destination\" = 00000000 ] && echo \"$gateway\" && exit 0; done < /proc/net/route; exit 1";

/// A browser without a screen, and the driver that it obeys.
pub struct Chromium {
    node: Node,
}

impl Chromium {
    /// `DBPROBE_TEST_CHROMIUM_IMAGE`, or the stand-in: there is no official image.
    ///
    /// # Errors
    /// When there is no Docker or no image, or when the driver does not answer.
    pub async fn start() -> Result<Self, Missing> {
        let recipe = Recipe::new(&environment::image("chromium", None, "dbprobe-test/chromium"), PORT);
        let node = Node::start(recipe).await?;
        node.until(&["curl", "--silent", "--show-error", "--fail", STATUS], START).await?;
        Ok(Self { node })
    }

    /// Where its driver listens.
    pub fn address(&self) -> SocketAddr {
        self.node.address()
    }

    /// The address of this machine as the browser sees it. What listens there is reached by the browser.
    ///
    /// # Errors
    /// When the container has no default route.
    pub async fn host(&self) -> Result<Ipv4Addr, Missing> {
        let gateway = self.node.exec(["bash", "-c", GATEWAY]).await.map_err(Missing::new)?;
        let gateway = u32::from_str_radix(gateway.trim(), 16).map_err(|error| Missing::new(error.to_string()))?;
        Ok(Ipv4Addr::from(gateway.to_ne_bytes()))
    }

    /// The browser as it names itself: `Chromium 150.0.7871.100`.
    pub async fn label(&self) -> String {
        let told = self.node.exec(["chromium", "--version"]).await.unwrap_or_default();
        told.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }
}
