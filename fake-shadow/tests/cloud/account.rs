//! Keys from services: a second server plays AWS's token service, a container's service and an instance's metadata.

use std::fs;

use fake_shadow::account::{Account, AccountError, AccountWants};
use fake_shadow::clock::UnixMillis;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wiremock::matchers::{body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const NOW: UnixMillis = UnixMillis::from_secs(1_795_190_924);

const KEYS: &str = r#"{"Code":"Success","AccessKeyId":"ASIAGIVEN","SecretAccessKey":"hush-secret",
    "Token":"hush-token","Expiration":"2026-11-20T22:08:44Z"}"#;

const ASSUMED: &str = "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
    <AccessKeyId>ASIAGIVEN</AccessKeyId><SecretAccessKey>hush-secret</SecretAccessKey>\
    <SessionToken>hush-token</SessionToken><Expiration>2026-11-20T22:08:44Z</Expiration>\
    </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

/// A host without keys of its own, and a server that plays a service on it.
struct Host {
    home: TempDir,
    runtime: Runtime,
    server: MockServer,
}

impl Host {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(MockServer::start());
        Self { home: tempfile::tempdir().unwrap(), runtime, server }
    }

    fn answers(&self, mock: Mock) {
        self.runtime.block_on(mock.mount(&self.server));
    }

    fn file(&self, name: &str, text: &str) -> String {
        let file = self.home.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        file.display().to_string()
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.server.uri())
    }

    /// What the chain finds with these variables; the metadata service is nobody's unless they name it.
    fn find(&self, variables: &[(&str, &str)]) -> Result<Account, AccountError> {
        let home = self.home.path().display().to_string();
        let set = |name: &str| variables.iter().find(|one| one.0 == name).map(|one| one.1);
        let variable = |name: &str| match name {
            "HOME" => Some(home.clone()),
            "AWS_EC2_METADATA_DISABLED" => Some(
                set("AWS_EC2_METADATA_SERVICE_ENDPOINT").map_or("true", |_| "false").to_owned(),
            ),
            _ => set(name).map(str::to_owned),
        };
        let found = Account::find(&AccountWants::default(), &variable, NOW);
        let shown = match &found {
            Ok(account) => format!("{account:?}"),
            Err(error) => format!("{error:?} {error} {}", error.help()),
        };
        assert!(!shown.contains("hush"), "{shown}");
        found
    }

    fn check(&self, variables: &[(&str, &str)], expected: Result<(&str, &str), &str>) {
        match (self.find(variables), expected) {
            (Ok(account), Ok((region, source))) => {
                assert_eq!(account.credential.access_key_id, "ASIAGIVEN");
                assert!(account.credential.expires_at.is_some());
                assert_eq!(account.region, region);
                assert!(account.source.contains(source), "{}", account.source);
            }
            (Err(error), Err(words)) => {
                assert!(error.to_string().contains(words), "{error} ({words})");
            }
            (found, expected) => panic!("{variables:?}: {found:?}, not {expected:?}"),
        }
    }
}

fn answer(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(body)
}

#[test]
fn a_web_identity_is_changed_for_keys_by_the_token_service() {
    let host = Host::new();
    let form = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fci\
        &RoleSessionName=night&WebIdentityToken=hush.identity%3D";
    let asked = Mock::given(method("POST")).and(path("/")).and(body_string_contains(form));
    host.answers(asked.respond_with(answer(200, ASSUMED)));
    let refused = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>";
    host.answers(Mock::given(method("POST")).respond_with(answer(403, refused)).with_priority(9));
    let (token, url) = (host.file("token", "hush.identity=\n"), host.at(""));
    let by = |role: &'static str| {
        [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
            ("AWS_ROLE_ARN", role),
            ("AWS_ROLE_SESSION_NAME", "night"),
            ("AWS_ENDPOINT_URL_STS", &url),
            ("AWS_REGION", "eu-west-1"),
        ]
    };
    host.check(&by("arn:aws:iam::1:role/ci"), Ok(("eu-west-1", "the web identity")));
    host.check(&by("arn:aws:iam::1:role/other"), Err("403 AccessDenied: not you"));
    host.check(&by("arn:aws:iam::1:role/ci")[..4], Err("no region"));
    let gone = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token"),
        ("AWS_ROLE_ARN", "x"),
        ("AWS_REGION", "r"),
    ];
    host.check(&gone, Err("failed to read /nowhere/token"));

    let profile = format!(
        "[default]\nregion = eu-west-2\nrole_arn = arn:aws:iam::1:role/ci\nrole_session_name = night\nweb_identity_token_file = {token}\n"
    );
    host.file(".aws/config", &profile);
    host.check(&by("")[3..4], Ok(("eu-west-2", "the profile default")));
}

#[test]
fn a_container_has_keys_from_the_service_that_its_environment_names() {
    let host = Host::new();
    let asked = Mock::given(method("GET")).and(path("/v1/credentials"));
    let asked = asked.and(header("authorization", "hush-proof"));
    host.answers(asked.respond_with(answer(200, KEYS)));
    let refused = r#"{"code":"AccessDenied","message":"not you"}"#;
    host.answers(Mock::given(method("GET")).respond_with(answer(401, refused)).with_priority(9));
    let (url, file) = (host.at("/v1/credentials"), host.file("proof", "hush-proof\n"));
    let uri = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str());
    let region = ("AWS_REGION", "eu-west-1");
    let by_text = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hush-proof");
    let by_file = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.as_str());
    host.check(&[uri, region, by_text], Ok(("eu-west-1", "the container's service")));
    host.check(&[uri, region, by_file], Ok(("eu-west-1", "the container's service")));
    host.check(&[uri, region], Err("401 AccessDenied not you"));
    let split = ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "hush\r\nx: y");
    host.check(&[uri, region, split], Err("more than one line"));
    let elsewhere = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/keys");
    host.check(&[elsewhere, region], Err("not asked without TLS"));
    // Keys of the environment and of the profile come first.
    host.file(
        ".aws/credentials",
        "[default]\naws_access_key_id = OWN\naws_secret_access_key = s\n",
    );
    let own = host.find(&[uri, region, by_text]).unwrap();
    assert_eq!(own.credential.access_key_id, "OWN");
}

#[test]
fn an_instance_has_keys_and_region_from_its_metadata_service() {
    let host = Host::new();
    let session = Mock::given(method("PUT")).and(path("/latest/api/token"));
    let session = session.and(header("x-aws-ec2-metadata-token-ttl-seconds", "300"));
    host.answers(session.respond_with(answer(200, "hush-session")));
    let look = |at: &str, body: &str| {
        let asked = Mock::given(method("GET")).and(path(at));
        let asked = asked.and(header("x-aws-ec2-metadata-token", "hush-session"));
        host.answers(asked.respond_with(answer(200, body)));
    };
    look("/latest/meta-data/iam/security-credentials/", "rig-role");
    look("/latest/meta-data/iam/security-credentials/rig-role", KEYS);
    look("/latest/meta-data/placement/region", "ap-south-1");
    let url = host.at("");
    let there = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str());
    host.check(&[there], Ok(("ap-south-1", "the instance's role")));
    host.check(&[there, ("AWS_REGION", "eu-west-1")], Ok(("eu-west-1", "the instance's role")));
    host.check(&[], Err("from no container and from no instance"));
}

#[test]
fn an_instance_without_a_role_is_told_as_one() {
    let host = Host::new();
    host.answers(Mock::given(method("PUT")).respond_with(answer(200, "session")));
    let url = host.at("");
    let there = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str());
    host.check(&[there], Err("the instance has no role"));
    // A server that gives no session is no metadata service.
    let other = Host::new();
    let url = other.at("");
    let there = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str());
    other.check(&[there], Err("from no instance"));
}
