//! `shadowrig explain`: is the signature of a captured request right, and if not, why?

use std::fs;
use std::io::{self, Read, Write};

use clap::Args;
use fake_shadow::FakeShadow;
use fake_shadow::cli::{Environment, ServeError, parse_credential};
use fake_shadow::clock::UnixMillis;
use fake_shadow::message::Request;
use fake_shadow::raw_request;
use fake_shadow::settings::{Settings, TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use fake_shadow::sigv4::canonical::query_pairs;
use fake_shadow::sigv4::parse::Claim;
use fake_shadow::sigv4::{
    Credential, Identity, Keyring, PresignedToken, Refusal, Rules, explain as explain_refusal,
    timestamp, verify,
};

use super::{Terminal, exit};

/// The words behind `shadowrig explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A file with one raw HTTP request, or `-` for standard input.
    file: String,
    /// The pair that should have signed; by default the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    /// AWS_SESSION_TOKEN, else the test pair. Without a token, one that the request carries is taken for the right one.
    #[arg(long, value_name = "KEY:SECRET[:TOKEN]")]
    credential: Option<String>,
    /// The region of the endpoint [default: AWS_REGION, else us-east-1].
    #[arg(long)]
    region: Option<String>,
    /// The server's time when the request came in, as 2026-01-02T03:04:05Z; by default the time that the request was signed for.
    #[arg(long, value_name = "TIME")]
    at: Option<jiff::Timestamp>,
}

/// Explains a request; returns the exit code.
pub(super) fn explain<W: Write, E: Write>(
    args: &ExplainArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let request = match read(&args.file) {
        Ok(request) => request,
        Err(Unread { error, help }) => {
            writeln!(terminal.err, "error: {error}\nhelp: {help}")?;
            return Ok(exit::USAGE);
        }
    };
    let environment = Environment::read(terminal.variable);
    let credential = match credential(args, &environment) {
        Ok(credential) => credential,
        Err(error) => {
            writeln!(terminal.err, "error: {error}")?;
            return Ok(exit::USAGE);
        }
    };
    let checked =
        Checked::new(args, environment.region(args.region.as_deref()), &request, credential);
    let Checked { now, keyring, rules, .. } = &checked;
    match verify(&request, *now, keyring, rules) {
        Ok(identity) => {
            let Identity { access_key_id, service, .. } = &identity;
            writeln!(terminal.out, "the signature is right: {access_key_id} signed for {service}")?;
            for note in checked.notes(&request, &identity) {
                writeln!(terminal.out, "note: {note}")?;
            }
            Ok(exit::PASSED)
        }
        Err(refusal) => {
            write!(terminal.out, "{}", explain_refusal(&request, *now, keyring, rules, &refusal))?;
            Ok(exit::FIRMWARE)
        }
    }
}

/// What a request is checked against.
struct Checked {
    now: UnixMillis,
    keyring: Keyring,
    rules: Rules,
    clock_is_known: bool,
    token_is_known: bool,
}

impl Checked {
    fn new(args: &ExplainArgs, region: String, request: &Request, credential: Credential) -> Self {
        let sent = sent_token(request).filter(|_| credential.session_token.is_none());
        let token_is_known = sent.is_none();
        let credential = match sent {
            None => credential,
            Some(token) => {
                Credential::temporary(credential.access_key_id, credential.secret, token)
            }
        };
        let keyring: Keyring = [credential].into_iter().collect();
        // The cloud knows which half of the service a request is for, and what that half demands.
        let cloud = FakeShadow::new(Settings { region, ..Settings::default() });
        let rules = cloud.explainer().rules(request).clone();
        let now = match args.at {
            Some(at) => UnixMillis(at.as_millisecond()),
            None => signed_at(request, &keyring, &rules),
        };
        Self { now, keyring, rules, clock_is_known: args.at.is_some(), token_is_known }
    }

    /// What is to be known about a request whose signature is right.
    fn notes(&self, request: &Request, identity: &Identity) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.clock_is_known {
            notes.push(format!(
                "it was signed at {}; with --at its clock is checked, too",
                timestamp::basic(identity.signed_at)
            ));
        }
        if !self.token_is_known {
            notes.push(
                "its session token was taken for the right one, as none was given".to_owned(),
            );
        }
        let strict = Rules { presigned_token: PresignedToken::AfterSigning, ..self.rules.clone() };
        if verify(request, self.now, &self.keyring, &strict).is_err() {
            notes.push(
                "AWS IoT wants X-Amz-Security-Token appended to a URL after signing, and this one was signed with it"
                    .to_owned(),
            );
        }
        notes
    }
}

/// Why there is no request to explain, and what to do.
struct Unread {
    error: String,
    help: &'static str,
}

fn read(file: &str) -> Result<Request, Unread> {
    let bytes = bytes_of(file).map_err(|error| Unread {
        error: format!("failed to read {file}: {error}"),
        help: "name a file with one raw HTTP request, or - for standard input",
    })?;
    let not_one = |why: String| Unread {
        error: format!("{file} holds no HTTP request{why}"),
        help: "it must begin with a line like `GET /things/lamp/shadow HTTP/1.1`",
    };
    let request = raw_request::parse(&bytes).map_err(|error| not_one(format!(": {error}")))?;
    if is_request(&request) { Ok(request) } else { Err(not_one(String::new())) }
}

/// The parser takes anything that is cut like a request, as a captured one may be damaged; a text file is none.
fn is_request(request: &Request) -> bool {
    let method = request.method.bytes().all(|byte| byte.is_ascii_alphabetic());
    method && (request.target.starts_with('/') || request.target.starts_with("http"))
}

fn bytes_of(file: &str) -> io::Result<Vec<u8>> {
    if file != "-" {
        return fs::read(file);
    }
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn credential(args: &ExplainArgs, environment: &Environment) -> Result<Credential, ServeError> {
    if let Some(text) = &args.credential {
        return parse_credential(text);
    }
    let given = environment.credential()?;
    Ok(given.unwrap_or_else(|| Credential::long_term(TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY)))
}

/// The session token that a request carries; an empty one is none, and a mistake that is explained.
fn sent_token(request: &Request) -> Option<String> {
    let query = query_pairs(request.query().unwrap_or_default()).ok()?;
    let token = Claim::read(request, &query).ok()?.token?.into_owned();
    Some(token).filter(|token| !token.is_empty())
}

/// The time that a request says it was signed at, so that an old capture is not refused for its age alone.
fn signed_at(request: &Request, keyring: &Keyring, rules: &Rules) -> UnixMillis {
    match verify(request, UnixMillis(0), keyring, rules) {
        Err(Refusal::NotYetCurrent(clock)) => clock.signed_at,
        Ok(identity) => identity.signed_at,
        Err(_) => UnixMillis(0),
    }
}
