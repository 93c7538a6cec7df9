"""Reads what the rig writes with other people's programs; called by run.sh."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from junitparser import Error, Failure, JUnitXml, Skipped
from junitparser import xunit2
from tap.parser import Parser

ROOT = Path.cwd()
RIG = str(Path(sys.argv[1]).resolve())
passed, failed = 0, 0

HEAD = "version: 1\nname: {name}\ncloud: {{ shadow: {{ desired: {{ sleep: 5 }}, reported: {{ sleep: 5 }} }} }}\n"
CASES = {
    "passes": HEAD + "tags: [smoke]\nsteps:\n  - expect-request: GET shadow\n",
    "fails <&> 'quoted'": HEAD + "steps:\n  - expect-request: DELETE shadow\n    within: 1s\n",
    "is the rig's": "version: 1\nname: {name}\nfirmware: {{ image: toaster }}\nsteps:\n  - reset: pin\n",
    "is skipped": "version: 1\nname: {name}\nrequires: {{ cloud: aws }}\nsteps:\n  - reset: pin\n",
    # Drawn with the seed of each attempt, so that one seed of a few has no luck at first and luck later.
    "has luck": HEAD
    + "steps:\n  - fault: {{ status: 503 }}\n    chance: 50%\n  - expect-request: {{ is: GET shadow, answered: 200 }}\n"
    "    within: 4s\n  - clear-faults: all\n",
    "is a row": HEAD + "matrix: {{ row: [1, 2] }}\nsteps:\n  - expect-request: GET shadow\n",
}


def check(name, is_good, more=""):
    global passed, failed
    if is_good:
        passed += 1
    else:
        failed += 1
        print(f"failed: {name}: {more}", file=sys.stderr)


def rig(folder, *words):
    return subprocess.run([RIG, *words], cwd=folder, capture_output=True, text=True, check=False)


def scenarios(folder):
    for index, (name, text) in enumerate(CASES.items()):
        (folder / f"{index}.yaml").write_text(text.format(name=json.dumps(name)))


def run_with_luck(folder):
    """A run in which one case is flaky, another never passes."""
    for seed in range(60):
        ran = rig(folder, "run", ".", "--out", f"out{seed}", "--retries", "2", "--seed", str(seed), "--report", "tap=run.tap")
        if "FLAKY" in ran.stdout:
            return folder / f"out{seed}", ran
    raise SystemExit("no seed of sixty has luck at a later attempt")


def junit(out, summary):
    counts = [int(count) for count in re.findall(r"(\d+) (?:passed|failed|errors|skipped)", summary)]
    xml = JUnitXml.fromfile(str(out / "junit.xml"))
    suites = list(xml)
    cases = [case for suite in suites for case in suite]
    kinds = {kind: [case for case in cases if any(type(r) is kind for r in case.result)] for kind in (Failure, Error, Skipped)}
    check("as many cases as the summary says", len(cases) == sum(counts), len(cases))
    check("`failure` is the firmware's", [c.name for c in kinds[Failure]] == ["fails <&> 'quoted'"], kinds[Failure])
    check("`error` is the rig's", [c.name for c in kinds[Error]] == ["is the rig's"], kinds[Error])
    check("`skipped` has its reason", "real cloud" in kinds[Skipped][0].result[0].message, kinds[Skipped])
    for suite in suites:
        found = [sum(1 for case in suite if any(type(r) is kind for r in case.result)) for kind in (Failure, Error, Skipped)]
        said = [suite.failures, suite.errors, suite.skipped or 0]
        check(f"the counts of the suite {suite.name}", suite.tests == len(list(suite)) and said[:2] == found[:2], (said, found))
    check("the totals", (xml.tests, xml.failures, xml.errors) == (len(cases), 1, 1), (xml.tests, xml.failures, xml.errors))
    check("every case has its time, class and file", all(c.time is not None and c.classname and c._elem.get("file") for c in cases))
    rows = [case.name for case in cases if case.name.startswith("is a row")]
    check("one case for each row of a matrix", rows == ["is a row [row=1]", "is a row [row=2]"], rows)
    again = {case.name: xunit2.TestCase.fromelem(case._elem) for case in cases}
    reruns = again["fails <&> 'quoted'"].rerun_failures() if callable(getattr(again["fails <&> 'quoted'"], "rerun_failures", None)) else None
    tags = {name: [child.tag for child in case._elem] for name, case in again.items()}
    check("a case that never passes has its reruns", tags["fails <&> 'quoted'"].count("rerunFailure") == 2, tags)
    check("the same by the reader of Jenkins's form", reruns is None or len(list(reruns)) == 2, reruns)
    check("one that passes later is flaky, and no failure", "flakyFailure" in tags["has luck"] and "failure" not in tags["has luck"], tags)
    verify = subprocess.run([Path(sys.executable).parent / "junitparser", "verify", out / "junit.xml"], check=False, capture_output=True)
    check("`junitparser verify` fails it", verify.returncode != 0)


def tap(folder):
    lines = list(Parser().parse_file(str(folder / "run.tap")))
    tests = [line for line in lines if line.category == "test"]
    plan = [line for line in lines if line.category == "plan"]
    check("TAP has its version and plan", lines[0].category == "version" and plan[0].expected_tests == len(tests))
    check("TAP counts as the run does", [t.ok for t in tests].count(False) == 2 and any(t.skip for t in tests))
    check("TAP has no line that nobody understands", all(line.category != "unknown" for line in lines))


def run_json(out):
    schema = json.loads((ROOT / "docs/report.v1.json").read_text())
    Draft202012Validator.check_schema(schema)

    def fits(part, value):
        errors = Draft202012Validator({"$ref": part, "$defs": schema["$defs"]} if part != "#" else schema).iter_errors(value)
        return next((f"{list(error.path)}: {error.message[:200]}" for error in errors), None)

    wrong = fits("#", json.loads((out / "run.json").read_text()))
    check("run.json fits its schema", wrong is None, wrong)
    files = 0
    for path in sorted(out.glob("*/case.json")):
        wrong = fits("#/$defs/case_file", json.loads(path.read_text()))
        check(f"{path.parent.name}/case.json fits its schema", wrong is None, wrong)
    for path in sorted(out.glob("*/events.jsonl")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            wrong = fits("#/$defs/log" if number == 1 else "#/$defs/event", json.loads(line))
            if wrong:
                break
        files += 1
        check(f"{path.parent.name}/events.jsonl fits its schema", wrong is None, f"line {number}: {wrong}")
    check("each case has its log", files >= 5, files)


class Plain(yaml.SafeLoader):
    """As editors read it, by YAML 1.2: only true and false are truth, and dates are text."""


Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def scenario_schema(folder):
    schema = json.loads((ROOT / "docs/scenario.v1.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    def wrong(path):
        error = next(validator.iter_errors(yaml.load(path.read_text(), Plain)), None)
        return error and f"{list(error.path)}: {error.message[:200]}"

    good = [*ROOT.glob("scenarios/**/*.yaml"), *ROOT.glob("fixtures/scenarios/passing/*.yaml")]
    good += [*ROOT.glob("fixtures/scenarios/failing/*.yaml"), *ROOT.glob("fixtures/scenarios/contract/*.yaml")]
    check("there are scenarios to check", len(good) > 80, len(good))
    for path in good:
        said = wrong(path)
        check(f"{path.relative_to(ROOT)} fits the schema", said is None, said)
    for proves in ["obey", "idle", "bad-answer", "power-cut"]:
        rig(folder, "new", proves, "--proves", proves, "--folder", ".")
        said = wrong(folder / f"{proves}.yaml")
        check(f"what `new --proves {proves}` writes fits the schema", said is None, said)
    # What an editor is to underline.
    for name in ["typo-in-verb", "typo-at-the-top", "typo-in-key", "bare-number", "no-version", "steps-missing", "units", "two-verbs",
                 "text-for-a-map", "numbers-in-quotes", "list-at-the-top", "text-at-the-top", "unknown-method"]:
        check(f"bad/{name}.yaml does not fit", wrong(ROOT / f"fixtures/scenarios/bad/{name}.yaml") is not None)


def nextest():
    listed = subprocess.run([os.environ["NEXTEST"], "nextest", "list", "-p", "shadowrig", "--test", "scenarios", "--message-format", "json"],
                            cwd=ROOT, capture_output=True, text=True, check=False)
    check("nextest lists the scenarios", listed.returncode == 0, listed.stderr[-500:])
    suites = json.loads(listed.stdout)["rust-suites"].values() if listed.returncode == 0 else []
    names = [name for suite in suites for name in suite["testcases"]]
    cases = json.loads(rig(ROOT, "list", "--json").stdout)["cases"]
    check("nextest has a test for each case", len(names) == len(cases), (len(names), len(cases)))
    ran = subprocess.run([os.environ["NEXTEST"], "nextest", "run", "-p", "shadowrig", "--test", "scenarios", "-E", "test(sleep)",
                          "--partition", "slice:1/2"], cwd=ROOT, capture_output=True, text=True, check=False)
    check("nextest runs them, a process each", ran.returncode == 0 and " passed" in ran.stderr, ran.stderr[-500:])


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    scenarios(folder)
    out, ran = run_with_luck(folder)
    junit(out, ran.stdout.splitlines()[-1])
    tap(folder)
    run_json(out)
    scenario_schema(folder)
nextest()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
