"""Runs every client against the fake cloud; `run.sh` installs them and starts this."""

import argparse
import os
import pathlib
import signal
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

WORKERS = 2


def clean_environment(home: pathlib.Path):
    """No client is to find credentials, settings, a CA or a proxy anywhere but in what a check gives it."""
    home.mkdir(parents=True, exist_ok=True)
    certificates = ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS")
    for name in list(os.environ):
        if name.startswith(("AWS_", "BOTO")) or name.lower().endswith("_proxy") or name in certificates:
            del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": str(home / "no-config"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-credentials"),
        "HOME": str(home),
        # AWS's SDK for JavaScript warns of versions of Node that later versions of it will not support.
        "NODE_NO_WARNINGS": "1",
        "NO_PROXY": "127.0.0.1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def reason(error):
    if isinstance(error, AssertionError):
        return str(error)
    return "".join(traceback.format_exception(error)).rstrip().replace("\n", "\n      ")


def run_client(client_class, tls, program, folder):
    """The lines of the report, and how many checks passed and failed."""
    from cloud import Cloud
    from contract import Bench, checks

    label = client_class.name + (" over TLS" if tls else "")
    lines, passed, failed = [], 0, 0
    began = time.monotonic()
    cloud = client = None
    try:
        cloud = Cloud(program, folder / label.replace(" ", "-"), tls)
        client = client_class(cloud.ca)
        version = client.version()
        bench = Bench(client, cloud, cloud.https if tls else cloud.http)
        for sentence, function in checks(client, slow_over_tls=tls and client.slow):
            try:
                function(bench)
            except Exception as error:
                failed += 1
                lines.append(f"FAILED {label}: {sentence}\n      {reason(error)}")
            else:
                passed += 1
                lines.append(f"ok {label}: {sentence}")
    except Exception as error:
        failed += 1
        lines.append(f"FAILED {label}: it cannot be run\n      {reason(error)}")
        version = "?"
    finally:
        if client is not None:
            client.end()
        if cloud is not None:
            cloud.end()
    lines.insert(0, f"-- {label} ({version}), {time.monotonic() - began:.1f} s")
    return lines, passed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("clients", nargs="*", help="only these, as boto3; otherwise all")
    arguments = parser.parse_args()
    clean_environment(arguments.folder / "home")

    # Only now, as some read the environment where they are imported.
    from clients import ALL

    names = {client.name for client, _ in ALL}
    if unknown := set(arguments.clients) - names:
        parser.error(f"there is no client {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
    jobs = [
        (client, tls)
        for client, has_tls in ALL
        if not arguments.clients or client.name in arguments.clients
        for tls in ((False, True) if has_tls else (False,))
    ]
    passed = failed = 0
    # Whoever ends the suite ends its clouds, too: those that run do it themselves, others do not begin.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    pool = ThreadPoolExecutor(WORKERS)
    try:
        folder = arguments.folder / "clouds"
        runs = [pool.submit(run_client, client, tls, arguments.program, folder) for client, tls in jobs]
        for run in runs:
            lines, more_passed, more_failed = run.result()
            print("\n".join(lines), flush=True)
            passed, failed = passed + more_passed, failed + more_failed
    finally:
        pool.shutdown(cancel_futures=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
