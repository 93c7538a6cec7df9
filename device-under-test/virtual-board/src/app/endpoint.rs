//! Where connections of this board go, and by which way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use firmware::{Endpoint, EndpointError, Scheme, names};

use super::provisioning::Provisioning;
use crate::io::{Ask, Destination, Security};

/// Why a connection cannot even be tried.
type Reason = &'static str;

/// What stands in the `Host` header unless the provisioning says otherwise.
pub(crate) fn host(provisioning: &Provisioning) -> Option<String> {
    let endpoint = Endpoint::parse(provisioning.endpoint.as_deref()?).ok()?;
    Some(endpoint.host.to_owned())
}

/// Whom to connect to, or why nobody can be.
pub(crate) fn connect(provisioning: &Provisioning) -> Result<Ask, Reason> {
    let endpoint = provisioning.endpoint.as_deref().ok_or("no endpoint is provisioned")?;
    let endpoint = Endpoint::parse(endpoint).map_err(EndpointError::reason)?;
    let security = match (endpoint.scheme, provisioning.ca_certificate.as_deref()) {
        (Scheme::Http, _) => Security::Plain,
        (Scheme::Https, None) => Security::PublicRoots,
        (Scheme::Https, Some(certificate)) => Security::PrivateCa(
            STANDARD.decode(certificate).map_err(|_| "the ca_certificate is not base64")?,
        ),
    };
    let name_server = match provisioning.name_server.as_deref() {
        None => None,
        Some(told) => Some(names::server(told).ok_or("the name_server is no IPv4 address")?),
    };
    let (name, port) = (endpoint.name.to_owned(), endpoint.port);
    Ok(Ask::Connect(Destination { name, port, security, name_server }))
}

/// Whom to ask for the date.
pub(crate) fn date(provisioning: &Provisioning) -> Ask {
    Ask::Date {
        time_server: provisioning.ntp_server.clone(),
        // One that is none is complained of when the connection is made.
        name_server: provisioning.name_server.as_deref().and_then(names::server),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(endpoint: &str) -> Provisioning {
        Provisioning { endpoint: Some(endpoint.to_owned()), ..Provisioning::default() }
    }

    fn check(provisioning: &Provisioning, expected: Result<(&str, u16, Security), Reason>) {
        let destination = connect(provisioning).map(|ask| match ask {
            Ask::Connect(to) => (to.name, to.port, to.security),
            other => panic!("{other:?}"),
        });
        let expected = expected.map(|(name, port, security)| (name.to_owned(), port, security));
        assert_eq!(destination, expected, "{:?}", provisioning.endpoint);
    }

    #[test]
    fn an_endpoint_is_a_url_or_an_address() {
        check(&told("http://127.0.0.1:8080"), Ok(("127.0.0.1", 8080, Security::Plain)));
        check(&told("cloud.test"), Ok(("cloud.test", 80, Security::Plain)));
        check(&told("https://cloud.test"), Ok(("cloud.test", 443, Security::PublicRoots)));
        check(&told("mqtt://x:1"), Err(EndpointError::UnknownScheme.reason()));
        check(&told("http://"), Err(EndpointError::BadName.reason()));
        check(&Provisioning::default(), Err("no endpoint is provisioned"));
        assert_eq!(host(&told("http://cloud.test:80")).as_deref(), Some("cloud.test"));
    }

    #[test]
    fn a_private_ca_is_trusted_over_tls_alone() {
        let with = |endpoint: &str, certificate: &str| Provisioning {
            ca_certificate: Some(certificate.to_owned()),
            ..told(endpoint)
        };
        let private = Security::PrivateCa(vec![1, 2, 3]);
        check(&with("https://cloud.test:8443", "AQID"), Ok(("cloud.test", 8443, private)));
        check(&with("http://cloud.test", "AQID"), Ok(("cloud.test", 80, Security::Plain)));
        check(&with("https://cloud.test", "*"), Err("the ca_certificate is not base64"));
    }

    #[test]
    fn the_name_server_is_asked_for_both_and_must_be_an_address() {
        let with = |server: &str| Provisioning {
            name_server: Some(server.to_owned()),
            ntp_server: Some("time.example".to_owned()),
            ..told("http://cloud.test")
        };
        let expected = Some("192.0.2.1:1053".parse().unwrap());
        let Ok(Ask::Connect(to)) = connect(&with("192.0.2.1:1053")) else { panic!("a connection") };
        assert_eq!(to.name_server, expected);
        let time_server = Some("time.example".to_owned());
        assert_eq!(date(&with("192.0.2.1:1053")), Ask::Date { time_server, name_server: expected });
        let wrong = connect(&with("dns.example"));
        assert_eq!(wrong, Err("the name_server is no IPv4 address"));
    }
}
