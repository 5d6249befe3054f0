"""What Stubless copies and pastes against those who know it: Python's protobuf, protoc and bash.

texts.py PROGRAM SET COUNT: `interop_texts` as built, a descriptor set with imports, messages a type.
Random messages of every type go as text format to Stubless and come back as wire bytes, and the other way;
random texts go through bash. Prints what differs; the last line is a count.
"""

import base64
import difflib
import json
import random
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.descriptor import FieldDescriptor as F

program, set_path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
rng = random.Random(5)
TEXT = "ab \"'\\`$%^&|<>(){}[]!#;*?~@=-+\n\t\u00e9\u2018\U0001f980{{}}"
EDGES = {
    32: [0, 1, -1, 2**31 - 1, -(2**31), 7],
    64: [0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1],
}


def text():
    return "".join(rng.choice(TEXT) for _ in range(rng.randrange(12)))


def scalar(field):
    kind = field.type
    if kind in (F.TYPE_INT32, F.TYPE_SINT32, F.TYPE_SFIXED32):
        return rng.choice(EDGES[32])
    if kind in (F.TYPE_INT64, F.TYPE_SINT64, F.TYPE_SFIXED64):
        return rng.choice(EDGES[64])
    if kind in (F.TYPE_UINT32, F.TYPE_FIXED32):
        return rng.choice([0, 1, 2**32 - 1])
    if kind in (F.TYPE_UINT64, F.TYPE_FIXED64):
        return rng.choice([0, 1, 2**64 - 1])
    if kind in (F.TYPE_DOUBLE, F.TYPE_FLOAT):
        return rng.choice([0.0, -0.0, 0.1, 1e10, -1.5, 1 / 3, 1e-7, float("inf"), float("-inf"), float("nan"), 3e38, 123456789.0])
    if kind == F.TYPE_BOOL:
        return rng.random() < 0.5
    if kind == F.TYPE_STRING:
        return text()
    if kind == F.TYPE_BYTES:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(8)))
    return rng.choice(field.enum_type.values).number


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def fill(message, depth):
    fields = list(message.DESCRIPTOR.fields)
    rng.shuffle(fields)
    for field in fields[: rng.randrange(len(fields) + 1)]:
        value = getattr(message, field.name)
        repeated = field.is_repeated if hasattr(field, "is_repeated") else field.label == F.LABEL_REPEATED
        if is_map(field):
            key, inner = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
            for _ in range(rng.randrange(3)):
                if inner.message_type is not None:
                    entry = value[scalar(key)]
                    if depth > 0:
                        fill(entry, depth - 1)
                else:
                    value[scalar(key)] = scalar(inner)
        elif field.message_type is not None:
            if depth == 0:
                continue
            if repeated:
                for _ in range(rng.randrange(3)):
                    fill(value.add(), depth - 1)
            else:
                value.SetInParent()
                fill(value, depth - 1)
        elif repeated:
            value.extend(scalar(field) for _ in range(rng.randrange(4)))
        else:
            setattr(message, field.name, scalar(field))


class Stubless:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().decode().rstrip("\n")
        if answer.startswith("!"):
            raise ValueError(answer)
        return base64.b64decode(answer)


def unified(theirs, ours):
    lines = difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "protoc", "stubless", n=1, lineterm="")
    return list(lines)[:20]


def encoded(data):
    return base64.b64encode(data).decode()


files = descriptor_pb2.FileDescriptorSet.FromString(open(set_path, "rb").read())
pool = descriptor_pool.DescriptorPool()
for file in files.file:
    pool.Add(file)


def names(prefix, messages):
    for message in messages:
        if not message.options.map_entry:
            yield prefix + message.name
            yield from names(prefix + message.name + ".", message.nested_type)


types = [
    (name, file.name)
    for file in files.file
    # Of these files the program has its own.
    if file.name.split("/")[-1] not in ("descriptor.proto", "type.proto", "source_context.proto")
    for name in names(file.package + "." if file.package else "", file.message_type)
]
stubless, wrong, done = Stubless("text", set_path), 0, 0


def differs(what, *details):
    global wrong
    wrong += 1
    if wrong <= 10:
        print(what, *details, sep="\n  ")


for name, file in types:
    message_class = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    for turn in range(count):
        message = message_class()
        fill(message, 3)
        wire = message.SerializePartialToString()
        done += 1
        form = rng.choice([{}, {"as_one_line": True}, {"use_short_repeated_primitives": True}, {"as_utf8": True}])
        written = text_format.MessageToString(message, **form)
        try:
            ours = message_class.FromString(stubless.ask(f"parse {name} {encoded(written.encode())}"))
            if ours.SerializePartialToString(deterministic=True) != message.SerializePartialToString(deterministic=True):
                differs(f"{name}: read otherwise", written, str(ours))
            printed = stubless.ask(f"print {name} {encoded(wire)}").decode()
            back = text_format.Parse(printed, message_class(), descriptor_pool=pool)
            if back.SerializePartialToString(deterministic=True) != message.SerializePartialToString(deterministic=True):
                differs(f"{name}: printed otherwise", printed, written)
            # protoc starts anew each time.
            if turn == 0:
                command = [sys.executable, "-m", "grpc_tools.protoc", f"--descriptor_set_in={set_path}", f"--decode={name}", file]
                protoc = subprocess.run(command, input=wire, capture_output=True)
                if protoc.returncode != 0 or protoc.stdout.decode() != printed:
                    differs(f"{name}: protoc prints otherwise", *unified(protoc.stdout.decode(), printed), protoc.stderr.decode())
        except Exception as error:
            differs(f"{name}: {error}", written)

print(f"{done} messages of {len(types)} types, {wrong} differ")
messages_wrong, wrong = wrong, 0
shell, texts = Stubless("bash"), [text() for _ in range(300)]
for each in texts:
    command = shell.ask(encoded(each.encode())).decode()
    script = "grpcurl() { printf '%s\\0' \"$@\"; }\n" + command
    with tempfile.TemporaryDirectory() as folder:
        out = subprocess.run(["bash", "-c", script], capture_output=True, cwd=folder)
    got = out.stdout.decode().split("\0")[:-1]
    body = json.loads(got[got.index("-d") + 1]) if "-d" in got else None
    header = got[got.index("-H") + 1] if "-H" in got else None
    if out.stderr or header != "x-text: " + each or body != {"text": each} or got[-2:] != ["localhost:1", "a.B/C"]:
        differs("bash hands over otherwise", repr(each), command, repr(got), out.stderr.decode())
print(f"{len(texts)} texts through bash, {wrong} differ")
sys.exit(1 if wrong + messages_wrong else 0)
