"""AWS's own clients: boto3, the command line, and the SDKs for JavaScript and Rust."""

import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.request

import boto3
import botocore
import botocore.config
import botocore.exceptions
from botocore.model import ServiceModel

from client import REGION, Client, Outcome, run
from cloud import DIRECT, OWNER, SESSION

HERE = pathlib.Path(__file__).parent


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
