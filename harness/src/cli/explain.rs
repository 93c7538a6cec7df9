//! `shadowrig explain`: is the signature of a captured request right, and if not, why?

use std::fs;
use std::io::{self, Read, Write};

use clap::Args;
use fake_shadow::clock::UnixMillis;
use fake_shadow::message::Request;
use fake_shadow::raw_request;
use fake_shadow::settings::{DEFAULT_REGION, TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use fake_shadow::sigv4::{Credential, Keyring, Refusal, Rules, explain as explain_refusal, verify};

use super::{Terminal, exit};

/// The words behind `shadowrig explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A file with one raw HTTP request, or `-` for standard input.
    file: String,
    /// The pair that should have signed; by default the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    /// AWS_SESSION_TOKEN, else the test pair.
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
    let bytes = match read(&args.file) {
        Ok(bytes) => bytes,
        Err(error) => {
            writeln!(terminal.err, "error: failed to read {}: {error}", args.file)?;
            writeln!(
                terminal.err,
                "help: name a file with one raw HTTP request, or - for standard input"
            )?;
            return Ok(exit::USAGE);
        }
    };
    let Some(request) = raw_request::parse(&bytes).ok().filter(is_request) else {
        writeln!(terminal.err, "error: {} holds no HTTP request", args.file)?;
        writeln!(
            terminal.err,
            "help: it must begin with a line like `GET /things/lamp/shadow HTTP/1.1`"
        )?;
        return Ok(exit::USAGE);
    };
    let Some(credential) = credential(args, terminal.variable) else {
        writeln!(terminal.err, "error: --credential is not KEY:SECRET or KEY:SECRET:TOKEN")?;
        return Ok(exit::USAGE);
    };
    let region = args.region.clone().or_else(|| (terminal.variable)("AWS_REGION"));
    let rules = Rules::data_plane(region.as_deref().unwrap_or(DEFAULT_REGION));
    let keyring: Keyring = [credential].into_iter().collect();
    let now = match args.at {
        Some(at) => UnixMillis(at.as_millisecond()),
        None => signed_at(&request, &keyring, &rules),
    };
    match verify(&request, now, &keyring, &rules) {
        Ok(identity) => {
            writeln!(
                terminal.out,
                "the signature is right: {} signed for {}",
                identity.access_key_id, identity.service
            )?;
            Ok(exit::PASSED)
        }
        Err(refusal) => {
            write!(terminal.out, "{}", explain_refusal(&request, now, &keyring, &rules, &refusal))?;
            Ok(exit::FIRMWARE)
        }
    }
}

/// The parser takes anything that is cut like a request, as a captured one may be damaged; a text file is none.
fn is_request(request: &Request) -> bool {
    let method = request.method.bytes().all(|byte| byte.is_ascii_alphabetic());
    method && (request.target.starts_with('/') || request.target.starts_with("http"))
}

fn read(file: &str) -> io::Result<Vec<u8>> {
    if file != "-" {
        return fs::read(file);
    }
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn credential(args: &ExplainArgs, variable: fn(&str) -> Option<String>) -> Option<Credential> {
    if let Some(text) = &args.credential {
        let (key, rest) = text.split_once(':')?;
        return Some(match rest.split_once(':') {
            Some((secret, token)) => Credential::temporary(key, secret, token),
            None => Credential::long_term(key, rest),
        });
    }
    let key = variable("AWS_ACCESS_KEY_ID").zip(variable("AWS_SECRET_ACCESS_KEY"));
    Some(match (key, variable("AWS_SESSION_TOKEN")) {
        (Some((key, secret)), Some(token)) => Credential::temporary(key, secret, token),
        (Some((key, secret)), None) => Credential::long_term(key, secret),
        (None, _) => Credential::long_term(TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY),
    })
}

/// The time that a request says it was signed at, so that an old capture is not refused for its age alone.
fn signed_at(request: &Request, keyring: &Keyring, rules: &Rules) -> UnixMillis {
    match verify(request, UnixMillis(0), keyring, rules) {
        Err(Refusal::NotYetCurrent(clock)) => clock.signed_at,
        Ok(identity) => identity.signed_at,
        Err(_) => UnixMillis(0),
    }
}
