"""Real proto trees through our loader, protoc and buf: who takes which file, whether the descriptors agree.

Usage: schemas.py STORE OUR_PROGRAM VENV [--tree NAME]… [--rounds N] [--no-buf] [--only-time]
Called by tests/peers/schemas, which builds our program and installs protoc and buf into VENV.
Fails when protoc takes a file that ours does not and that is not named in schemas-exceptions.txt, when
descriptors differ in what is not named in tests/peers/rust, when a comment is not reachable, and when an
exception is none any more.
"""

import argparse
import collections
import concurrent.futures
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import schema_time
import schema_trees

TIMEOUT = 600


def run(command, names=None, **more):
    text = None if names is None else "".join(f"{name}\n" for name in names)
    return subprocess.run(command, input=text, capture_output=True, text=True, errors="replace", timeout=TIMEOUT, **more)


def findings(output):
    """What our program tells, by kind."""
    found = collections.defaultdict(list)
    for line in output.splitlines():
        kind, *parts = line.split("\t")
        found[kind].append(parts)
    return found


class Tools:
    def __init__(self, ours, venv, scratch):
        self.ours = ours
        self.protoc = str(pathlib.Path(venv) / "bin" / "protoc")
        self.buf = str(pathlib.Path(venv) / "bin" / "buf")
        self.scratch = pathlib.Path(scratch)
        self.pool = concurrent.futures.ThreadPoolExecutor(2)

    def protoc_set(self, root, names, to):
        """One run of protoc; why it failed, or None."""
        listed = self.scratch / f"{pathlib.Path(to).name}.files"
        listed.write_text("".join(f"{name}\n" for name in names))
        done = run([self.protoc, f"-I{root}", "--include_imports", "--include_source_info", "--retain_options", f"--descriptor_set_out={to}", f"@{listed}"])
        return None if done.returncode == 0 else first_error(done.stderr)

    def protoc_files(self, root, names):
        """Which files protoc takes, each by itself, and the sets to compare: (names, set) each.

        All at once first: files that protoc takes together it takes alone, too.
        """
        whole = self.scratch / "whole.binpb"
        if self.protoc_set(root, names, whole) is None:
            return {name: None for name in names}, [(names, whole)]
        sets = {name: self.scratch / f"{index}.binpb" for index, name in enumerate(names)}
        errors = self.pool.map(lambda name: self.protoc_set(root, [name], sets[name]), names)
        verdicts = dict(zip(names, errors))
        return verdicts, [([name], sets[name]) for name in names if verdicts[name] is None]

    def buf_files(self, root, names):
        """How many files buf takes, each by itself."""
        out = itertools.count()
        environment = dict(os.environ, BUF_CACHE_DIR=str(self.scratch / "buf"))
        build = lambda *more: run([self.buf, "build", str(root), "-o", f"{self.scratch}/buf{next(out)}.binpb", *more], env=environment)
        if build().returncode == 0:
            return len(names)
        one = lambda name: build("--path", str(root / name)).returncode == 0
        return sum(self.pool.map(one, names))

    def our_files(self, root, names, protoc):
        """Which files ours takes, with protoc behind it or without; why not, or None. All at once first, then those with a problem alone."""
        environment = dict(os.environ, STUBLESS_PROTOC=self.protoc if protoc else "")
        check = lambda names: self._verdicts(run([self.ours, "check", str(root)], names, env=environment), names)
        verdicts = check(names)
        neighbours = {}
        for name in [name for name in names if verdicts[name] is not None]:
            alone = check([name])[name]
            if alone is None:
                neighbours[name] = verdicts[name]
            verdicts[name] = alone
        return verdicts, neighbours

    @staticmethod
    def _verdicts(done, names):
        found = findings(done.stdout)
        if done.returncode != 0:
            return {name: f"our program failed: {done.stderr.strip()[-200:]}" for name in names}
        there = {parts[0] for kind in ("there", "bundled") for parts in found[kind]}
        problems = {}
        for file, place, reason in found["problem"]:
            problems.setdefault(file, f"{place} {reason}".strip())
        return {name: problems.get(name, None if name in there else "not there, and no reason told") for name in names}

    def compare(self, root, sets):
        """Findings of the comparison, over all sets."""
        environment = dict(os.environ, STUBLESS_PROTOC=self.protoc)
        done = self.pool.map(lambda pair: run([self.ours, "compare", str(root), str(pair[1])], pair[0], env=environment), sets)
        found = collections.defaultdict(list)
        for (names, _), one in zip(sets, done):
            if one.returncode != 0:
                found["failed"].append([names[0], one.stderr.strip()[-200:]])
            for kind, parts in findings(one.stdout).items():
                found[kind].extend(parts)
        return found


def first_error(text):
    lines = [line for line in text.splitlines() if "warning" not in line]
    return (lines or ["no reason told"])[0][:200]


def exceptions(path):
    """`tree: file` → reason."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("  ", 1) for line in lines)


class Table:
    """Counts a tree, and what is wrong with each."""

    HEAD = ["tree", "files", "protoc", "buf", "ours", "by ourselves", "through protoc", "protoc only", "ours only", "compared", "differ", "comments", "not reached"]

    def __init__(self, known):
        self.known = known
        self.met = set()
        self.rows = []
        self.notes = []
        self.ignored = collections.Counter()
        self.bad = 0

    def add(self, tree, names, theirs, buf, ours, by_ourselves, neighbours, found):
        by_protoc = [name for name in names if theirs[name] is None]
        by_us = [name for name in names if ours[name] is None]
        lost = [name for name in by_protoc if ours[name] is not None]
        more = [name for name in by_us if theirs[name] is not None]
        for name in lost:
            self.wrong(tree, name, f"protoc only  {ours[name]}")
        for name in more:
            self.notes.append(f"ours only   {tree}: {name}: {theirs[name]}")
        for name, reason in neighbours.items():
            self.notes.append(f"alone only  {tree}: {name}: {reason}")
        for kind in ("failed", "not lowered", "different", "comment"):
            for name, *parts in found[kind]:
                self.wrong(tree, name, f"{kind}  {' | '.join(parts)}")
        for name, *_ in found["absent"]:
            if name not in lost:
                self.wrong(tree, name, "absent")
        for _, reason, count in found["known"]:
            self.ignored[reason] += int(count)
        through = len([name for name in by_us if by_ourselves[name] is not None])
        differing = len({parts[0] for parts in found["different"]})
        comments = sum(int(count) for _, count in found["comments"])
        self.rows.append([tree, len(names), len(by_protoc), buf, len(by_us), len(by_us) - through, through, len(lost), len(more), len(found["compared"]), differing, comments, len(found["comment"])])

    def wrong(self, tree, name, text):
        """Something about a file: a failure, unless it is a known exception, which is told once."""
        key = f"{tree}: {name}"
        if key not in self.known:
            self.bad += 1
            self.notes.append(f"FAILED      {key}: {text}")
        elif key not in self.met:
            self.met.add(key)
            self.notes.append(f"exception   {key}: {self.known[key]}")

    def unmet(self):
        """Exceptions that are none any more: those of trees that were looked at."""
        trees = {row[0] for row in self.rows}
        for key in self.known.keys() - self.met:
            if key.rsplit(": ", 1)[0] in trees:
                self.bad += 1
                self.notes.append(f"FAILED      {key}: named as an exception, and is none")

    def print(self):
        sums = ["all"] + [sum(row[i] for row in self.rows if isinstance(row[i], int)) for i in range(1, len(self.HEAD))]
        print_table([self.HEAD, *self.rows, sums])
        for reason, count in self.ignored.most_common():
            print(f"  not counted as a difference, {count} times: {reason}")
        for note in self.notes:
            print(f"  {note}")


def print_table(rows):
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))]
    for row in texts:
        first, *rest = row
        print("  " + first.ljust(widths[0]) + "".join("  " + cell.rjust(width) for cell, width in zip(rest, widths[1:])))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("store")
    arguments.add_argument("ours")
    arguments.add_argument("venv")
    arguments.add_argument("--tree", action="append")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--no-buf", action="store_true")
    arguments.add_argument("--only-time", action="store_true")
    options = arguments.parse_args()
    store = schema_trees.Store(options.store, pathlib.Path(options.venv) / "include")
    exceptions_path = pathlib.Path(__file__).parent.parent / "schemas-exceptions.txt"
    table = Table(exceptions(exceptions_path))
    skipped = 0
    for tree, parts in schema_trees.TREES.items():
        if options.only_time or (options.tree and tree not in options.tree):
            continue
        root = pathlib.Path(options.store) / "trees" / re.sub(r"\W+", "-", tree)
        try:
            names = schema_trees.lay_out(store, parts, root)
        except schema_trees.Missing as missing:
            skipped += 1
            print(f"  skipped  {tree}: {missing}")
            continue
        with tempfile.TemporaryDirectory(dir=options.store) as scratch:
            tools = Tools(options.ours, options.venv, scratch)
            theirs, sets = tools.protoc_files(root, names)
            buf = "-" if options.no_buf else tools.buf_files(root, names)
            ours, neighbours = tools.our_files(root, names, protoc=True)
            by_ourselves, _ = tools.our_files(root, names, protoc=False)
            table.add(tree, names, theirs, buf, ours, by_ourselves, neighbours, tools.compare(root, sets))
        print(f"  done     {tree}: {len(names)} files", flush=True)
    if table.rows:
        table.unmet()
        table.print()
    if options.rounds and (options.only_time or not options.tree):
        schema_time.measure(store, options, print_table)
    print(f"{table.bad} failures, {len(table.met)} exceptions, {skipped} trees skipped")
    sys.exit(1 if table.bad else 0)


if __name__ == "__main__":
    main()
