"""The fake cloud as a child process, and its control interface."""

import json
import pathlib
import queue
import re
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

READY = re.compile(r"fake-shadow listening on (https?)://(\S+)")
READY_SECONDS_MAX = 20
END_SECONDS_MAX = 10

# The control interface is on this machine; a proxy of the environment has no part in it.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Credential:
    key: str
    secret: str
    token: str | None = None

    def flag(self):
        return ":".join(part for part in (self.key, self.secret, self.token) if part)


# May do everything. The secret has the two characters beside letters and digits that a real one may have.
OWNER = Credential("AKIAOWNER", "owner/secret+EXAMPLEKEY")
# The same key with a secret that is not its own.
WRONG_SECRET = Credential(OWNER.key, "anotherSecretEXAMPLEKEY")
# Temporary credentials; a real token, too, is base64 and long.
SESSION = Credential("ASIASESSION", "session/secret+EXAMPLEKEY", "FwoGZXIvYXdzEXAMPLE/token+" + "a1B2" * 60 + "==")
# The same with the token of another session.
WRONG_TOKEN = Credential(SESSION.key, SESSION.secret, "FwoGZXIvYXdzANOTHER==")
# May read shadows and nothing else.
READER = Credential("AKIAREADER", "reader/secret+EXAMPLEKEY")

READER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "iot:GetThingShadow", "Resource": "arn:aws:iot:*:*:thing/*"}],
}


class Cloud:
    """A running server. `http` and `https` are its addresses; `ca` is the file by which clients trust the latter."""

    def __init__(self, program, folder: pathlib.Path, tls: bool):
        folder.mkdir(parents=True, exist_ok=True)
        policy = folder / "reader-policy.json"
        policy.write_text(json.dumps(READER_POLICY))
        arguments = [program, "--listen", "127.0.0.1:0", "--region", "us-east-1"]
        for credential in (OWNER, SESSION, READER):
            arguments += ["--credential", credential.flag()]
        arguments += ["--policy", f"{READER.key}={policy}"]
        if tls:
            arguments += ["--listen-tls", "127.0.0.1:0"]
        self.log_path = folder / "cloud.log"
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, text=True)
        self.http = self.https = self.ca = None
        try:
            self._read_ready_lines(2 if tls else 1)
            if tls:
                self.ca = folder / "ca.pem"
                self.ca.write_bytes(self._open("GET", "/ca.pem"))
        except BaseException:
            self.end()
            raise

    def _read_ready_lines(self, wanted):
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(line) for line in self.process.stdout], daemon=True).start()
        for _ in range(wanted):
            try:
                line = lines.get(timeout=READY_SECONDS_MAX)
            except queue.Empty:
                raise RuntimeError(f"fake-shadow said nothing: {self.log_path.read_text()}") from None
            scheme, address = READY.match(line).groups()
            setattr(self, scheme, f"{scheme}://{address}")

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _open(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.http}/_shadowrig{path}", data, method=method)
        try:
            with DIRECT.open(request, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def control(self, method, path, body=None):
        return json.loads(self._open(method, path, body))

    def seed(self, thing, document, shadow=None):
        """Makes or changes a shadow past all signatures, for checks that are about what comes afterwards."""
        path = f"/things/{urllib.parse.quote(thing)}/shadow"
        if shadow is not None:
            path += f"s/{urllib.parse.quote(shadow)}"
        return self.control("PUT", path, document)

    def requests(self, after=0):
        return self.control("GET", f"/requests?after={after}")["requests"]

    def last_number(self):
        requests = self.control("GET", "/requests?limit=1")["requests"]
        return requests[-1]["number"] if requests else 0

    def explanation(self, request_id):
        return self.control("GET", f"/requests/{request_id}").get("explanation")
