"""Bodies that our program makes and edits, read and written by Python's protobuf, an independent ProtoJSON.

Usage: roundtrip.py STORE OUR_PROGRAM VENV DIFFERENCES [--tree NAME]… [--seeds N]
Called by tests/peers/roundtrip. For every body of every message type of a tree:
  - Python takes the JSON, and its message is the one of our wire bytes;
  - the JSON we show of the wire bytes says what Python's says, number by number, and Python reads it as the
    same message;
  - the bytes are those that protobuf writes, where neither the order of maps nor of an Any's inside differs.
A difference is a failure unless DIFFERENCES names it; one that is named and not found is told.
"""

import argparse
import collections
import json
import math
import multiprocessing
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

import schema_trees

# What is taken of a tree: its files by pattern. Of protobuf-go those that are protobuf's own tests; the
# old copies of them are the same types under the same names.
TREES = {
    "googleapis": r"",
    "protobuf conformance": r"",
    "protobuf-go": r"^internal/testprotos/(test|test3|testeditions|textpb[^/]*|enums|order|required|messageset|news|fuzz|mixed)/",
    "protovalidate": r"^buf/",
    "kubernetes": r"",
}
# Another seed finds more; these are what three minutes hold.
SEEDS = {"protobuf conformance": 60, "protobuf-go": 40, "protovalidate": 8, "kubernetes": 6}
SHARDS = 2
PARTS = 6


def build_set(tools, tree, to, folder):
    """The tree's descriptors; the names of its files."""
    store, protoc = tools
    names = schema_trees.lay_out(store, schema_trees.TREES[tree], folder)
    names = [name for name in names if re.search(TREES[tree], name)]
    command = [protoc, f"-I{folder}", "--include_imports", "--retain_options", f"--descriptor_set_out={to}"]
    done = subprocess.run([*command, *names], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"protoc: {done.stderr.strip()[-300:]}")
    return names


def load_pool(path):
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(path).read_bytes())
    for file in files.file:
        pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
    return pool


def records(stream):
    """Lists of PARTS byte strings."""
    while True:
        parts = []
        for _ in range(PARTS):
            head = stream.read(4)
            if len(head) < 4:
                return
            parts.append(stream.read(struct.unpack("<I", head)[0]))
        yield parts


def same_subnormal(ours, theirs):
    """Whether two spellings are one float that is too small for its usual precision: Python tries six digits
    first (1.4013e-45), which need not be the fewest (1e-45)."""
    if max(abs(ours), abs(theirs)) > 1.2e-38:
        return False
    bits = struct.pack("<f", ours)
    return bits == struct.pack("<f", theirs) and any(bits)


def same(ours, theirs):
    """Equal to the sign of a zero; a NaN equals a NaN."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, bool) or isinstance(theirs, bool) or ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        if ours != theirs:
            return same_subnormal(ours, theirs)
        return math.copysign(1, ours) == math.copysign(1, theirs)
    return type(ours) is type(theirs) and ours == theirs


def without_empty_values(value):
    """An Any that holds an Empty without its `"value": {}`: we write it, as Go does, which takes nothing else.
    C++, Java and Python do not write it and refuse it. What was written means the same."""
    if isinstance(value, list):
        return [without_empty_values(item) for item in value]
    if not isinstance(value, dict):
        return value
    if str(value.get("@type")).endswith("/google.protobuf.Empty") and value.get("value") == {}:
        return {key: inner for key, inner in value.items() if key != "value"}
    return {key: without_empty_values(inner) for key, inner in value.items()}


class Oracle:
    def __init__(self, pool):
        self.pool = pool

    def type(self, name):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))

    def is_of(self, name, files):
        """Whether a type is the tree's. Of language features, which our loader has of its own, others may have
        an older file."""
        try:
            file = self.pool.FindMessageTypeByName(name).file.name
        except KeyError:
            return False
        return file in files or file in schema_trees.WELL_KNOWN

    def canonical(self, message):
        """Bytes that are equal for equal messages: what an Any holds is written anew as well."""
        self._sort_anys(message)
        return message.SerializeToString(deterministic=True)

    def _sort_anys(self, message):
        if message.DESCRIPTOR.full_name == "google.protobuf.Any" and message.type_url:
            try:
                inner = self.type(message.type_url.rsplit("/", 1)[-1]).FromString(message.value)
            except KeyError:
                return
            message.value = self.canonical(inner)
            return
        for field, value in message.ListFields():
            if field.message_type is None:
                continue
            if field.message_type.GetOptions().map_entry:
                if field.message_type.fields_by_name["value"].message_type is not None:
                    for item in value.values():
                        self._sort_anys(item)
            elif field.is_repeated:
                for item in value:
                    self._sort_anys(item)
            else:
                self._sort_anys(value)

    def parse(self, text, cls):
        return json_format.Parse(text, cls(), descriptor_pool=self.pool, max_recursion_depth=200)

    def compare(self, name, text, wire, shown, again):
        """Yields (class of difference, words)."""
        cls = self.type(name)
        try:
            theirs = self.parse(text, cls)
        except (json_format.ParseError, ValueError, TypeError, OverflowError) as error:
            yield "Python refuses the JSON", str(error)
            return
        try:
            ours = cls.FromString(wire)
        except Exception as error:  # noqa: BLE001
            yield "Python refuses the wire bytes", str(error)
            return
        wanted = self.canonical(theirs)
        if self.canonical(ours) != wanted:
            yield "JSON to the wire", f"{wire.hex()[:200]} / {wanted.hex()[:200]}"
            return
        if again != wire and self.canonical(cls.FromString(again)) != wanted:
            yield "JSON of ours read by us", again.hex()[:200]
        try:
            words = json_format.MessageToDict(ours, descriptor_pool=self.pool)
        except (ValueError, TypeError) as error:
            yield "Python shows no JSON", str(error)
            return
        if "google.protobuf.Empty" in shown:
            shown = json.dumps(without_empty_values(json.loads(shown)))
        if not same(json.loads(shown), words):
            yield "the wire to JSON", f"{shown[:300]} / {json.dumps(words, ensure_ascii=False)[:300]}"
        try:
            read = self.parse(shown, cls)
        except (json_format.ParseError, ValueError, TypeError, OverflowError) as error:
            yield "Python refuses our JSON", str(error)
            return
        if self.canonical(read) != wanted:
            yield "our JSON read by Python", shown[:300]


def shard(arguments):
    """Compares one share of the bodies."""
    path, program, seeds, number, files = arguments
    oracle = Oracle(load_pool(path))
    command = [program, str(path), str(seeds), str(number), str(SHARDS)]
    counts, found, types = collections.Counter(), [], set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for name, what, text, wire, shown, again in records(process.stdout):
            name, what, text = name.decode(), what.decode(), text.decode()
            if not oracle.is_of(name, files):
                continue
            types.add(name)
            if what == "?":
                counts["endless"] += 1
                continue
            style = what.lstrip("!").split()[0]
            if what.startswith("!"):
                words = wire.decode()
                # What an edit takes away or does not fill in yet may be required, as the value in an Any is.
                left_out = ("required field", 'needs a "value"')
                if style == "Form" and all(any(w in one for w in left_out) for one in words.split("; ")):
                    counts["incomplete edits"] += 1
                else:
                    found.append(("does not encode", name, what, words, text))
                continue
            counts[style] += 1
            different = False
            for kind, words in oracle.compare(name, text, wire, shown.decode(), again):
                found.append((kind, name, what, words, text))
                different = True
            if not different:
                theirs = oracle.type(name).FromString(wire).SerializeToString(deterministic=True)
                counts["same bytes"] += again == theirs
        failure = process.stderr.read().decode("utf-8", "replace")
    return counts, found, types, failure if process.returncode else ""


def known_differences(path):
    """Lines `class | regular expression over type, body and words`, under comments with the reason."""
    lines = pathlib.Path(path).read_text().splitlines()
    pairs = [line.split(" | ", 1) for line in lines if line.strip() and not line.startswith("#")]
    return [(kind.strip(), re.compile(pattern)) for kind, pattern in pairs]


def main():
    parser = argparse.ArgumentParser()
    for name in ("store", "program", "venv", "differences"):
        parser.add_argument(name)
    parser.add_argument("--tree", action="append")
    parser.add_argument("--seeds", type=int)
    options = parser.parse_args()
    known = known_differences(options.differences)
    met = set()
    venv = pathlib.Path(options.venv)
    store = schema_trees.Store(options.store, venv / "include")
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as scratch, multiprocessing.Pool(SHARDS) as workers:
        for tree in options.tree or TREES:
            start = time.monotonic()
            to = pathlib.Path(scratch) / f"{tree.replace(' ', '-')}.binpb"
            try:
                files = build_set((store, str(venv / "bin" / "protoc")), tree, to, pathlib.Path(scratch) / "tree")
            except RuntimeError as error:
                failed += 1
                print(f"  FAILED   {tree}: {error}")
                continue
            except schema_trees.Missing as missing:
                print(f"  skipped  {tree}: {missing}")
                skipped += 1
                continue
            seeds = options.seeds or SEEDS.get(tree, 1)
            shares = workers.map(shard, [(to, options.program, seeds, number, set(files)) for number in range(SHARDS)])
            counts, types, found, failures = collections.Counter(), set(), [], []
            for one, differences, names, failure in shares:
                counts.update(one)
                types |= names
                found += differences
                failures += [failure] if failure else []
            unknown = []
            for difference in found:
                kind, name, what, words, _ = difference
                line = f"{name} {what} {words}"
                reason = next((at for at, (of, pattern) in enumerate(known) if of == kind and pattern.search(line)), None)
                met.add(reason)
                unknown += [difference] if reason is None else []
            bodies = sum(counts[style] for style in ("Start", "Minimal", "Full", "Example", "Random", "Form"))
            by_style = ", ".join(f"{style.lower()} {counts[style]}" for style in ("Start", "Minimal", "Full", "Example", "Random", "Form"))
            line = (
                f"{tree}: {len(types)} types ({counts['endless']} require themselves), {bodies} bodies ({by_style}; {counts['incomplete edits']} edits left a required field out), "
                f"{counts['same bytes']} with the same bytes; known differences {len(found) - len(unknown)}; {time.monotonic() - start:.0f} s"
            )
            if failures or unknown or not bodies:
                failed += 1
                print(f"  FAILED   {line}")
                for failure in failures:
                    print(f"           {failure[-600:]}")
                for kind, count in collections.Counter(kind for kind, *_ in unknown).items():
                    print(f"           {count} × {kind}")
                shown = collections.Counter()
                for kind, name, what, words, text in unknown:
                    shown[kind] += 1
                    if shown[kind] <= 4:
                        print(f"           {kind}: {name}, {what}: {words[:400]}\n             {' '.join(text.split())[:400]}")
            else:
                passed += 1
                print(f"  ok       {line}")
            sys.stdout.flush()
    if not options.tree:
        for at, (kind, pattern) in enumerate(known):
            if at not in met:
                failed += 1
                print(f"  FAILED   no difference any more: {kind} | {pattern.pattern}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
