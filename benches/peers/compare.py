"""Runs clients in turn on the same servers and prints medians, ratios and whether each goal is reached.

Usage: compare.py ROUNDS FOLDER [WORD…]. `FOLDER/tools.json` names the programs (those that are missing there
are left out) and the servers' ports; with WORDs only the scenarios whose titles have one of them run.

A round runs each client once, in turn, so that a busy machine is busy for all. Figures are medians of the
rounds, and a ratio is the median of each round's own ratio. Clients with a star are measured as whole
processes: the rate is by their own clock where they tell it, and the CPU has their start in it.
"""

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 120

rounds, folder, words = int(sys.argv[1]), sys.argv[2], [word.lower() for word in sys.argv[3:]]
with open(os.path.join(folder, "tools.json"), encoding="utf-8") as file:
    tools = json.load(file)
with open(os.path.join(HERE, "clients", "record.json"), encoding="utf-8") as file:
    record = file.read().strip()


@dataclass
class Sample:
    """One run: what was done a second, and CPU microseconds for each."""

    rate: float
    cpu: float


@dataclass
class Client:
    name: str
    command: list
    count: int
    # Takes (standard output and error, wall seconds) and gives the rate; None: the program tells all.
    rate: object = None
    # Only the clock is looked at, not what it prints.
    quiet: bool = False


@dataclass
class Goal:
    against: str
    # Ours to theirs, at least this. Of CPU: at most this.
    rate: float = None
    cpu: float = None


@dataclass
class Scenario:
    title: str
    unit: str
    clients: list
    goals: list = field(default_factory=list)
    # What one is, for the column of CPU.
    each: str = "call"
    # By which the rates are multiplied to be shown.
    scale: float = 1.0


def measure(client):
    """Runs a client once; raises when it fails."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        client.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        output = process.communicate(timeout=LIMIT)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    wall = time.perf_counter() - begin
    if process.returncode != 0:
        raise RuntimeError(f"exit {process.returncode}: {output.strip()[-300:]}")
    return output, wall


def run_quietly(client):
    """As measure, with as little between the clock and a short process as there can be; no output."""
    null = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0) for descriptor in (0, 1, 2)]
    begin = time.perf_counter()
    pid = os.posix_spawn(client.command[0], client.command, os.environ, file_actions=null)
    status = os.waitpid(pid, 0)[1]
    wall = time.perf_counter() - begin
    if status != 0:
        raise RuntimeError(f"exit {os.waitstatus_to_exitcode(status)}")
    return "", wall


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def sample(client):
    before = children_cpu()
    output, wall = run_quietly(client) if client.quiet else measure(client)
    if client.rate is not None:
        return Sample(client.rate(output, wall), (children_cpu() - before) / client.count * 1e6)
    told = json.loads(output.strip().splitlines()[-1])
    return Sample(client.count / told["seconds"], told["cpu"] / client.count * 1e6)


def rust(who, what, port, count):
    return Client(who, [tools["bench_client"], who, what, str(tools[port]), str(count)], count)


def python(what, port, count):
    script = os.path.join(HERE, "clients", "grpcio_client.py")
    return tools.get("python") and Client("grpcio", [tools["python"], script, what, str(tools[port]), str(count)], count)


def node(what, port, count):
    script = os.path.join(HERE, "clients", "grpc_js_client.js")
    command = ["node", script, tools.get("node_modules", ""), what, str(tools[port]), str(count)]
    return tools.get("node_modules") and Client("grpc-js", command, count)


def ghz(flows, count):
    if not tools.get("ghz"):
        return None
    command = [tools["ghz"], "--insecure", "--proto", os.path.join(HERE, "bench.proto"), "--call", "bench.v1.Bench.Echo"]
    command += ["-d", record, "-c", str(flows), "--connections", "1", "-n", str(count), "-O", "json"]
    command += [f"127.0.0.1:{tools['tonic']}"]

    def rate(output, _wall):
        report = json.loads(output)
        if report["statusCodeDistribution"] != {"OK": count}:
            raise RuntimeError(f"ghz: {report['statusCodeDistribution']}")
        return report["rps"]

    return Client("ghz *", command, count, rate)


def k6(what, port, count, flows=1):
    if not tools.get("k6"):
        return None
    command = [tools["k6"], "run", "--quiet", "--no-usage-report", "-e", f"WHAT={what}", "-e", f"COUNT={count}"]
    command += ["-e", f"FLOWS={flows}", "-e", f"TARGET=127.0.0.1:{tools[port]}", os.path.join(HERE, "clients", "k6.js")]

    def rate(output, _wall):
        if what != "records":
            return float(re.search(r'"rate":\s*([0-9.]+)', output)[1])
        seen = re.search(r"seen (\d+) in ([0-9.]+)", output)
        if int(seen[1]) != count:
            raise RuntimeError(f"k6: {seen[1]} of {count}")
        return count / float(seen[2])

    return Client("k6 *", command, count, rate)


def whole(name, command, count):
    return command[0] and Client(name, command, count, lambda _output, wall: count / wall, quiet=True)


def grpcurl(name, tool, port, method, body, count):
    command = [tools.get(tool), "-plaintext", "-d", body, f"127.0.0.1:{tools[port]}", method]
    return whole(name, command, count)


def stubless(port, method, body, count):
    command = [tools["stubless"], "call", f"127.0.0.1:{tools[port]}", method, "-d", body]
    return whole("stubless *", command, count)


ECHO, WATCH, ASK = "bench.v1.Bench/Echo", "bench.v1.Bench/Watch", '{"count": 20000}'

SCENARIOS = [
    Scenario(
        "Unary calls one after the other",
        "calls/s",
        [
            rust("stubless", "unary", "tonic", 8000),
            rust("tonic", "unary", "tonic", 8000),
            python("unary", "tonic", 1500),
            node("unary", "tonic", 2000),
            ghz(1, 3000),
            k6("unary", "tonic", 3000),
        ],
        [Goal("tonic", rate=1.1), Goal("grpc-js", rate=6)],
    ),
    Scenario(
        "Unary calls, 50 in flight",
        "calls/s",
        [
            rust("stubless", "parallel", "tonic", 30000),
            rust("tonic", "parallel", "tonic", 30000),
            python("parallel", "tonic", 3000),
            node("parallel", "tonic", 3000),
            ghz(50, 10000),
            k6("unary", "tonic", 5000, 50),
        ],
        [Goal("tonic", rate=1.1, cpu=1.0)],
    ),
    Scenario(
        "Stream of 100-byte messages, many a DATA frame",
        "messages/s",
        [
            rust("stubless", "records", "direct", 3_000_000),
            rust("tonic", "records", "direct", 1_000_000),
            python("records", "direct", 20_000),
            node("records", "direct", 60_000),
            k6("records", "direct", 20_000),
        ],
        [Goal("tonic", rate=2.3), Goal("grpcio", rate=150), Goal("grpc-js", rate=40)],
        each="message",
    ),
    Scenario(
        "Stream of 100-byte messages kept on disk, many a DATA frame",
        "messages/s",
        [
            rust("stubless", "spilled", "direct", 3_000_000),
            rust("tonic", "spilled", "direct", 1_000_000),
        ],
        [Goal("tonic", rate=1.6)],
        each="message",
    ),
    Scenario(
        "Stream of 100-byte messages, one a DATA frame",
        "messages/s",
        [
            rust("stubless", "records", "single", 800_000),
            rust("tonic", "records", "single", 500_000),
            python("records", "single", 20_000),
            node("records", "single", 60_000),
            k6("records", "single", 20_000),
        ],
        [Goal("tonic", rate=1.3)],
        each="message",
    ),
    Scenario(
        "Stream of 1 MiB messages, large DATA frames",
        "MiB/s",
        [
            rust("stubless", "blobs", "direct", 1500),
            rust("tcp", "tcp", "tcp", 1500),
            rust("tonic", "blobs", "direct", 1000),
            python("blobs", "direct", 300),
            node("blobs", "direct", 150),
        ],
        [Goal("tcp", rate=0.9)],
        each="MiB",
    ),
    Scenario(
        "Stream of 1 MiB messages from a tonic server",
        "MiB/s",
        [
            rust("stubless", "blobs", "tonic", 600),
            rust("tonic", "blobs", "tonic", 600),
            python("blobs", "tonic", 300),
            node("blobs", "tonic", 150),
        ],
        [Goal("tonic", rate=1.0)],
        each="MiB",
    ),
    Scenario(
        "Stream of 1 MiB messages over a round trip of 20 ms",
        "MiB/s",
        [
            rust("stubless", "blobs", "delay", 200),
            rust("tonic", "blobs", "delay", 60),
            python("blobs", "delay", 60),
            node("blobs", "delay", 2),
        ],
        [Goal("tonic", rate=5)],
        each="MiB",
    ),
    Scenario(
        "One call by reflection from a cold start",
        "ms",
        [
            stubless("tonic", ECHO, record, 1),
            grpcurl("grpcurl *", "grpcurl", "tonic", ECHO, record, 1),
            grpcurl("grpcurl 1.8.6 *", "grpcurl_old", "tonic", ECHO, record, 1),
        ],
        [Goal("grpcurl *", rate=0.3), Goal("grpcurl 1.8.6 *", rate=0.3)],
        each="run",
    ),
    Scenario(
        "20,000 messages on the command line, as JSON",
        "messages/s",
        [
            stubless("tonic", WATCH, ASK, 20_000),
            grpcurl("grpcurl *", "grpcurl", "tonic", WATCH, ASK, 20_000),
            grpcurl("grpcurl 1.8.6 *", "grpcurl_old", "tonic", WATCH, ASK, 20_000),
        ],
        each="message",
    ),
]


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def short_lived(scenario):
    """Scenarios of whole runs, told in milliseconds, where less is better."""
    return scenario.unit == "ms"


def run(scenario):
    samples = {client.name: [] for client in scenario.clients}
    failed = {}
    # A short process needs more rounds for the same certainty, and they cost little.
    for turn in range(rounds * 5 if short_lived(scenario) else rounds):
        for client in scenario.clients:
            if client.name in failed:
                continue
            try:
                if turn == 0 and short_lived(scenario):
                    sample(client)
                samples[client.name].append(sample(client))
            except Exception as error:  # One client that fails leaves the others their figures.
                failed[client.name] = str(error)
    return samples, failed


def ratio(samples, ours, theirs, kind):
    """The median of each round's ratio, ours to theirs."""
    pairs = [(getattr(a, kind), getattr(b, kind)) for a, b in zip(samples[ours], samples[theirs])]
    ratios = [a / b for a, b in pairs if b > 0]
    return statistics.median(ratios) if ratios else float("nan")


def report(scenario, samples, failed):
    ms = short_lived(scenario)
    goals = {goal.against: goal for goal in scenario.goals}
    ours = scenario.clients[0].name
    heads = (scenario.unit, "lowest–highest", f"CPU µs/{scenario.each}", "ours ×", "CPU ×")
    print(f"\n{scenario.title}\n  {'':18}{heads[0]:>12}  {heads[1]:>20}{heads[2]:>16}{heads[3]:>9}{heads[4]:>8}  goal")
    for client in scenario.clients:
        if client.name in failed or not samples[client.name]:
            print(f"  {client.name:18}failed: {failed.get(client.name)}")
            continue
        shown = [1000 / one.rate if ms else one.rate * scenario.scale for one in samples[client.name]]
        cpu = statistics.median(one.cpu for one in samples[client.name])
        line = f"  {client.name:18}{number(statistics.median(shown)):>12}  "
        line += f"{number(min(shown)) + '–' + number(max(shown)):>20}{number(cpu):>16}"
        if client.name == ours or not samples[ours]:
            print(line)
            continue
        rate, cpu = (ratio(samples, ours, client.name, kind) for kind in ("rate", "cpu"))
        rate = 1 / rate if ms else rate
        line += f"{rate:9.2f}{cpu:8.2f}"
        if goal := goals.get(client.name):
            reached = rate <= goal.rate if ms else rate >= goal.rate
            words = f"{'≤' if ms else '≥'} {goal.rate}"
            if goal.cpu is not None:
                reached = reached and cpu <= goal.cpu
                words += f", CPU ≤ {goal.cpu}"
            line += f"  {words}: {'reached' if reached else 'not reached'}"
        print(line, flush=True)


def load():
    return " ".join(f"{value:.1f}" for value in os.getloadavg()) + f" on {os.cpu_count()} cores"


# What the tap's replays are of, and which scenario's CPU they are compared with.
TAP = [
    ("unary", "Unary calls one after the other", "a call"),
    ("packed", "Stream of 100-byte messages, many a DATA frame", "a message"),
    ("single", "Stream of 100-byte messages, one a DATA frame", "a message"),
]
TAP_GOAL = 3


def tap_cost(cpu):
    """Prints what the frame tap costs, of the CPU that our client was measured to take."""
    command = [tools["bench_tap"], *(str(tools[port]) for port in ("tonic", "direct", "single"))]
    output = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True).stdout
    cost = json.loads(output)
    print(f"\nThe frame tap, of our client's CPU: goal below {TAP_GOAL} %")
    for what, title, each in TAP:
        if title in cpu:
            share = cost[what] / 10 / cpu[title]
            reached = "reached" if share < TAP_GOAL else "not reached"
            print(f"  {title:52}{number(cost[what]):>8} ns {each:10}{share:6.2f} %  {reached}")


def main():
    cpu = {}
    print(f"Load before: {load()}; {rounds} rounds. “ours ×” is ours to theirs; * a whole process.")
    for scenario in SCENARIOS:
        scenario.clients = [client for client in scenario.clients if client]
        if words and not any(word in scenario.title.lower() for word in words):
            continue
        samples, failed = run(scenario)
        report(scenario, samples, failed)
        if ours := samples[scenario.clients[0].name]:
            cpu[scenario.title] = statistics.median(one.cpu for one in ours)
    if any(title in cpu for _, title, _ in TAP):
        tap_cost(cpu)
    print(f"\nLoad after: {load()}")


main()
