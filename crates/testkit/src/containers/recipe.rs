//! What a container is started with.

use std::net::Ipv4Addr;

use testcontainers::bollard::models::PortBinding;
use testcontainers::core::{IntoContainerPort, Mount};
use testcontainers::{ContainerRequest, GenericImage, ImageExt};

use crate::environment;

/// What a container is started with.
pub struct Recipe {
    pub(super) request: ContainerRequest<GenericImage>,
    pub(super) port: u16,
}

impl Recipe {
    /// A container of `image` whose `port` is published on a free port of 127.0.0.1.
    pub fn new(image: &str, port: u16) -> Self {
        let (name, tag) = split(image);
        let request = GenericImage::new(name, tag)
            .with_exposed_port(port.tcp())
            .with_label("dbprobe.test", environment::run())
            .with_host_config_modifier(move |host| {
                let (host_ip, host_port) = (Some(Ipv4Addr::LOCALHOST.to_string()), Some("0".to_owned()));
                let binding = vec![PortBinding { host_ip, host_port }];
                // Without this every port of the image would be published on every address.
                host.publish_all_ports = Some(false);
                // Named, since the name `default` is one that some versions of Docker do not find again.
                host.network_mode = Some("bridge".to_owned());
                host.port_bindings = Some([(format!("{port}/tcp"), Some(binding))].into_iter().collect());
            });
        Self { request, port }
    }

    /// With an environment variable.
    #[must_use]
    pub fn variable(self, name: &str, value: impl Into<String>) -> Self {
        Self { request: self.request.with_env_var(name, value), ..self }
    }

    /// With a file, which belongs to root and can be read by all.
    #[must_use]
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        Self { request: self.request.with_copy_to(path, content.as_ref().to_vec()), ..self }
    }

    /// With a directory of this machine, which the container may write to.
    #[must_use]
    pub fn mount(self, directory: &std::path::Path, path: &str) -> Self {
        let mount = Mount::bind_mount(directory.display().to_string(), path);
        Self { request: self.request.with_mount(mount), ..self }
    }

    /// With another command, behind the image's entrypoint.
    #[must_use]
    pub fn command<'a>(self, words: impl IntoIterator<Item = &'a str>) -> Self {
        Self { request: self.request.with_cmd(words), ..self }
    }
}

/// Name and tag of an image. A registry's port is no tag.
fn split(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrys_port_is_no_tag() {
        assert_eq!(split("postgres:15"), ("postgres", "15"));
        assert_eq!(split("registry:5000/postgres"), ("registry:5000/postgres", "latest"));
        assert_eq!(split("registry:5000/postgres:15"), ("registry:5000/postgres", "15"));
    }
}
