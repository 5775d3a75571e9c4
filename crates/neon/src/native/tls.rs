//! TCP and TLS. The certificate is always checked, and always against the host's name.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, Error as TlsError, RootCertStore};

use crate::error::Error;

/// How hosts are found and whom to trust. As it is, by their names and the public
/// authorities.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Where to connect instead of asking the name service. The certificate is checked
    /// against the host's name all the same.
    pub at: Option<SocketAddr>,
    /// Authorities that are trusted besides the public ones.
    pub roots: Vec<CertificateDer<'static>>,
}

impl Network {
    /// An encrypted connection to whom the host's name belongs.
    pub(crate) async fn connect(
        &self,
        host: &str,
        port: u16,
    ) -> Result<TlsStream<TcpStream>, Error> {
        let unreachable = |cause: String| Error::Unreachable { host: host.to_owned(), cause };
        let tcp = match self.at {
            Some(at) => TcpStream::connect(at).await,
            None => TcpStream::connect((host, port)).await,
        };
        let tcp = tcp.map_err(|error| unreachable(error.to_string()))?;
        tcp.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| unreachable("its name cannot be in a certificate".to_owned()))?;
        let connector = TlsConnector::from(Arc::new(self.config(host)?));
        connector.connect(name, tcp).await.map_err(|error| {
            let cause = error.to_string();
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
            match inner {
                Some(TlsError::InvalidCertificate(_)) => {
                    Error::Certificate { host: host.to_owned(), cause }
                }
                _ => unreachable(format!("TLS: {cause}")),
            }
        })
    }

    fn config(&self, host: &str) -> Result<ClientConfig, Error> {
        let distrusted = |error: TlsError| Error::Certificate {
            host: host.to_owned(),
            cause: error.to_string(),
        };
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for root in &self.roots {
            roots.add(root.clone()).map_err(distrusted)?;
        }
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(distrusted)?;
        Ok(config.with_root_certificates(roots).with_no_client_auth())
    }
}
