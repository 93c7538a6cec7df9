"""Tools that know how to sign and nothing of AWS IoT: curl, awscurl and requests-aws4auth."""

import json
import pathlib
import re
import sys
import urllib.parse
from importlib.metadata import version

import requests
from requests_aws4auth import AWS4Auth

from client import CALL_SECONDS_MAX, REGION, Client, Outcome, run
from cloud import OWNER

METHODS = {"get": "GET", "update": "POST", "delete": "DELETE", "list": "GET"}


def url(endpoint, operation, thing, shadow):
    """The URL of an operation as a person would write it for a tool that knows nothing of AWS IoT."""
    quote = urllib.parse.quote
    if operation == "list":
        return f"{endpoint}/api/things/shadow/ListNamedShadowsForThing/{quote(thing, safe='')}"
    query = "" if shadow is None else f"?name={quote(shadow, safe='')}"
    return f"{endpoint}/things/{quote(thing, safe='')}/shadow{query}"


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
        status = 403 if error_type else 200
        return http_outcome(status, error_type and error_type[1], body, request_id and request_id[1])

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
