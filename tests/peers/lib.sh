# Shared by the scripts of this folder: where things are kept, installing, starting, checking.
# Everything that is started is stopped when the script ends, however it ends.

top=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --show-toplevel)
peers=$top/tests/peers
# Kept between runs, thrown away with the build.
kept=${CARGO_TARGET_DIR:-$top/target}/peers
mkdir -p "$kept"
work=$(mktemp -d "$kept/run.XXXXXX")
passed=0 failed=0 skipped=0
pids=()

cleanup() {
  for pid in "${pids[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

say() { printf '%s\n' "$*"; }
skip() { skipped=$((skipped + 1)); say "  skipped  $1: $2"; }
pass() { passed=$((passed + 1)); say "  ok       $1"; }
fail() { failed=$((failed + 1)); say "  FAILED   $1"; [ -n "${2:-}" ] && printf '%s\n' "$2" | sed 's/^/           /'; }

# installed COMMAND_OR_FILE PACKAGE…: installs Debian packages when the thing is not there.
installed() {
  local thing=$1; shift
  if command -v "$thing" >/dev/null 2>&1 || [ -e "$thing" ]; then return 0; fi
  command -v apt-get >/dev/null 2>&1 || return 1
  local sudo=; [ "$(id -u)" = 0 ] || sudo="sudo -n"
  timeout 600 $sudo apt-get install -y --no-install-recommends "$@" >"$work/apt.log" 2>&1 \
    || { timeout 300 $sudo apt-get update >>"$work/apt.log" 2>&1
         timeout 600 $sudo apt-get install -y --no-install-recommends "$@" >>"$work/apt.log" 2>&1; } \
    || { tail -3 "$work/apt.log"; return 1; }
  command -v "$thing" >/dev/null 2>&1 || [ -e "$thing" ]
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until_open PORT SECONDS: waits until something listens.
until_open() {
  local end=$((SECONDS + $2))
  until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
    [ $SECONDS -lt $end ] || return 1
    read -rt 0.1 <> <(:) || true
  done
}

# expect NAME EXIT PATTERN COMMAND…: runs, and looks at the exit code and for an extended regular
# expression in what was printed (stdout and stderr, line ends folded to spaces).
expect() {
  local name=$1 code=$2 pattern=$3; shift 3
  local out got
  out=$(timeout 60 "$@" 2>&1 </dev/null); got=$?
  if [ "$got" != "$code" ]; then
    fail "$name" "exit $got, expected $code: $*
$out"
  elif ! printf '%s' "$out" | tr -s '\n ' '  ' | grep -qE -- "$pattern"; then
    fail "$name" "printed no \`$pattern\`: $*
$out"
  else
    pass "$name"
  fi
}

# summary: the closing line, and the exit code.
summary() {
  say "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
}

# peer_program NAME [PROFILE]: builds a program of tests/peers/rust and prints its path; on failure, why.
peer_program() {
  local target=${CARGO_TARGET_DIR:-$top/target}/peers-rust profile=${2:-release} log
  if log=$(cd "$peers/rust" && CARGO_TARGET_DIR=$target nice cargo build -q --locked --profile "$profile" --bin "$1" 2>&1); then
    printf '%s' "$target/$profile/$1"
  else
    printf '%s' "$log" | tail -20
    return 1
  fi
}

# certificates: makes a CA and certificates for localhost in $work: ca.pem, {server,client}.{pem,key}.
certificates() {
  local run="openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30"
  installed openssl openssl || return 1
  $run -keyout "$work/ca.key" -out "$work/ca.pem" -subj "/CN=Interop root" || return 1
  for who in server client; do
    printf 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$work/ext"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/$who.key" -out "$work/$who.csr" \
      -subj "/CN=$who" || return 1
    openssl x509 -req -in "$work/$who.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 30 \
      -extfile "$work/ext" -out "$work/$who.pem" || return 1
  done
}

# go_interop_server LOG: builds grpc-go's interop server once and sets go_interop to its path; 2 says
# that there is no Go.
go_interop_server() {
  go_interop=$kept/grpc-go-interop-server
  [ -x "$go_interop" ] && return 0
  command -v go >/dev/null 2>&1 || installed go golang-go || return 2
  GOBIN=$work timeout 900 nice go install google.golang.org/grpc/interop/server@v1.85.0 >"$1" 2>&1 || return 1
  mv "$work/server" "$go_interop"
}
