//! Who may see the page and use the control interface.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::answer::Problem;
use super::page;
use super::token::Token;
use crate::http::shared::{Remote, Shared};
use crate::page::Lock;

/// The cookie that carries the token of whoever has opened `/?token=`.
pub(super) const COOKIE: &str = "shadowrig_token";

/// What a browser is told with each answer: to load nothing from elsewhere, to run no code but the page's own script, to
/// make no markup from text, to show it in no frame, and to keep nothing.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// What the page at the door looks like, which is no secret.
const STYLE_PATHS: [&str; 2] = ["/_shadowrig/page/page.css", "/_shadowrig/page/icon.svg"];

/// Lets in whoever may be here, and says to browsers how to treat the answer.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match check(shared.remote(), peer.ip().to_canonical(), &request) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(&request),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Why somebody is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// A page of another origin, in a browser that would let it act in the name of its user.
    OtherOrigin,
    /// Another machine, and the server was not told to let any in.
    OtherMachine,
    /// A name that is not of this machine. A page from elsewhere can let such a name lead here, and is then of the same
    /// origin as we are (DNS rebinding).
    OtherName,
    /// A wrong token, or none.
    Token,
}

fn check(remote: &Remote, peer: IpAddr, request: &Request) -> Result<(), Refused> {
    let headers = request.headers();
    if is_foreign(request.method(), headers) {
        return Err(Refused::OtherOrigin);
    }
    match remote {
        Remote::Refused if !peer.is_loopback() => Err(Refused::OtherMachine),
        Remote::Refused if !text(headers, header::HOST).is_none_or(is_own_name) => {
            Err(Refused::OtherName)
        }
        Remote::Refused => Ok(()),
        Remote::WithToken(_) if STYLE_PATHS.contains(&request.uri().path()) => Ok(()),
        Remote::WithToken(token) if knows(token, request) => Ok(()),
        Remote::WithToken(_) => Err(Refused::Token),
    }
}

impl Refused {
    fn into_response(self, request: &Request) -> Response {
        let (status, why) = match self {
            Self::OtherOrigin => {
                (StatusCode::FORBIDDEN, "a page of another origin may not act here")
            }
            Self::OtherMachine => (
                StatusCode::FORBIDDEN,
                "the control interface is open to this machine only; start the server with --remote-control",
            ),
            Self::OtherName => (
                StatusCode::FORBIDDEN,
                "the control interface is open under the names of this machine only, as localhost or 127.0.0.1",
            ),
            Self::Token => (
                StatusCode::UNAUTHORIZED,
                "the token is wanted that the server printed when it started, as `Authorization: Bearer TOKEN`",
            ),
        };
        let mut response = if request.uri().path() == "/" {
            let lock = if self == Self::Token { Lock::Token } else { Lock::Shut };
            page::door(status, lock, why)
        } else {
            Problem::new(status, why).into_response()
        };
        if self == Self::Token {
            let challenge = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    // What is not text is no name either.
    headers.get(name).map(|value| value.to_str().unwrap_or("\u{0}"))
}

/// Whether a browser says that the request comes from a page of another origin. One that does not act may come from
/// anywhere without saying so, as when somebody follows a link; the browser does not show its answer to that page.
fn is_foreign(method: &Method, headers: &HeaderMap) -> bool {
    let from = text(headers, header::ORIGIN).map(|origin| origin.split_once("://"));
    let is_of_other_host =
        from.is_some_and(|from| from.map(|(_, host)| host) != text(headers, header::HOST));
    let site = text(headers, HeaderName::from_static("sec-fetch-site"));
    let is_sent_by_other_site = site.is_some_and(|site| !matches!(site, "same-origin" | "none"));
    is_of_other_host || (*method != Method::GET && is_sent_by_other_site)
}

/// Whether a `Host` is an address, which no DNS can turn, or a name that always means this machine.
fn is_own_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let name = name.to_ascii_lowercase();
    bare.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

/// Whether a request carries the token: in its header, in its cookie, or, for the page, in its query.
fn knows(token: &Token, request: &Request) -> bool {
    let headers = request.headers();
    let bearer = text(headers, header::AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let is_in_cookie = headers.get_all(header::COOKIE).iter().any(|value| {
        let pairs = value.to_str().unwrap_or_default().split(';');
        let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == COOKIE && token.is(value))
    });
    bearer.is_some_and(|bearer| token.is(bearer))
        || is_in_cookie
        || token_of_query(request).is_some_and(|given| token.is(given))
}

/// The token of `/?token=`.
pub(super) fn token_of_query(request: &Request) -> Option<&str> {
    let query = request.uri().query().filter(|_| request.uri().path() == "/")?;
    query.split('&').find_map(|pair| pair.strip_prefix("token="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_name(host: &str, expected: bool) {
        assert_eq!(is_own_name(host), expected, "{host}");
    }

    #[test]
    fn names_that_dns_could_turn_are_not_ours() {
        for own in ["localhost", "LOCALHOST:8080", "rig.localhost:1", "127.0.0.1:8080", "[::1]:80"]
        {
            check_name(own, true);
        }
        for own in ["127.0.0.1", "[::1]", "192.0.2.7:8080"] {
            check_name(own, true);
        }
        for other in ["evil.example", "evil.example:8080", "localhost.evil.example", "", "\u{0}"] {
            check_name(other, false);
        }
        for other in ["127.0.0.1.evil.example:8080", "evillocalhost", "localhost:80@evil.example"] {
            check_name(other, false);
        }
    }

    #[test]
    fn another_machine_is_let_in_with_the_token_only() {
        let token = Remote::WithToken(Token::chosen("0123456789abcdef").unwrap());
        let of = |header: (&str, &str)| {
            let request = Request::builder().uri("/_shadowrig/things").header(header.0, header.1);
            request.body(axum::body::Body::empty()).unwrap()
        };
        let (other, own) = (IpAddr::from([192, 0, 2, 7]), IpAddr::from([127, 0, 0, 2]));
        let (plain, bearer) = (("accept", "*/*"), ("authorization", "Bearer 0123456789abcdef"));
        for (remote, peer, header, expected) in [
            (&Remote::Refused, own, plain, Ok(())),
            (&Remote::Refused, other, plain, Err(Refused::OtherMachine)),
            (&Remote::Refused, other, bearer, Err(Refused::OtherMachine)),
            (&token, other, plain, Err(Refused::Token)),
            (&token, own, plain, Err(Refused::Token)),
            (&token, other, bearer, Ok(())),
        ] {
            assert_eq!(check(remote, peer, &of(header)), expected, "{remote:?} {peer} {header:?}");
        }
    }

    fn check_foreign(method: &str, named: &[(&'static str, &'static str)], expected: bool) {
        let mut headers = HeaderMap::new();
        for (name, value) in named {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        assert_eq!(is_foreign(&method, &headers), expected, "{method} {named:?}");
    }

    #[test]
    fn pages_of_other_origins_are_known_by_what_browsers_say() {
        let host = ("host", "localhost:8080");
        check_foreign("POST", &[host], false);
        check_foreign("POST", &[host, ("origin", "http://localhost:8080")], false);
        check_foreign("POST", &[host, ("origin", "http://localhost:8081")], true);
        check_foreign("POST", &[host, ("origin", "null")], true);
        check_foreign("POST", &[("origin", "http://localhost:8080")], true);
        check_foreign("GET", &[host, ("origin", "http://evil.example")], true);
        check_foreign("POST", &[host, ("sec-fetch-site", "cross-site")], true);
        check_foreign("POST", &[host, ("sec-fetch-site", "same-origin")], false);
        check_foreign("GET", &[host, ("sec-fetch-site", "cross-site")], false);
    }
}
