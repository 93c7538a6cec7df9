//! Keys of a container, from the service that ECS, CodeBuild, EKS Pod Identity or Greengrass names in the environment.
//!
//! Source: "Container credential provider" in the AWS SDKs and Tools Reference Guide.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs as _};
use std::time::Duration;

use serde_json::Value;

use super::error::AccountError;
use super::fetch::{Question, split};
use super::given;
use crate::fault::Channel;
use crate::proxy::Endpoint;
use crate::sigv4::Credential;

/// How long the service may take, which is on the same host.
const WITHIN: Duration = Duration::from_secs(5);

/// Where ECS has it; the variable names the path alone.
const ECS: &str = "http://169.254.170.2";

/// Whom keys may be had from without TLS, beside this machine: ECS, and EKS Pod Identity.
const PLAIN_ALLOWED: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x23)),
];

/// Asks the service of this container; none if the environment names none.
pub(super) fn ask(
    variable: &dyn Fn(&str) -> Option<String>,
    ca_pem: Option<&[u8]>,
) -> Option<Result<(Credential, String), AccountError>> {
    let relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let url = relative.map(|path| format!("{ECS}{path}"));
    let url = url.or_else(|| variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"))?;
    let service = format!("the container's service at {}", split(&url).0);
    let failed = |reason| AccountError::Service { service: service.clone(), reason };
    let asked = authorization(variable).and_then(|authorization| {
        may_be_asked(&url).map_err(failed)?;
        let headers = authorization.into_iter().map(|token| ("authorization", token)).collect();
        let form = String::new();
        let question = Question { method: "GET", url: &url, headers, form, within: WITHIN };
        let answer = question.ask(ca_pem).map_err(failed)?;
        let given: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status != 200 {
            let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default();
            let said = format!("{} {} {}", answer.status, text("code"), text("message"));
            return Err(failed(said.trim_end().to_owned()));
        }
        let credential = given::credential(&given, "Token");
        credential.ok_or_else(|| failed("it answered something else than keys".to_owned()))
    });
    Some(asked.map(|credential| (credential, service)))
}

/// What proves who asks: the file is looked at first, as it is renewed while a program runs.
fn authorization(
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<String>, AccountError> {
    let Some(file) = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") else {
        return Ok(variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    };
    let text = std::fs::read_to_string(&file);
    let text =
        text.map_err(|error| AccountError::File { path: file.into(), reason: error.to_string() })?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Whether a service may be told who asks: by TLS, on this machine, or where AWS has it.
fn may_be_asked(url: &str) -> Result<(), String> {
    let endpoint: Endpoint = split(url).0.parse().map_err(|error| format!("{error}"))?;
    if endpoint.channel == Channel::Tls {
        return Ok(());
    }
    let addresses = (endpoint.host.as_str(), endpoint.port).to_socket_addrs();
    let addresses = addresses.map_err(|error| error.to_string())?;
    let mut others = addresses
        .map(|address| address.ip())
        .filter(|address| !address.is_loopback() && !PLAIN_ALLOWED.contains(address));
    match others.next() {
        None => Ok(()),
        Some(address) => Err(format!("{address} is elsewhere, and is not asked without TLS")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_asked_for_without_tls_only_here_and_where_aws_has_them() {
        for good in [
            "http://127.0.0.1:1/x",
            "http://[::1]:1/x",
            "http://169.254.170.2/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "https://192.0.2.1/x",
        ] {
            assert_eq!(may_be_asked(good), Ok(()), "{good}");
        }
        for bad in ["http://192.0.2.1/x", "http://169.254.169.254/x", "ftp://127.0.0.1/x"] {
            assert!(may_be_asked(bad).is_err(), "{bad}");
        }
    }
}
