"""Meets every kind of fault with clients that know nothing of us; `run.sh` installs them and starts this."""

import email.utils
import http.client
import itertools
import json
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import time
import traceback

import boto3
import botocore.config
import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.resolver
import ntplib

import system
from cloud import AWS_NAME, KEY, SECRET, Cloud

LOST = (http.client.RemoteDisconnected, ConnectionResetError)
SHORT = 0.7


def is_good(answer):
    return answer.status == 200 and answer.json()["state"]["desired"] == {"on": True}


# The service's own errors with their status: AWS's reference of the data plane, "Common errors" of each operation.
AWS_ERRORS = [
    ("ConflictException", 409),
    ("ForbiddenException", 403),
    ("GatewayTimeoutException", 504),
    ("InternalFailureException", 500),
    ("InvalidRequestException", 400),
    ("MethodNotAllowedException", 405),
    ("RequestEntityTooLargeException", 413),
    ("ResourceNotFoundException", 404),
    ("ServiceUnavailableException", 503),
    ("ThrottlingException", 429),
    ("UnauthorizedException", 401),
    ("UnsupportedDocumentEncodingException", 415),
]

# Each fault with what Python's http.client makes of it. The third, where there is one, says how to ask.
HTTP = [
    *(
        ({"aws-error": name}, lambda a, n=name, s=status: a.status == s and a.headers["x-amzn-ErrorType"] == f"{n}:")
        for name, status in AWS_ERRORS
    ),
    ({"bandwidth": 2000}, lambda a: is_good(a) and a.seconds > 0.1),
    ({"chunked": {"bytes": 7, "header": "transfer-encoding"}}, lambda a: is_good(a) and "transfer-encoding" in a.headers.keys()),
    ({"chunked": 7}, lambda a: is_good(a) and a.headers["Transfer-Encoding"] == "chunked"),
    ({"close": "request"}, lambda a: a.failed(*LOST)),
    ({"close": "accept"}, lambda a: a.failed(*LOST)),
    ({"close": "after-headers"}, lambda a: a.failed(http.client.IncompleteRead)),
    ({"close": "mid-body"}, lambda a: a.failed(http.client.IncompleteRead)),
    ({"conflict": True}, lambda a: a.status == 409 and a.json()["message"] == "Version conflict"),
    ({"drip": {"bytes": 100, "every": "50ms"}}, lambda a: is_good(a) and a.seconds > 0.1),
    ({"empty": "answer"}, lambda a: a.failed(*LOST)),
    ({"empty": "body"}, lambda a: a.status == 200 and a.body == b""),
    ({"garbage": 64}, lambda a: a.failed(http.client.BadStatusLine)),
    ({"hang": {"at": "request", "for": "30s"}}, lambda a: a.failed(TimeoutError), {"timeout": SHORT}),
    ({"hang": {"at": "accept", "for": "30s"}}, lambda a: a.failed(TimeoutError), {"timeout": SHORT}),
    ({"hang": {"at": "body", "for": "30s"}}, lambda a: a.failed(TimeoutError), {"timeout": SHORT}),
    ({"html-error": 502}, lambda a: a.status == 502 and b"<html>" in a.body),
    ({"http-version": "1.0"}, is_good),
    ({"http-version": "wrong"}, lambda a: a.failed(http.client.UnknownProtocol)),
    ({"interim": 100}, is_good),
    # It knows no other interim answer, and takes it for the answer.
    ({"interim": 103}, lambda a: a.status == 103),
    ({"keep-open": "30s"}, is_good),
    ({"latency": "400ms", "jitter": "10ms", "before": "headers"}, lambda a: is_good(a) and a.seconds > 0.4),
    ({"latency": "400ms", "before": "body"}, lambda a: is_good(a) and a.seconds > 0.4),
    ({"lost-answer": "reset"}, lambda a: a.failed(*LOST)),
    ({"lost-answer": "close"}, lambda a: a.failed(*LOST)),
    ({"lost-answer": "hang"}, lambda a: a.failed(TimeoutError), {"timeout": SHORT}),
    ({"malformed": "json"}, lambda a: a.status == 200 and b"}" != a.body[-2:-1] and not is_json(a.body)),
    ({"malformed": "header"}, lambda a: a.status == 200),
    ({"malformed": "chunk"}, lambda a: a.failed(http.client.IncompleteRead)),
    ({"no-reason-phrase": True}, is_good),
    ({"profile": "flaky-wifi", "chance": 1}, lambda a: a.error is not None or is_good(a), {"timeout": SHORT}),
    ({"profile": "busy-region", "chance": 1}, lambda a: a.status in (429, 500, 503, 504) or is_good(a)),
    ({"refuse": True}, lambda a: a.failed(*LOST)),
    ({"reset": "accept"}, lambda a: a.failed(*LOST)),
    ({"reset": "request"}, lambda a: a.failed(*LOST)),
    ({"reset": "after-headers"}, lambda a: a.failed(ConnectionResetError)),
    ({"reset": "mid-body"}, lambda a: a.failed(ConnectionResetError, http.client.IncompleteRead)),
    ({"shadow-deep": True}, lambda a: a.status == 200 and depth(a.json()["state"]) > 6),
    ({"shadow-large": True}, lambda a: a.status == 200 and len(a.body) > 8000),
    ({"shadow-missing": True}, lambda a: a.status == 404),
    ({"shadow-version": -1}, lambda a: a.json()["version"] == 0),
    ({"shadow-version": 3}, lambda a: a.json()["version"] == 4),
    ({"skew": "+20m"}, lambda a: a.status == 403 and "Signature expired" in a.json()["message"]),
    ({"skew": "-20m"}, lambda a: a.status == 403 and "Signature not yet current" in a.json()["message"]),
    ({"status": 503, "body": "", "headers": {"retry-after": 7}}, lambda a: a.status == 503 and a.headers["retry-after"] == "7"),
    ({"throttle": 0}, lambda a: a.status == 429),
    ({"truncate": "60%", "length": "kept"}, lambda a: a.failed(http.client.IncompleteRead)),
    ({"truncate": 9}, lambda a: a.failed(http.client.IncompleteRead) and a.error.partial == b'{"state":'),
    ({"truncate": "0%", "length": "corrected"}, lambda a: a.status == 200 and a.body == b""),
    ({"truncate": 9, "length": "corrected"}, lambda a: a.body == b'{"state":'),
]

# What Python's ssl, which is OpenSSL, makes of a handshake.
TLS = [
    ({"tls": "expired"}, lambda a: "certificate has expired" in str(a.error)),
    ({"tls": "not-yet-valid"}, lambda a: "certificate is not yet valid" in str(a.error)),
    ({"tls": "wrong-host"}, lambda a: "ostname mismatch" in str(a.error)),
    ({"tls": "unknown-ca"}, lambda a: "unable to get local issuer" in str(a.error)),
    ({"tls": "no-common-cipher"}, lambda a: a.failed(ssl.SSLError) and "HANDSHAKE_FAILURE" in str(a.error).upper()),
    ({"tls": "old-version"}, lambda a: a.failed(ssl.SSLError) and "UNSUPPORTED_PROTOCOL" in str(a.error).upper()),
    ({"tls": "large-cert"}, is_good),
    ({"tls": "max-fragment"}, is_good),
    ({"tls": {"flaw": "max-fragment", "bytes": 64}}, is_good),
    ({"reset": "tls"}, lambda a: a.failed(ConnectionResetError)),
    ({"close": "tls"}, lambda a: a.failed(ssl.SSLError, ConnectionResetError)),
    ({"hang": {"at": "tls", "for": "30s"}}, lambda a: a.failed(TimeoutError), {"timeout": SHORT}),
]

# The exit code of curl, by which scripts tell what went wrong; see curl(1), "EXIT CODES".
CURL = [
    ("http", {"close": "request"}, 52),
    ("http", {"reset": "request"}, 56),
    ("http", {"truncate": "60%"}, 18),
    ("http", {"hang": "30s"}, 28),
    ("http", {"garbage": True}, 1),
    ("http", {"interim": True}, 0),
    ("https", {"tls": "expired"}, 60),
    ("https", {"tls": "not-yet-valid"}, 60),
    ("https", {"tls": "wrong-host"}, 60),
    ("https", {"tls": "unknown-ca"}, 60),
    ("https", {"tls": "no-common-cipher"}, 35),
    ("https", {"tls": "old-version"}, 35),
    ("https", {"tls": "large-cert"}, 0),
    ("https", {"tls": "max-fragment"}, 0),
    ("https", {"tls": {"flaw": "max-fragment", "bytes": 64}}, 0),
    ("https", {"reset": "tls"}, 35),
    ("https", {"hang": {"at": "tls", "for": "30s"}}, 28),
    ("http", {"malformed": "chunk"}, 56),
]


# What ntplib makes of an answer of the time server: the time that it shows, beside that of this machine.
NTP = [
    ({"ntp": {"offset": "-90s"}}, lambda a: abs(a.offset + 90) < 2),
    ({"ntp": {"offset": "+20m"}}, lambda a: abs(a.offset - 1200) < 2),
    ({"ntp": {"drift": 500}}, lambda a: abs(a.offset) < 2),
    ({"ntp": "kiss-of-death", "code": "RATE"}, lambda a: a.stratum == 0 and a.ref_id.to_bytes(4) == b"RATE"),
    ({"ntp": "kiss-of-death", "code": "DENY"}, lambda a: a.ref_id.to_bytes(4) == b"DENY"),
    ({"ntp": "kiss-of-death", "code": "RSTR"}, lambda a: a.ref_id.to_bytes(4) == b"RSTR"),
    ({"ntp": "rollover"}, lambda a: a.tx_timestamp < 60 and a.ref_timestamp > 2**32 - 60),
    ({"ntp": "silent"}, lambda a: isinstance(a, ntplib.NTPException)),
]


def ntp_meets(cloud, fault, expected):
    host, port = cloud.addresses["ntp"]

    def ask():
        try:
            return ntplib.NTPClient().request(host, version=4, port=port, timeout=SHORT)
        except ntplib.NTPException as error:
            return error

    cloud.arm(fault)
    answer = ask()
    assert expected(answer), f"{answer!r}: {vars(answer)}"
    assert cloud.met() == [1], "the fault was not met"
    # The first answer is lost; the next is right.
    answer = ask()
    assert abs(answer.offset) < 2 and answer.stratum == 1, vars(answer)


def dns_asks(cloud, name=AWS_NAME, kind="A", query=dns.query.udp):
    host, port = cloud.addresses["dns"]
    answer = query(dns.message.make_query(name, kind), host, port=port, timeout=SHORT)
    addresses = [record.address for rrset in answer.answer for record in rrset]
    return dns.rcode.to_text(answer.rcode()), addresses


def dns_leads_to_the_rig(cloud):
    found = "NOERROR", ["127.0.0.1"]
    for query in (dns.query.udp, dns.query.tcp):
        assert dns_asks(cloud, query=query) == found
        assert dns_asks(cloud, "time.example.com", query=query) == found
        assert dns_asks(cloud, "example.org", query=query) == ("NXDOMAIN", [])
        assert dns_asks(cloud, kind="AAAA", query=query) == ("NOERROR", [])


def dns_fails(cloud):
    cloud.arm({"dns": "nxdomain"})
    assert dns_asks(cloud) == ("NXDOMAIN", [])
    cloud.arm({"dns": "wrong", "address": "192.0.2.7"})
    assert dns_asks(cloud) == ("NOERROR", ["192.0.2.7"])
    cloud.arm({"dns": "slow", "by": "2s"})
    try:
        raise AssertionError(f"answered in time: {dns_asks(cloud)}")
    except dns.exception.Timeout:
        pass
    assert cloud.met() == [1, 1, 1]
    host, port = cloud.addresses["dns"]
    cloud.arm({"dns": "truncated"})
    message, used_tcp = dns.query.udp_with_fallback(dns.message.make_query(AWS_NAME, "A"), host, port=port, timeout=5)
    assert used_tcp and len(message.answer) == 1, message
    assert cloud.met() == [1]


def an_unmodified_client_finds_the_way(cloud):
    """boto3 with nothing but AWS's own name of the endpoint, this name server and the CA."""
    host, port = cloud.addresses["dns"]
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = [host], port, 5
    dns.resolver.override_system_resolver(resolver)
    try:
        client = boto3.client(
            "iot-data",
            region_name="us-east-1",
            endpoint_url=f"https://{AWS_NAME}:{cloud.addresses['https'][1]}",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            verify=cloud.ca.name,
            config=botocore.config.Config(proxies={}, retries={"total_max_attempts": 1}),
        )
        shadow = json.load(client.get_thing_shadow(thingName="lamp")["payload"])
        assert shadow["state"]["desired"] == {"on": True}, shadow
    finally:
        dns.resolver.restore_system_resolver()


def is_json(body):
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def depth(value):
    return 1 + max((depth(inner) for inner in value.values()), default=0) if isinstance(value, dict) else 0


def python_meets(cloud, scheme, fault, expected, how):
    cloud.arm(fault)
    began = time.monotonic()
    answer = cloud.ask(scheme, **how)
    answer.seconds = time.monotonic() - began
    assert expected(answer), f"{answer}, {answer.seconds:.2f} s"
    assert cloud.met() == [1], "the fault was not met"
    assert is_good(cloud.ask(scheme)), "the next request is not served as ever"


def curl_meets(cloud, scheme, fault, expected):
    cloud.arm(fault)
    _, port = cloud.addresses[scheme]
    command = ["curl", "--silent", "--noproxy", "*", "--max-time", "1", "--cacert", cloud.ca.name]
    command += ["--aws-sigv4", "aws:amz:us-east-1:iotdata", "--user", f"{KEY}:{SECRET}"]
    done = subprocess.run([*command, f"{scheme}://localhost:{port}/things/lamp/shadow"], capture_output=True)
    assert done.returncode == expected, f"curl ended with {done.returncode}: {done.stdout[:200]}"
    assert cloud.met() == [1], "the fault was not met"


def the_right_request_meets_it(cloud):
    """By its method, behind one that is let pass, as often as it says, and never by chance where that is nothing."""
    cloud.arm({"status": 503, "to": "POST shadow", "after": 1, "times": 2})
    update = b'{"state": {"reported": {"on": true}}}'
    cloud_says = lambda method, body=b"": cloud.ask(method=method, body=body).status
    assert [cloud_says("GET"), *(cloud_says("POST", update) for _ in range(4)), cloud_says("GET")] == [200, 200, 503, 503, 200, 200]
    assert cloud.met() == [2]
    cloud.arm({"status": 503, "chance": 0})
    assert cloud_says("GET") == 200 and cloud.met() == [0]


def a_fault_is_there_when_its_arming_was_answered(cloud):
    """Whoever connects right after meets it, over and over; and by the time of the answer the cloud knows that it was met."""
    for _ in range(50):
        cloud.arm({"status": 503})
        assert cloud.ask().status == 503
        assert cloud.met() == [1]
        assert cloud.ask().status == 200, "it was met twice"


def an_answer_is_lost_and_the_update_kept(cloud):
    version = lambda: cloud.ask().json()["version"]
    before = version()
    cloud.arm({"lost-answer": True, "to": "POST shadow"})
    answer = cloud.ask(method="POST", body=b'{"state": {"reported": {"kept": true}}}')
    assert answer.failed(*LOST), answer
    assert cloud.met() == [1] and version() == before + 1


def the_connection_stays_open(cloud):
    """As AWS leaves it behind a full answer; a client that reads until the end waits, which urllib and the like never do."""
    host, port = cloud.addresses["http"]
    ends = []
    for fault in (None, {"keep-open": "2s"}):
        if fault:
            cloud.arm(fault)
        with socket.create_connection((host, port), timeout=10) as plain:
            plain.sendall(f"GET /things/lamp/shadow HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            began = time.monotonic()
            while plain.recv(4096):
                pass
            ends.append(time.monotonic() - began)
    assert ends[0] < 1.5 < ends[1], ends
    assert cloud.met() == [1]


def throttling_lets_some_pass(cloud):
    """Of three requests in a row the first is within the rate, and one that comes later, too."""
    cloud.arm({"throttle": 1})
    statuses = [cloud.ask().status for _ in range(3)]
    assert statuses[0] == 200 and statuses.count(429) >= 1, statuses
    time.sleep(1.2)
    assert cloud.ask().status == 200
    assert cloud.met()[0] == statuses.count(429)


def the_clock_is_moved_while_it_runs(cloud):
    """The cloud's own clock: its `Date`, its time stamps, and the window of signatures."""
    def date():
        answer = cloud.ask()
        told = next(value for name, value in answer.headers.items() if name.lower() == "date")
        return email.utils.parsedate_to_datetime(told).timestamp(), answer
    now = time.time()
    assert abs(date()[0] - now) < 5
    cloud.control("POST", "/clock", {"offset": "+4m"})
    try:
        moved, answer = date()
        assert abs(moved - now - 240) < 5 and answer.status == 200, answer
        assert abs(answer.json()["timestamp"] - now - 240) < 5
        updated = cloud.ask(method="POST", body=b'{"state": {"reported": {"clock": 1}}}').json()
        assert abs(updated["metadata"]["reported"]["clock"]["timestamp"] - now - 240) < 5
        cloud.control("POST", "/clock", {"offset": "+6m"})
        refused = cloud.ask()
        assert refused.status == 403 and "Signature expired" in refused.json()["message"], refused
    finally:
        cloud.control("POST", "/clock", {"offset": "0s"})
    assert cloud.ask().status == 200


def words(fault):
    """Keys and values of a fault, at any depth, as texts."""
    if isinstance(fault, dict):
        for key, value in fault.items():
            yield key
            yield from words(value)
    elif not isinstance(fault, bool):
        yield str(fault)


def no_kind_and_no_choice_is_left_out(cloud):
    complaint = cloud.control("POST", "/faults", {"kind": "explode"})["error"]
    kinds = set(re.search("there are (.*)$", complaint).group(1).split(", "))
    table = json.loads((pathlib.Path(__file__).parents[3] / "fixtures/faults/variants.json").read_text())
    table.pop("")
    assert kinds == set(table), f"the table and the program differ in {kinds ^ set(table)}"
    # A cloud has no radio, and says so; programs and boards meet these in the rig's own tests.
    assert "no radio" in cloud.control("POST", "/faults", {"wifi": "drop"})["error"]
    table.pop("wifi")
    met = {}
    for fault in [row[0] for row in itertools.chain(HTTP, TLS, NTP, system.CHRONY, system.DIG, system.S_CLIENT)]:
        met.setdefault(next(iter(fault)), set()).update(words(fault))
    unmet = [f"{kind} {word}" for kind, known in table.items() for word in [kind, *known] if word not in met.get(kind, ())]
    assert not unmet, f"met by no client: {', '.join(unmet)}"


def checks(cloud):
    for scheme, rows in (("http", HTTP), ("https", TLS)):
        for fault, expected, *how in rows:
            how = how[0] if how else {}
            yield f"http.client {json.dumps(fault)}", lambda f=fault, e=expected, h=how, s=scheme: python_meets(cloud, s, f, e, h)
    for scheme, fault, code in CURL:
        yield f"curl {json.dumps(fault)}", lambda s=scheme, f=fault, c=code: curl_meets(cloud, s, f, c)
    for fault, expected in NTP:
        yield f"ntplib {json.dumps(fault)}", lambda f=fault, e=expected: ntp_meets(cloud, f, e)
    yield from system.checks(cloud, pathlib.Path(cloud.ca.name).parent)
    yield "http.client: the request that is meant meets it", lambda: the_right_request_meets_it(cloud)
    yield "http.client: whoever connects right after meets it", lambda: a_fault_is_there_when_its_arming_was_answered(cloud)
    yield "http.client: an answer is lost, and the update kept", lambda: an_answer_is_lost_and_the_update_kept(cloud)
    yield "a socket: the connection stays open behind the answer", lambda: the_connection_stays_open(cloud)
    yield "http.client: throttling lets some pass", lambda: throttling_lets_some_pass(cloud)
    yield "http.client: the cloud's clock is moved while it runs", lambda: the_clock_is_moved_while_it_runs(cloud)
    yield "dnspython finds the rig and nothing else", lambda: dns_leads_to_the_rig(cloud)
    yield "dnspython meets each fault of names", lambda: dns_fails(cloud)
    yield "boto3 with AWS's own name of the endpoint", lambda: an_unmodified_client_finds_the_way(cloud)
    yield "no kind and no choice is left out", lambda: no_kind_and_no_choice_is_left_out(cloud)


def main():
    beside = ["--ntp", "127.0.0.1:0", "--dns", "127.0.0.1:0", "--dns-name", "time.example.com"]
    cloud = Cloud(sys.argv[1], *beside, ready=4)
    failed = 0
    try:
        for name, check in checks(cloud):
            try:
                check()
                print(f"ok {name}", flush=True)
            except Exception as error:
                failed += 1
                reason = str(error) if isinstance(error, AssertionError) else traceback.format_exc()
                print(f"FAILED {name}\n      {reason}", flush=True)
                cloud.met()
    finally:
        cloud.end()
    print(f"{failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
