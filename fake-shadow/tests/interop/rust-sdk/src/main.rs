//! AWS's SDK for Rust behind lines of JSON: one call a line on standard input, what came of it on standard output.

use aws_sdk_iotdataplane::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_iotdataplane::error::ProvideErrorMetadata as _;
use aws_sdk_iotdataplane::operation::RequestId as _;
use aws_sdk_iotdataplane::primitives::Blob;
use aws_sdk_iotdataplane::{Client, Error};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for line in std::io::stdin().lines() {
        let call: Value = serde_json::from_str(&line.expect("the suite writes text"))
            .expect("the suite writes JSON");
        let outcome = match perform(&call).await {
            Ok(document) => json!({ "document": document }),
            Err(error) => json!({
                "exception": class(&error),
                "message": error.message(),
                "request_id": error.request_id(),
            }),
        };
        println!("{outcome}");
    }
}

fn client(call: &Value) -> Client {
    let text = |name: &str| call[name].as_str().map(str::to_owned);
    let credentials = Credentials::new(
        text("key").expect("each call has a key"),
        text("secret").expect("each call has a secret"),
        text("token"),
        None,
        "the suite",
    );
    let config = aws_sdk_iotdataplane::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(text("endpoint").expect("each call has an endpoint"))
        .credentials_provider(credentials)
        // Without TLS, which would bring a third of the crates and a C compiler; the other clients have it.
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

async fn perform(call: &Value) -> Result<Value, Error> {
    let client = client(call);
    let thing = call["thing"].as_str();
    let shadow = call["shadow"].as_str().map(str::to_owned);
    let payload = match call["operation"].as_str() {
        Some("get") => {
            let request = client.get_thing_shadow().set_thing_name(thing.map(str::to_owned));
            request.set_shadow_name(shadow).send().await?.payload
        }
        Some("update") => {
            let request = client.update_thing_shadow().set_thing_name(thing.map(str::to_owned));
            let document = Blob::new(call["document"].to_string());
            request.set_shadow_name(shadow).payload(document).send().await?.payload
        }
        Some("delete") => {
            let request = client.delete_thing_shadow().set_thing_name(thing.map(str::to_owned));
            Some(request.set_shadow_name(shadow).send().await?.payload)
        }
        Some("list") => {
            let request = client.list_named_shadows_for_thing();
            let listed = request.set_thing_name(thing.map(str::to_owned)).send().await?;
            return Ok(json!({ "results": listed.results, "timestamp": listed.timestamp }));
        }
        other => unreachable!("the suite knows four operations, not {other:?}"),
    };
    let payload = payload.expect("an answer without an error has a body");
    Ok(serde_json::from_slice(payload.as_ref()).expect("a shadow is JSON"))
}

/// The name of the variant that a program would match; for an error without one its code, marked as that.
fn class(error: &Error) -> String {
    let name = match error {
        Error::ConflictException(_) => "ConflictException",
        Error::ForbiddenException(_) => "ForbiddenException",
        Error::InternalFailureException(_) => "InternalFailureException",
        Error::InvalidRequestException(_) => "InvalidRequestException",
        Error::ResourceNotFoundException(_) => "ResourceNotFoundException",
        Error::ThrottlingException(_) => "ThrottlingException",
        other => return format!("unhandled {}", other.code().unwrap_or("error without a code")),
    };
    name.to_owned()
}
