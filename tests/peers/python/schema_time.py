"""Time and peak memory of our loader beside protoc and buf, as ratios in one run."""

import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

import schema_trees

PUBSUB = "google/pubsub/v1/pubsub.proto"


def child(command, **more):
    """Runs a command; seconds, peak MiB, what it printed."""
    with tempfile.TemporaryFile("w+") as out:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, **more)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode != 0:
        raise OSError(f"{command[0]}: {text[-300:]}")
    return seconds, usage.ru_maxrss / 1024, text


def side_by_side(commands, rounds):
    """Medians over rounds, the order turned round each time: name → (seconds, MiB, seconds by its own clock, spread)."""
    taken = {name: [] for name in commands}
    for turn in range(rounds):
        names = list(commands)
        for name in names if turn % 2 == 0 else reversed(names):
            command, more = commands[name]
            taken[name].append(child(command, **more))
    return {
        name: (
            statistics.median(run[0] for run in runs),
            statistics.median(run[1] for run in runs),
            inside([run[2] for run in runs]),
            f"{min(run[0] for run in runs):.3f}–{max(run[0] for run in runs):.3f}",
        )
        for name, runs in taken.items()
    }


def inside(texts):
    """The median of what our program measured itself, in seconds; None of other programs."""
    found = [re.search(r"^(?:open|service)\t([\d.]+)", text, re.MULTILINE) for text in texts]
    return statistics.median(float(one.group(1)) / 1000 for one in found) if all(found) else None


def measure(store, options, print_table):
    root = pathlib.Path(options.store) / "trees" / "googleapis"
    try:
        names = schema_trees.lay_out(store, schema_trees.TREES["googleapis"], root)
    except schema_trees.Missing as missing:
        print(f"  skipped  time and memory: {missing}")
        return
    bin_folder = pathlib.Path(options.venv) / "bin"
    with tempfile.TemporaryDirectory(dir=options.store) as scratch:
        listed = pathlib.Path(scratch) / "files"
        listed.write_text("".join(f"{name}\n" for name in names))
        environment = dict(os.environ, BUF_CACHE_DIR=str(pathlib.Path(scratch) / "buf"))
        protoc = [str(bin_folder / "protoc"), f"-I{root}", "--include_imports", "--include_source_info", f"--descriptor_set_out={scratch}/set"]
        buf = [str(bin_folder / "buf"), "build", str(root), "-o", f"{scratch}/buf.binpb"]
        tasks = {
            f"googleapis, {len(names)} files": {
                "protoc": ([*protoc, f"@{listed}"], {}),
                "buf build": (buf, {"env": environment}),
                "ours, browsable": ([options.ours, "open", str(root)], {}),
            },
            "pubsub with its imports": {
                "protoc": ([*protoc, PUBSUB], {}),
                "buf build": ([*buf, "--path", str(root / PUBSUB)], {"env": environment}),
                "ours, one method ready": ([options.ours, "service", str(root), PUBSUB], {}),
            },
        }
        cached = [options.ours, "open", str(root), f"{scratch}/cache"]
        tasks[f"googleapis, {len(names)} files"]["ours, reopened from the cache"] = (cached, {})
        child(cached)  # Fills the cache.
        rows = [["task", "who", "s", "of protoc's", "peak MiB", "min–max s"]]
        for task, commands in tasks.items():
            medians = side_by_side(commands, options.rounds if task.startswith("googleapis") else options.rounds * 3)
            base = medians["protoc"][0]
            for name, (seconds, peak, own, spread) in medians.items():
                rows.append([task, name, f"{seconds:.3f}", f"{seconds / base:.3f}", f"{peak:.0f}", spread])
                if own is not None:
                    rows.append([task, "  by its own clock", f"{own:.3f}", f"{own / base:.3f}", "", ""])
        print_table(rows)
    print_methods(options.ours, root)


def print_methods(ours, root):
    """Methods of the open schema, each made ready when it is asked for."""
    _, peak, text = child([ours, "methods", str(root), "200"])
    lines = [line.split("\t") for line in text.splitlines() if line.startswith("method\t")]
    times = [float(millis) for _, millis, *_ in lines]
    slowest = max(lines, key=lambda line: float(line[1]))
    print(f"  a method of the open schema is ready in {statistics.median(times):.3f} ms (median of {len(times)}), {max(times):.3f} ms at worst ({slowest[2]}); peak then {peak:.0f} MiB")
    # The window searches; the core has nothing to measure here.
    print("  not measured: symbol search, which is the window's")
