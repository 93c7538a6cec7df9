"""Partitions of the rig beside those of Espressif's generator: equal to the byte, and read back whole.

Contents are made by chance from a fixed seed. Two things are left out, in which the generator differs from what ESP-IDF itself writes: a
blob that begins at the last entry of a page, before which it puts an empty chunk, and the keys of Wi-Fi for which it invents others.
"""

import base64
import random
import subprocess
import sys
from io import BytesIO

from esp_idf_nvs_partition_gen.nvs_partition_gen import Page, nvs_close, nvs_open, write_entry

PROGRAM = sys.argv[1]
CASES = 150
PAGE = 4096
RANGES = {
    "u8": (0, 2**8 - 1),
    "i8": (-(2**7), 2**7 - 1),
    "u16": (0, 2**16 - 1),
    "i16": (-(2**15), 2**15 - 1),
    "u32": (0, 2**32 - 1),
    "i32": (-(2**31), 2**31 - 1),
    "u64": (0, 2**64 - 1),
    "i64": (-(2**63), 2**63 - 1),
}


def value(chance):
    """A type of the generator, its text, and what is read back."""
    kind = chance.choice([*RANGES, "string", "string", "base64", "hex2bin"])
    if kind in RANGES:
        low, high = RANGES[kind]
        number = chance.choice([low, high, chance.randint(low, high)])
        return kind, str(number), (kind, str(number))
    length = chance.choice([0, 1, 31, 32, 33, 63, 64, chance.randint(0, 700)])
    if kind == "string":
        text = "".join(chance.choice("abcäö /+=\"'{}$🦀") for _ in range(length // 4))
        return kind, text, ("string", text.encode().hex())
    length = chance.choice([length, chance.randint(0, 9000)]) or 1
    data = chance.randbytes(length)
    text = base64.b64encode(data).decode() if kind == "base64" else data.hex()
    return kind, text, ("blob", data.hex())


def contents(chance):
    """Rows of namespace, key, type, text and what is read back; each namespace stands together, as in the generator's files."""
    rows = []
    for namespace in range(chance.randint(1, 6)):
        for key in range(chance.randint(1, 12)):
            name = f"k{key}" + "x" * chance.randint(0, 12)
            rows.append((f"space{namespace}", name, *value(chance)))
    return rows


def espressifs(rows, pages):
    """The partition by Espressif's generator; None where an empty chunk comes into it, or it does not fit."""
    out = BytesIO()
    nvs = nvs_open(out, (pages - 1) * PAGE, Page.VERSION2)
    namespace = None
    try:
        for space, key, kind, text, _ in rows:
            if space != namespace:
                write_entry(nvs, space, "namespace", "", "")
                namespace = space
            if kind in ("base64", "hex2bin") and nvs.cur_page.entry_num == Page.PAGE_PARAMS["max_entries"] - 1:
                return None
            write_entry(nvs, key, "data", kind, text)
        nvs_close(nvs)
    except (Exception, SystemExit):
        return None
    return out.getvalue()


def ours(words, data):
    return subprocess.run([PROGRAM, *words], input=data, capture_output=True, check=False)


def main():
    chance = random.Random(1)
    passed = failed = left_out = 0
    for case in range(CASES):
        rows, pages = contents(chance), chance.choice([3, 4, 6, 20])
        wanted = espressifs(rows, pages)
        if wanted is None:
            left_out += 1
            continue
        lines = "".join("\t".join(row[:4]) + "\n" for row in rows).encode()
        written = ours(["write", str(pages * PAGE)], lines)
        read = ours(["read"], wanted)
        expected = ["\t".join((space, key, *back)) for space, key, _, _, back in rows]
        problems = []
        if written.stdout != wanted:
            at = next((i for i, (a, b) in enumerate(zip(written.stdout, wanted)) if a != b), None)
            problems.append(f"the bytes differ at {at} of {len(wanted)} {written.stderr.decode()}")
        if read.stdout.decode().splitlines() != expected:
            problems.append(f"what is read differs {read.stderr.decode()}")
        passed, failed = (passed, failed + 1) if problems else (passed + 1, failed)
        for problem in problems:
            print(f"case {case}, {pages} pages, {len(rows)} values: {problem}")
    print(f"{left_out} left out: they do not fit, or have an empty chunk")
    if passed < CASES // 3:
        print("too few could be compared")
        failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
