"""One measurement of grpcio: grpcio_client.py WHAT PORT COUNT, in the words of `bench_client`.

Prints one line of JSON, `{"seconds": …, "cpu": …, "bytes": …}`, of the measured part alone. Unary calls go
from JSON text to JSON text, as ours do; messages of a stream are decoded.
"""

import asyncio
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import grpc
from google.protobuf import json_format

messages, services = grpc.protos_and_services("bench.proto")

IN_FLIGHT = 50
WARM_UP = 200
MIB = 1 << 20
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "record.json"), encoding="utf-8") as file:
    RECORD = file.read()
UNLIMITED = [("grpc.max_receive_message_length", -1)]

what, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
target = f"127.0.0.1:{port}"


def request():
    return json_format.Parse(RECORD, messages.Record())


def text(reply):
    return len(json_format.MessageToJson(reply))


def report(begin, cpu, count_bytes):
    seconds = time.perf_counter() - begin
    print(json.dumps({"seconds": seconds, "cpu": time.process_time() - cpu, "bytes": count_bytes}))


def unary():
    stub = services.BenchStub(grpc.insecure_channel(target))
    for _ in range(WARM_UP):
        text(stub.Echo(request()))
    begin, cpu = time.perf_counter(), time.process_time()
    total = sum(text(stub.Echo(request())) for _ in range(count))
    report(begin, cpu, total)


async def parallel():
    async with grpc.aio.insecure_channel(target) as channel:
        stub = services.BenchStub(channel)

        async def some(calls):
            return sum([text(await stub.Echo(request())) for _ in range(calls)])

        await some(WARM_UP)
        begin, cpu = time.perf_counter(), time.process_time()
        totals = await asyncio.gather(*(some(count // IN_FLIGHT) for _ in range(IN_FLIGHT)))
        report(begin, cpu, sum(totals))


def stream():
    stub = services.BenchStub(grpc.insecure_channel(target, options=UNLIMITED))
    stub.Echo(request())
    begin, cpu = time.perf_counter(), time.process_time()
    total = seen = 0
    if what == "records":
        for record in stub.Watch(messages.Ask(count=count)):
            seen += record.active
    else:
        for blob in stub.Blobs(messages.Ask(count=count, size=MIB)):
            seen += 1
            total += len(blob.data)
    report(begin, cpu, total)
    assert seen == count, f"{seen} of {count}"


if what == "unary":
    unary()
elif what == "parallel":
    asyncio.run(parallel())
else:
    stream()
