"""Meets faults with the programs of a system: chrony, dig, OpenSSL's s_client. `suite.py` runs the checks."""

import json
import os
import re
import subprocess

from cloud import AWS_NAME

# What chrony says when it asks once for the time. A lost answer it asks for again; of a server that wants to be left alone it says so.
CHRONY = [
    ({"ntp": {"offset": "-90s"}, "times": 0}, lambda said: abs(offset(said) + 90) < 2),
    ({"ntp": {"offset": "+20m"}, "times": 0}, lambda said: abs(offset(said) - 1200) < 2),
    ({"ntp": {"drift": 500}, "times": 0}, lambda said: abs(offset(said)) < 2),
    ({"ntp": "silent"}, lambda said: abs(offset(said)) < 2),
    ({"ntp": "kiss-of-death"}, lambda said: "Received KoD RATE" in said),
    # Over the end of the first era, in February 2036: years ahead.
    ({"ntp": "rollover", "times": 0}, lambda said: offset(said) > 60 * 60 * 24 * 300),
]

# What dig says to the question for AWS's own name of an endpoint.
DIG = [
    ({"dns": "nxdomain"}, lambda said: "status: NXDOMAIN" in said),
    ({"dns": "wrong"}, lambda said: addresses(said) == ["192.0.2.1"]),
    ({"dns": {"flaw": "wrong", "address": "192.0.2.7"}}, lambda said: addresses(said) == ["192.0.2.7"]),
    ({"dns": {"flaw": "slow", "by": "20s"}}, lambda said: "timed out" in said and addresses(said) == ["127.0.0.1"]),
    ({"dns": "truncated"}, lambda said: "retrying in TCP mode" in said and addresses(said) == ["127.0.0.1"]),
]

# What OpenSSL's s_client says of a handshake, in the words of X509_verify_cert_error_string(3) and of SSL_get_error(3).
S_CLIENT = [
    ({"tls": "expired"}, lambda said: "certificate has expired" in said),
    ({"tls": "not-yet-valid"}, lambda said: "certificate is not yet valid" in said),
    ({"tls": "wrong-host"}, lambda said: "ostname mismatch" in said),
    ({"tls": "unknown-ca"}, lambda said: "unable to get local issuer certificate" in said),
    ({"tls": "old-version"}, lambda said: "unsupported protocol" in said),
    ({"tls": "no-common-cipher"}, lambda said: "handshake failure" in said),
    ({"tls": "large-cert"}, lambda said: is_good(said) and read_bytes(said) > 6000),
    ({"tls": "max-fragment"}, lambda said: is_good(said)),
    ({"tls": {"flaw": "max-fragment", "bytes": 64}}, lambda said: is_good(said)),
    ({"reset": "tls"}, lambda said: not is_good(said) and "errno=104" in said),
    ({"close": "tls"}, lambda said: not is_good(said) and "unexpected eof" in said),
]


def offset(said):
    """How far the server's clock is ahead of this one, in seconds."""
    return float(re.search(r"System clock wrong by (\S+) seconds", said).group(1))


def addresses(said):
    return re.findall(r"^[^;]\S+\s+\d+\s+IN\s+A\s+(\S+)", said, re.MULTILINE)


def is_good(said):
    return "Verification: OK" in said and "Cipher is (NONE)" not in said


def read_bytes(said):
    return int(re.search(r"SSL handshake has read (\d+) bytes", said).group(1))


def run(command, seconds=30):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
    return done.stdout.decode(errors="replace")


def chrony_asks(cloud, folder):
    host, port = cloud.addresses["ntp"]
    user = ["-u", "root"] if os.getuid() == 0 else []
    # It only looks, changes no clock, and keeps nothing.
    command = ["chronyd", "-Q", "-U", *user, "-t", "6", f"server {host} port {port} iburst maxsamples 1", f"pidfile {folder}/chronyd.pid"]
    return run(command)


def dig_asks(cloud):
    host, port = cloud.addresses["dns"]
    return run(["dig", f"@{host}", "-p", str(port), AWS_NAME, "A", "+time=1", "+tries=2"])


def s_client_connects(cloud):
    _, port = cloud.addresses["https"]
    trusting = ["-CAfile", cloud.ca.name, "-verify_return_error", "-verify_hostname", "localhost"]
    return run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-min_protocol", "TLSv1.2", *trusting])


def meets(cloud, ask, fault, expected):
    cloud.arm(fault)
    said = ask()
    met = cloud.met()
    assert expected(said), said
    assert met[0] >= 1, "the fault was not met"


def checks(cloud, folder):
    """The name of each check, and what it does."""
    clients = [
        ("chrony", CHRONY, lambda: chrony_asks(cloud, folder)),
        ("dig", DIG, lambda: dig_asks(cloud)),
        ("openssl s_client", S_CLIENT, lambda: s_client_connects(cloud)),
    ]
    for client, rows, ask in clients:
        for fault, expected in rows:
            yield f"{client} {json.dumps(fault)}", lambda a=ask, f=fault, e=expected: meets(cloud, a, f, e)
    yield "all three without a fault", lambda: nothing_is_wrong(cloud, folder)


def nothing_is_wrong(cloud, folder):
    assert abs(offset(chrony_asks(cloud, folder))) < 2
    assert addresses(dig_asks(cloud)) == ["127.0.0.1"]
    assert is_good(s_client_connects(cloud))
