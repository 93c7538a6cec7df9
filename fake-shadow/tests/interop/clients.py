"""All clients."""

from sdks import AwsCli, Boto3, JavaScriptSdk, RustSdk
from tools import Aws4Auth, Awscurl, Curl

# Each with whether it is run over TLS, too; the slow ones first. AWS's SDK for Rust is built without: see its main.rs.
ALL = [
    (AwsCli, True),
    (RustSdk, False),
    (Curl, True),
    (Awscurl, True),
    (Boto3, True),
    (JavaScriptSdk, True),
    (Aws4Auth, True),
]
