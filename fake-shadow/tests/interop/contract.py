"""What is checked with every client. A check is a function on a bench; its sentence is what the report says."""

from cloud import OWNER, READER, SESSION, WRONG_SECRET, WRONG_TOKEN

# What AWS says about every signature that is not the right one, whatever the cause.
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
TOKEN_INVALID = "The security token included in the request is invalid"

# Names that need escapes, by which clients and servers differ: the case, the thing, the shadow.
NAMES = [
    ("thing-colon", "my:thing_a-b", None),
    ("shadow-colon", "lamp", "cfg:v1"),
    ("shadow-dollar", "lamp", "$package"),
    ("both-colon", "my:thing_a-b", "cfg:v1"),
]

CHECKS = []


def check(sentence, short=False):
    """Adds a check. A short one is made over TLS, too, by clients of which each call is a slow start of a program."""

    def add(function):
        CHECKS.append((sentence, short, function))
        return function

    return add


def expect(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, actual {actual!r}")


class Bench:
    """A client at a cloud, with words for what checks do."""

    def __init__(self, client, cloud, endpoint):
        self.client, self.cloud, self.endpoint = client, cloud, endpoint
        # What came of the latest call.
        self.latest = None

    def outcome(self, operation, thing, shadow=None, document=None, who=OWNER):
        self.latest = self.client.call(self.endpoint, operation, thing, shadow, document, who)
        return self.latest

    def done(self, operation, thing, shadow=None, document=None, who=OWNER):
        outcome = self.outcome(operation, thing, shadow, document, who)
        if outcome.exception is not None:
            raise AssertionError(f"{operation} of {thing}: {outcome.exception}: {outcome.message}")
        return outcome.document

    def refused(self, exception, operation, thing, shadow=None, document=None, who=OWNER):
        """The message of a call that must be refused with this class of the client."""
        outcome = self.outcome(operation, thing, shadow, document, who)
        expected = self.client.unmodeled.get(exception, exception)
        expect(outcome.exception, expected, f"what {operation} of {thing} raises ({outcome.message})")
        return outcome.message or ""

    def says(self, message, text):
        if text not in message:
            raise AssertionError(f"the message: expected {text!r} in it, actual {message!r}")

    def explained(self, after):
        """The explanation of the latest call, by the request id that its client shows, if it shows one."""
        request = self.cloud.requests(after)[-1]
        expect(request["status"], 403, "status")
        if self.client.shows_request_id:
            expect(self.latest.request_id, request["id"], "the request id that the client shows")
        explanation = self.cloud.explanation(request["id"])
        if explanation is None:
            raise AssertionError("the cloud has no explanation of the request")
        return explanation

    def names_mistake(self, after, mistake):
        explanation = self.explained(after)
        findings = [finding["id"] for finding in explanation["findings"]]
        if mistake not in findings:
            raise AssertionError(f"the explanation: expected {mistake!r}, actual {explanation['outcome']} {findings}")


@check("get of a missing shadow is ResourceNotFoundException", short=True)
def get_missing(bench):
    message = bench.refused("ResourceNotFoundException", "get", "missing")
    bench.says(message, "No shadow exists with name: 'missing'")


@check("update answers the document with its first version, and get has it", short=True)
def update_and_get(bench):
    document = {"state": {"desired": {"text": "ä €", "deep": {"a": [1, 2.5, True]}}}}
    accepted = bench.done("update", "update", document=document)
    expect(accepted["state"], document["state"], "accepted state")
    expect(accepted["version"], 1, "accepted version")
    found = bench.done("get", "update")
    expect(found["state"]["desired"], document["state"]["desired"], "desired state")
    expect(found["version"], 1, "version")


@check("a difference between desired and reported is seen as delta")
def delta(bench):
    bench.done("update", "delta", document={"state": {"desired": {"on": True, "level": 3}, "reported": {"level": 3}}})
    expect(bench.done("get", "delta")["state"].get("delta"), {"on": True}, "delta")
    bench.done("update", "delta", document={"state": {"reported": {"on": True}}})
    expect(bench.done("get", "delta")["state"].get("delta"), None, "delta after the report")


@check("delete answers the version, and the shadow is gone")
def delete(bench):
    bench.cloud.seed("delete", {"state": {"reported": {"on": True}}})
    expect(bench.done("delete", "delete")["version"], 1, "version of the deletion")
    bench.refused("ResourceNotFoundException", "get", "delete")


@check("a named shadow lives beside the classic one", short=True)
def named(bench):
    bench.done("update", "named", "config", {"state": {"desired": {"rate": 5}}})
    expect(bench.done("get", "named", "config")["state"]["desired"], {"rate": 5}, "the named shadow")
    message = bench.refused("ResourceNotFoundException", "get", "named")
    bench.says(message, "'named'")


@check("named shadows are listed, the classic one is not")
def list_named(bench):
    for shadow in (None, "config", "cfg:v1", "$package"):
        bench.cloud.seed("listed", {"state": {"desired": {}}}, shadow)
    expect(sorted(bench.done("list", "listed")["results"]), ["$package", "cfg:v1", "config"], "names")
    expect(bench.done("list", "nothing-here")["results"], [], "names of a thing without shadows")


@check("temporary credentials with their session token are accepted", short=True)
def session_token(bench):
    after = bench.cloud.last_number()
    bench.done("update", "session", document={"state": {"reported": {"on": True}}}, who=SESSION)
    expect(bench.cloud.requests(after)[-1]["access_key_id"], SESSION.key, "who the cloud saw")


@check("the session token of another session is ForbiddenException, explained")
def wrong_token(bench):
    after = bench.cloud.last_number()
    bench.says(bench.refused("ForbiddenException", "get", "session", who=WRONG_TOKEN), TOKEN_INVALID)
    bench.names_mistake(after, "token-of-another-key")


@check("a wrong secret is ForbiddenException with AWS's words")
def wrong_secret(bench):
    after = bench.cloud.last_number()
    bench.says(bench.refused("ForbiddenException", "get", "secret", who=WRONG_SECRET), MISMATCH)
    # No single slip of the pen leads from one secret to the other, and the cloud does not claim one.
    expect(bench.explained(after)["outcome"], "unexplained", "outcome of the explanation")


@check("the access key with another's secret is ForbiddenException, explained")
def secret_of_another(bench):
    after = bench.cloud.last_number()
    mixed = type(OWNER)(OWNER.key, READER.secret)
    bench.says(bench.refused("ForbiddenException", "get", "secret", who=mixed), MISMATCH)
    bench.names_mistake(after, "secret-of-another-key")


@check("a stale version is ConflictException")
def stale_version(bench):
    for _ in range(2):
        bench.cloud.seed("stale", {"state": {"desired": {"on": True}}})
    document = {"state": {"desired": {"on": False}}, "version": 1}
    bench.says(bench.refused("ConflictException", "update", "stale", document=document), "Version conflict")
    expect(bench.done("update", "stale", document=document | {"version": 2})["version"], 3, "version")


@check("what the policy does not allow is ForbiddenException, what it allows is done")
def policy(bench):
    bench.cloud.seed("policy", {"state": {"desired": {"on": True}}})
    bench.done("get", "policy", who=READER)
    after = bench.cloud.last_number()
    bench.refused("ForbiddenException", "update", "policy", document={"state": {"desired": {"on": 1}}}, who=READER)
    refused = bench.cloud.requests(after)[-1]["refused"]
    bench.says(refused, "the policy does not allow iot:UpdateThingShadow on thing/policy")


def retried(bench, error, status):
    """The client meets an error of the cloud twice."""
    bench.cloud.seed("retry", {"state": {"desired": {"on": True}}})
    after = bench.cloud.last_number()
    bench.cloud.control("POST", "/faults", {"aws-error": error, "to": "GET shadow", "times": 2})
    try:
        outcome = bench.outcome("get", "retry")
    finally:
        bench.cloud.control("DELETE", "/faults")
    statuses = [request["status"] for request in bench.cloud.requests(after)]
    if bench.client.attempts == 1:
        expect(statuses, [status], "what a client without retries was answered")
        expect(outcome.exception, error, f"what it raises ({outcome.message})")
    else:
        expect(statuses, [status, status, 200], "what was answered to one call")
        expect(outcome.exception, None, f"what it raises ({outcome.message})")


def sentence_of_retries(client, status):
    if client.attempts == 1:
        return f"it tries once where the cloud answers {status}, and shows the error"
    return f"one call goes through two answers {status}, in 3 requests"


def given_up(bench):
    """The client meets more errors than it tries again."""
    after = bench.cloud.last_number()
    bench.cloud.control("POST", "/faults", {"aws-error": "InternalFailureException", "to": "GET shadow", "times": 0})
    try:
        message = bench.refused("InternalFailureException", "get", "retry")
    finally:
        bench.cloud.control("DELETE", "/faults")
    bench.says(message, "Internal")
    statuses = [request["status"] for request in bench.cloud.requests(after)]
    expect(statuses, [500] * bench.client.attempts, "what was answered to one call")


def round_trip(bench, thing, shadow):
    document = {"state": {"desired": {"name": f"{thing} {shadow}"}}}
    bench.done("update", thing, shadow, document)
    expect(bench.done("get", thing, shadow)["state"]["desired"], document["state"]["desired"], "desired state")
    path = f"/things/{thing}/shadow" if shadow is None else f"/things/{thing}/shadows/{shadow}"
    seen = bench.cloud.control("GET", path)
    expect(seen["state"]["desired"], document["state"]["desired"], "what the cloud keeps under that name")


def signed_wrongly(bench, thing, shadow, mistake):
    after = bench.cloud.last_number()
    bench.says(bench.refused("ForbiddenException", "get", thing, shadow), MISMATCH)
    bench.names_mistake(after, mistake)


def checks(client, slow_over_tls):
    """All checks of a client as sentences and functions; over TLS a slow client makes the short ones only."""
    for sentence, short, function in CHECKS:
        if short or not slow_over_tls:
            yield sentence, function
    if slow_over_tls:
        return
    for case, thing, shadow in NAMES:
        words = f"thing {thing}" if shadow is None else f"thing {thing}, shadow {shadow}"
        mistake = client.mistakes.get(case)
        if mistake is None:
            yield f"{words} is updated and read", lambda bench, t=thing, s=shadow: round_trip(bench, t, s)
        else:
            sentence = f"{words} is signed wrongly by this client, and the cloud names it: {mistake}"
            yield sentence, lambda bench, t=thing, s=shadow, m=mistake: signed_wrongly(bench, t, s, m)
    for error, status in (("InternalFailureException", 500), ("ThrottlingException", 429)):
        yield (
            sentence_of_retries(client, status),
            lambda bench, e=error, s=status: retried(bench, e, s),
        )
    if client.attempts > 1:
        yield f"it gives up after {client.attempts} answers 500 with InternalFailureException", given_up
    yield from client.own_checks()
