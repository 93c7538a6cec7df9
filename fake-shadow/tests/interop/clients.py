"""The clients, all with one way to be called: `call(endpoint, operation, thing, shadow, document, credential)`."""

import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from dataclasses import dataclass

import boto3
import botocore
import botocore.config
import botocore.exceptions
import requests
from botocore.model import ServiceModel
from requests_aws4auth import AWS4Auth

from cloud import DIRECT, OWNER, SESSION

REGION = "us-east-1"
CALL_SECONDS_MAX = 60
HERE = pathlib.Path(__file__).parent


@dataclass
class Outcome:
    """What came of a call: a document, or the client's class of exception with its message."""

    document: dict | None = None
    exception: str | None = None
    message: str | None = None
    request_id: str | None = None


class Client:
    name = "a client"
    # How many requests one call is, if the cloud answers 500 or 429 to each.
    attempts = 3
    # Whether each call starts a program that takes a second to start.
    slow = False
    # The case of `contract.NAMES` that this client signs wrongly, and how the cloud calls the mistake.
    mistakes = {}
    # Errors for which this client has no class of its own, and what it shows in place of one.
    unmodeled = {}
    # Whether it shows which request it was that failed.
    shows_request_id = True

    def __init__(self, ca=None):
        self.ca = ca

    def version(self):
        raise NotImplementedError

    def call(self, endpoint, operation, thing, shadow, document, who):
        raise NotImplementedError

    def own_checks(self):
        """Checks of this client alone: sentences and functions on a bench."""
        return []

    def end(self):
        """Ends what was started."""


def modeled_exceptions(service_model: ServiceModel):
    return {shape.name for shape in service_model.error_shapes}


class Boto3(Client):
    name = "boto3"

    def version(self):
        return f"{boto3.__version__}, botocore {botocore.__version__}"

    def client(self, endpoint, who):
        session = boto3.session.Session(who.key, who.secret, who.token, REGION)
        verify = str(self.ca) if self.ca else None
        return session.client("iot-data", endpoint_url=endpoint, verify=verify)

    def call(self, endpoint, operation, thing, shadow, document, who):
        client = self.client(endpoint, who)
        arguments = {"thingName": thing} | ({} if shadow is None else {"shadowName": shadow})
        try:
            if operation == "list":
                answer = client.list_named_shadows_for_thing(**arguments)
                return Outcome({"results": answer["results"], "timestamp": answer["timestamp"]})
            if operation == "update":
                arguments["payload"] = json.dumps(document)
            answer = getattr(client, f"{operation}_thing_shadow")(**arguments)
            return Outcome(json.loads(answer["payload"].read()))
        except botocore.exceptions.ClientError as error:
            code, name = error.response["Error"]["Code"], type(error).__name__
            # An error that the model has must come as its own class; only one that it lacks may be known by its code.
            modeled = code in modeled_exceptions(client.meta.service_model)
            request_id = error.response["ResponseMetadata"].get("RequestId")
            return Outcome(None, name if modeled else code, str(error), request_id)
        finally:
            client.close()

    def own_checks(self):
        yield "a presigned URL is accepted", presigned
        # AWS IoT documents the token behind the signature only; the cloud takes what this general presigner makes, too.
        yield "a presigned URL with a signed session token is accepted", presigned_token
        if self.ca:
            yield "without the CA it refuses the certificate", no_ca


def presign(bench, who):
    client = bench.client.client(bench.endpoint, who)
    return client.generate_presigned_url("get_thing_shadow", {"thingName": "presigned"}, ExpiresIn=60)


def over_http(bench, url):
    # A presigned URL needs no client that could sign.
    if bench.client.ca is None:
        return DIRECT.open(url, timeout=10)
    context = ssl.create_default_context(cafile=str(bench.client.ca))
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
    return urllib.request.build_opener(*handlers).open(url, timeout=10)


def presigned(bench, who=OWNER):
    bench.cloud.seed("presigned", {"state": {"desired": {"on": True}}})
    after = bench.cloud.last_number()
    with over_http(bench, presign(bench, who)) as answer:
        if json.load(answer)["state"]["desired"] != {"on": True}:
            raise AssertionError("the document is another one")
    if bench.cloud.requests(after)[-1]["access_key_id"] != who.key:
        raise AssertionError("the cloud took it for another's request")


def presigned_token(bench):
    presigned(bench, SESSION)


def no_ca(bench):
    config = botocore.config.Config(retries={"total_max_attempts": 1})
    session = boto3.session.Session(OWNER.key, OWNER.secret, None, REGION)
    client = session.client("iot-data", endpoint_url=bench.endpoint, config=config)
    try:
        client.get_thing_shadow(thingName="lamp")
    except botocore.exceptions.SSLError as error:
        bench.says(str(error), "CERTIFICATE_VERIFY_FAILED")
    else:
        raise AssertionError("the certificate was accepted")
    finally:
        client.close()


def run(command, environment=None, stdin=None):
    return subprocess.run(
        command,
        env=os.environ | (environment or {}),
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CALL_SECONDS_MAX,
    )


class AwsCli(Client):
    name = "awscli"
    # Version 1 has kept the retry mode "legacy" where boto3 has gone over to "standard".
    attempts = 5
    slow = True
    shows_request_id = False
    program = pathlib.Path(sys.executable).parent / "aws"
    actions = {
        "get": "get-thing-shadow",
        "update": "update-thing-shadow",
        "delete": "delete-thing-shadow",
        "list": "list-named-shadows-for-thing",
    }

    def version(self):
        done = run([self.program, "--version"])
        return (done.stdout or done.stderr).split()[0].removeprefix("aws-cli/")

    def call(self, endpoint, operation, thing, shadow, document, who):
        environment = {"AWS_ACCESS_KEY_ID": who.key, "AWS_SECRET_ACCESS_KEY": who.secret}
        if who.token:
            environment["AWS_SESSION_TOKEN"] = who.token
        if self.ca:
            environment["AWS_CA_BUNDLE"] = str(self.ca)
        command = [self.program, "iot-data", self.actions[operation], "--endpoint-url", endpoint]
        command += ["--region", REGION, "--thing-name", thing]
        if shadow is not None:
            command += ["--shadow-name", shadow]
        if operation == "update":
            command += ["--payload", json.dumps(document)]
        if operation == "list":
            done = run([*command, "--output", "json"], environment)
            return Outcome(json.loads(done.stdout)) if done.returncode == 0 else self.error(done)
        with tempfile.TemporaryDirectory() as folder:
            answer = pathlib.Path(folder) / "answer.json"
            done = run([*command, str(answer)], environment)
            return Outcome(json.loads(answer.read_bytes())) if done.returncode == 0 else self.error(done)

    @staticmethod
    def error(done):
        """A program that calls it has the text on standard error and version 1's exit code for all refusals."""
        found = re.search(r"An error occurred \((\w+)\)", done.stderr)
        if found is None or done.returncode != 255:
            return Outcome(None, f"exit code {done.returncode}", done.stderr.strip())
        return Outcome(None, found[1], done.stderr.strip())


class LineClient(Client):
    """A program that reads a call a line and writes an outcome a line."""

    command = ()

    def __init__(self, ca=None):
        super().__init__(ca)
        environment = {"NODE_EXTRA_CA_CERTS": str(ca)} if ca else {}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            self.command, stdin=pipe, stdout=pipe, text=True, bufsize=1, env=os.environ | environment
        )

    def call(self, endpoint, operation, thing, shadow, document, who):
        call = {"endpoint": endpoint, "operation": operation, "thing": thing, "shadow": shadow}
        call |= {"document": document, "key": who.key, "secret": who.secret, "token": who.token}
        print(json.dumps(call), file=self.process.stdin)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{self.name} ended with {self.process.wait()}")
        return Outcome(**json.loads(line))

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class JavaScriptSdk(LineClient):
    name = "aws-sdk-js-v3"
    command = ("node", str(HERE / "client.mjs"))

    def version(self):
        package = pathlib.Path(os.environ["INTEROP_NPM"]) / "node_modules/@aws-sdk/client-iot-data-plane/package.json"
        return json.loads(package.read_text())["version"]


class RustSdk(LineClient):
    name = "aws-sdk-rust"
    # Its operations on shadows know only the errors that the model lists for them, which leaves out this one.
    unmodeled = {"ForbiddenException": "unhandled ForbiddenException"}

    def __init__(self, ca=None):
        self.command = (os.environ["INTEROP_RUST_SDK"],)
        super().__init__(ca)

    def version(self):
        lock = (HERE / "rust-sdk/Cargo.lock").read_text()
        return re.search(r'name = "aws-sdk-iotdataplane"\nversion = "([^"]+)"', lock)[1]


METHODS = {"get": "GET", "update": "POST", "delete": "DELETE", "list": "GET"}


def url(endpoint, operation, thing, shadow, quote=urllib.parse.quote):
    """The URL of an operation as a person would write it for a tool that knows nothing of AWS IoT."""
    if operation == "list":
        return f"{endpoint}/api/things/shadow/ListNamedShadowsForThing/{quote(thing, safe='')}"
    query = "" if shadow is None else f"?name={quote(shadow, safe='')}"
    return f"{endpoint}/things/{quote(thing, safe='')}/shadow{query}"


def as_is(text, safe=""):
    return text


def http_outcome(status, error_type, body, request_id):
    """What a tool shows that has no classes of exceptions: status, header and body, read as AWS's SDKs read them."""
    text = body.decode() if isinstance(body, bytes) else body
    if status == 200:
        return Outcome(json.loads(text))
    if not error_type or not error_type.endswith(":"):
        return Outcome(None, f"status {status} with x-amzn-ErrorType {error_type}", text)
    return Outcome(None, error_type.removesuffix(":"), json.loads(text)["message"], request_id)


class Curl(Client):
    name = "curl"
    # It tries again only where it is told to; then it signs each request anew.
    attempts = 3

    def __init__(self, ca=None):
        super().__init__(ca)
        self.mistakes = CURL_MISTAKES if self.is_old() else {}

    def version(self):
        return run(["curl", "--version"]).stdout.split()[1]

    def is_old(self):
        """Whether it is Debian 12's, with known mistakes, or one since 8.14, with none known."""
        version = tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", self.version()).groups())
        if version == (7, 88):
            return True
        if version >= (8, 14):
            return False
        raise RuntimeError(
            f"curl {version[0]}.{version[1]} is not known to this suite; install Debian 12's 7.88, or 8.14 or newer"
        )

    def call(self, endpoint, operation, thing, shadow, document, who):
        # Of the forms of a query an old curl signs only the escaped one rightly.
        address = url(endpoint, operation, thing, shadow)
        return self.send(METHODS[operation], address, document, who)

    def send(self, method, address, document=None, who=OWNER):
        command = ["curl", "-q", "--silent", "--show-error", "--include", "--aws-sigv4", f"aws:amz:{REGION}:iotdata"]
        command += ["--user", f"{who.key}:{who.secret}", "--request", method, "--retry", "2"]
        command += ["--write-out", "\\n%{http_code}"]
        if who.token:
            command += ["--header", f"x-amz-security-token: {who.token}"]
        if self.ca:
            command += ["--cacert", str(self.ca)]
        if document is not None:
            command += ["--header", "content-type: application/json", "--data-binary", json.dumps(document)]
        done = run([*command, address])
        if done.returncode != 0:
            return Outcome(None, f"exit code {done.returncode}", done.stderr.strip())
        answer, status = done.stdout.rsplit("\n", 1)
        # Where it tried again, the answers stand one behind the other.
        last = answer[answer.rindex("HTTP/1.1 ") :].replace("\r\n", "\n")
        head, _, body = last.partition("\n\n")
        error_type = re.search(r"(?im)^x-amzn-errortype: (.*)$", head)
        request_id = re.search(r"(?im)^x-amzn-requestid: (.*)$", head)
        return http_outcome(int(status), error_type and error_type[1], body, request_id and request_id[1])

    def own_checks(self):
        old = bool(self.mistakes)
        forms = [
            ("path with a raw colon", "/things/my:thing_a-b/shadow", "path-signed-as-sent"),
            ("path with an escaped colon", "/things/my%3Athing_a-b/shadow", "path-signed-as-sent"),
            ("query with a raw colon", "/things/lamp/shadow?name=cfg:v1", "query-signed-as-sent"),
            ("query with an escaped colon", "/things/lamp/shadow?name=cfg%3Av1", None),
            ("query with a raw dollar sign", "/things/lamp/shadow?name=$package", "query-signed-as-sent"),
        ]
        for form, path, mistake in forms:
            if old and mistake:
                sentence = f"a {form} is signed wrongly by this version, and the cloud names it: {mistake}"
                yield sentence, lambda bench, p=path, m=mistake: curl_mistake(bench, p, m)
            else:
                yield f"a {form} is signed rightly", lambda bench, p=path: curl_right(bench, p)


# Version 7.88 signs path and query as they are sent, where escapes are to be made, or made once more.
CURL_MISTAKES = {"thing-colon": "path-signed-as-sent", "both-colon": "path-signed-as-sent"}


def curl_mistake(bench, path, mistake):
    after = bench.cloud.last_number()
    outcome = bench.latest = bench.client.send("GET", bench.endpoint + path)
    if outcome.exception != "ForbiddenException":
        raise AssertionError(f"expected ForbiddenException, actual {outcome}")
    bench.names_mistake(after, mistake)


def curl_right(bench, path):
    outcome = bench.client.send("GET", bench.endpoint + path)
    if outcome.exception not in (None, "ResourceNotFoundException"):
        raise AssertionError(f"expected the shadow or ResourceNotFoundException, actual {outcome}")


class Awscurl(Client):
    name = "awscurl"
    attempts = 1
    slow = True
    program = pathlib.Path(sys.executable).parent / "awscurl"

    def version(self):
        from importlib.metadata import version

        return version("awscurl")

    def call(self, endpoint, operation, thing, shadow, document, who):
        # It escapes a query by itself, so that it must be given raw.
        path = url(endpoint, operation, thing, None)
        query = "" if shadow is None else f"?name={shadow}"
        return self.send(METHODS[operation], path + query, document, who)

    def send(self, method, address, document=None, who=OWNER):
        command = [self.program, "--service", "iotdata", "--region", REGION, "--include", "--request", method]
        if document is not None:
            command += ["--header", "content-type: application/json", "--data", json.dumps(document)]
        environment = {"AWS_ACCESS_KEY_ID": who.key, "AWS_SECRET_ACCESS_KEY": who.secret}
        if who.token:
            environment["AWS_SESSION_TOKEN"] = who.token
        if self.ca:
            environment["REQUESTS_CA_BUNDLE"] = str(self.ca)
        done = run([*command, address], environment)
        # It shows the headers as Python's dictionary of strings, and no status; an error it shows by its header.
        lines = done.stdout.split("\n")
        error_type = re.search(r"'x-amzn-ErrorType': '([^']*)'", done.stdout)
        body = next((line for line in lines if line.startswith('{"')), "")
        if not body:
            return Outcome(None, f"exit code {done.returncode}", done.stdout + done.stderr)
        request_id = re.search(r"'x-amzn-RequestId': '([^']*)'", done.stdout)
        return http_outcome(403 if error_type else 200, error_type and error_type[1], body, request_id and request_id[1])

    def own_checks(self):
        mistake = "query-encoded-twice"
        yield (
            f"an escaped colon in the query is signed wrongly by this client, and the cloud names it: {mistake}",
            lambda bench: curl_mistake(bench, "/things/lamp/shadow?name=cfg%3Av1", mistake),
        )


class Aws4Auth(Client):
    name = "requests-aws4auth"
    attempts = 1

    def version(self):
        from importlib.metadata import version

        return f"{version('requests-aws4auth')}, requests {requests.__version__}"

    def call(self, endpoint, operation, thing, shadow, document, who):
        auth = AWS4Auth(who.key, who.secret, REGION, "iotdata", session_token=who.token)
        headers = {"content-type": "application/json"} if document else None
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                METHODS[operation],
                url(endpoint, operation, thing, shadow),
                data=json.dumps(document) if document else None,
                headers=headers,
                auth=auth,
                verify=str(self.ca) if self.ca else True,
                timeout=CALL_SECONDS_MAX,
            )
        headers = answer.headers
        error_type, request_id = headers.get("x-amzn-ErrorType"), headers.get("x-amzn-RequestId")
        return http_outcome(answer.status_code, error_type, answer.content, request_id)


# Each with whether it is run over TLS, too. AWS's SDK for Rust is built without: see its main.rs.
ALL = [(AwsCli, True), (RustSdk, False), (Curl, True), (Awscurl, True), (JavaScriptSdk, True), (Boto3, True), (Aws4Auth, True)]
