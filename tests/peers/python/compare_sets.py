"""Compares a descriptor set that was reflected with the one a server was built from.

Usage: compare_sets.py TRUE GOT [merged]. Every service, message, enum and extension of the true set has to
be there with the same contents; with the files as they were, unless the server merges them. Prints what
differs and ends with 1.

Left out of the comparison: imports (public ones are imported by each file that needs them), places in the
source, and JSON names that say what is said without them.
"""

import sys

from google.protobuf import descriptor_pb2


def json_name(name):
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def plain(message):
    """Without what may differ."""
    for field in list(message.field) + list(message.extension):
        if field.json_name in (json_name(field.name), ""):
            field.ClearField("json_name")
    for nested in message.nested_type:
        plain(nested)


def read(path):
    found = descriptor_pb2.FileDescriptorSet()
    with open(path, "rb") as file:
        found.ParseFromString(file.read())
    for file in found.file:
        for name in ("dependency", "public_dependency", "weak_dependency", "source_code_info"):
            file.ClearField(name)
        for message in file.message_type:
            plain(message)
        for extension in file.extension:
            extension.ClearField("json_name")
    ours = ("google/protobuf/", "grpc/")
    return [file for file in found.file if not file.name.startswith(ours)]


def symbols(files):
    """Everything by its full name, as text that does not depend on where it is written."""
    found = {}

    def message(scope, proto):
        name = f"{scope}.{proto.name}"
        oneofs = [oneof.name for oneof in proto.oneof_decl]
        fields = []
        for field in proto.field:
            one = oneofs[field.oneof_index] if field.HasField("oneof_index") else ""
            if field.proto3_optional:
                one = "optional"
            fields.append(
                (field.number, field.name, field.label, field.type, field.type_name, one, field.default_value)
            )
        found[f"message {name}"] = sorted(fields)
        for nested in proto.nested_type:
            message(name, nested)
        for enum in proto.enum_type:
            enumeration(name, enum)
        for field in proto.extension:
            extension(name, field)

    def enumeration(scope, proto):
        found[f"enum {scope}.{proto.name}"] = [(value.name, value.number) for value in proto.value]

    def extension(scope, proto):
        found[f"extension {scope}.{proto.name}"] = (proto.extendee, proto.number, proto.label, proto.type, proto.type_name)

    for file in files:
        scope = f".{file.package}" if file.package else ""
        for proto in file.message_type:
            message(scope, proto)
        for proto in file.enum_type:
            enumeration(scope, proto)
        for proto in file.extension:
            extension(scope, proto)
        for service in file.service:
            found[f"service {scope}.{service.name}"] = [
                (m.name, m.input_type, m.output_type, m.client_streaming, m.server_streaming) for m in service.method
            ]
    return found


def main():
    true, got = read(sys.argv[1]), read(sys.argv[2])
    wrong = []
    have = symbols(got)
    for name, contents in symbols(true).items():
        if name not in have:
            wrong.append(f"{name} is missing")
        elif have[name] != contents:
            wrong.append(f"{name}: {have[name]}, and was built from {contents}")
    if "merged" not in sys.argv[3:]:
        files = {file.name: file for file in got}
        for file in true:
            other = files.get(file.name)
            if other is None:
                wrong.append(f"the file {file.name} is missing")
            elif other.SerializeToString(deterministic=True) != file.SerializeToString(deterministic=True):
                wrong.append(f"{file.name}:\n{other}\nand was built from\n{file}")
    print("\n".join(wrong) or f"{len(have)} symbols in {len(got)} files")
    sys.exit(bool(wrong))


main()
