"""What a client is to the suite: one way to be called, and what came of a call."""

import os
import subprocess
from dataclasses import dataclass

REGION = "us-east-1"
CALL_SECONDS_MAX = 60


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
