//! Keys from a program that a profile names.
//!
//! Source: "Sourcing credentials with an external process" in the AWS SDKs and Tools Reference Guide.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;
use tokio::time::timeout;

use super::error::AccountError;
use super::given;
use crate::sigv4::Credential;

/// How long the program may take; some ask a person.
const PROCESS_TIME_MAX: Duration = Duration::from_secs(60);

/// Runs the program and reads its keys. What it prints is in no message, as it is secret.
pub(super) fn run(profile: &str, command: &str) -> Result<Credential, AccountError> {
    let failed = |reason: String| AccountError::Process { profile: profile.to_owned(), reason };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(error.to_string()))?;
    let output = runtime.block_on(async {
        let mut program = Command::new("sh");
        program.args(["-c", command]).stdin(Stdio::null()).stderr(Stdio::inherit());
        timeout(PROCESS_TIME_MAX, program.kill_on_drop(true).output()).await
    });
    let output = output
        .map_err(|_| failed(format!("it took more than {} s", PROCESS_TIME_MAX.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    read(&output.stdout).ok_or_else(|| failed("it printed something else than keys".to_owned()))
}

fn read(output: &[u8]) -> Option<Credential> {
    let output: Value = serde_json::from_slice(output).ok()?;
    if output.get("Version")?.as_u64()? != 1 {
        return None;
    }
    given::credential(&output, "SessionToken")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixMillis;

    #[test]
    fn a_program_gives_keys() {
        let print = r#"echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":"t",'
                       echo '"Expiration":"2026-11-20T16:08:44Z"}'"#;
        let credential = run("p", print).unwrap();
        assert_eq!(credential.access_key_id, "A");
        assert_eq!(credential.expires_at, Some(UnixMillis::from_secs(1_795_190_924)));
    }

    #[test]
    fn what_a_program_prints_is_in_no_message() {
        for command in
            ["echo hush", "echo hush; exit 3", "echo '{\"Version\":2,\"AccessKeyId\":\"hush\"}'"]
        {
            let error = run("p", command).unwrap_err();
            assert!(matches!(error, AccountError::Process { .. }));
            assert!(!format!("{error:?}{error}").contains("hush"), "{error}");
        }
    }
}
