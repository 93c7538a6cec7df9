"""The fake cloud as a child process, its control interface, and a signed request by Python's own http.client."""

import http.client
import json
import re
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AWS_NAME = "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com"
READY = re.compile(r"fake-shadow listening on (\w+)://(\S+)")

# The control interface is on this machine; a proxy of the environment has no part in it.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Cloud:
    def __init__(self, program, *flags, ready=2):
        arguments = [program, "--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--seed", "7", *flags]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addresses = {}
        for _ in range(ready):
            scheme, address = READY.match(self.process.stdout.readline()).groups()
            host, port = address.rsplit(":", 1)
            self.addresses[scheme] = host, int(port)
        self.ca = tempfile.NamedTemporaryFile(suffix=".pem")
        self.ca.write(self.control("GET", "/ca.pem", raw=True))
        self.ca.flush()
        self.control("PUT", "/things/lamp/shadow", {"state": {"desired": {"on": True}}})

    def end(self):
        self.process.terminate()
        self.process.wait(10)

    def control(self, method, path, body=None, raw=False):
        host, port = self.addresses["http"]
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{host}:{port}/_shadowrig{path}", data, method=method)
        try:
            with DIRECT.open(request, timeout=10) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            return json.loads(error.read())
        return text if raw else json.loads(text)

    def arm(self, fault):
        armed = self.control("POST", "/faults", fault)
        assert "id" in armed, f"{fault}: {armed}"

    def met(self):
        """How often the faults that were armed since the last call were met, each; they are taken away."""
        return [fault["met"] for fault in self.control("DELETE", "/faults")["faults"]]

    def ask(self, scheme="http", method="GET", body=b"", timeout=10, name="localhost"):
        """What a client of Python's own library gets: an answer with its body, or the class of its complaint."""
        host, port = self.addresses[scheme]
        url = f"{scheme}://{name}:{port}/things/lamp/shadow"
        request = AWSRequest(method, url, data=body)
        SigV4Auth(Credentials(KEY, SECRET), "iotdata", "us-east-1").add_auth(request)
        if scheme == "https":
            context = ssl.create_default_context(cafile=self.ca.name)
            connection = http.client.HTTPSConnection(name, port, timeout=timeout, context=context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        try:
            headers = {**dict(request.headers), "Host": f"{name}:{port}"}
            connection.request(method, "/things/lamp/shadow", body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read(), None)
        except Exception as error:
            return Answer(None, {}, b"", error)
        finally:
            connection.close()


class Answer:
    def __init__(self, status, headers, body, error):
        self.status, self.headers, self.body, self.error = status, headers, body, error

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:200]} {self.error!r}"

    def json(self):
        return json.loads(self.body)

    def failed(self, *classes):
        return isinstance(self.error, classes)
