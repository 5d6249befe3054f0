"""Runs two clients in turn on the same calls and prints medians and their ratio.

Usage: compare.py ROUNDS STUBLESS GRPCURL ADDRESS. Wall time and CPU time are of whole processes.
"""

import os
import statistics
import subprocess
import sys
import time

rounds, stubless, grpcurl, address = int(sys.argv[1]), *sys.argv[2:5]

CALLS = [
    ("one unary call by reflection, cold start", "demo.v1.Greeter/SayHello", '{"name": "bench"}', rounds),
    ("20,000 messages of a server stream", "demo.v1.Ticker/Watch", '{"count": 20000}', max(3, rounds // 5)),
]


def measure(command):
    """Wall and CPU milliseconds of one process."""
    before = os.times()
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
    wall = time.perf_counter() - start
    after = os.times()
    cpu = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    return wall * 1000, cpu * 1000


print(f"{'':44}{'stubless':>16}{'grpcurl':>16}{'ratio':>12}")
for name, method, body, count in CALLS:
    ours = [stubless, "call", address, method, "-d", body]
    theirs = [grpcurl, "-plaintext", "-d", body, address, method]
    samples = {"ours": [], "theirs": []}
    measure(ours), measure(theirs)
    for _ in range(count):
        samples["ours"].append(measure(ours))
        samples["theirs"].append(measure(theirs))
    for index, kind in enumerate(("wall ms", "CPU ms")):
        a = statistics.median(s[index] for s in samples["ours"])
        b = statistics.median(s[index] for s in samples["theirs"])
        ratio = f"{a / b:.2f}" if b else "-"
        print(f"{name + ', ' + kind:44.44}{a:16.1f}{b:16.1f}{ratio:>12}")
