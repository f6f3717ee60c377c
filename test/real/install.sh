#!/usr/bin/env bash
# Installs the real parts of `npm run test:real`: system packages by apt-get, everything else into test/real/.cache.
# Idempotent: what is present is left alone. Progress on stderr; exit 0 when every part can be started.
#
#   bash test/real/install.sh
set -euo pipefail

moto_version=5.2.5
cfn_lint_version=1.58.0
ric_version=4.0.2

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$here/.cache
log=$cache/install.log
policy=/usr/sbin/policy-rc.d
PATH=$PATH:/usr/sbin:/sbin

mkdir -p "$cache/stamps"
: >"$log"

say() { printf 'install: %s\n' "$*" >&2; }

fail() {
  say "$*"
  say "last lines of $log:"
  tail -n 30 "$log" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo -n "$@"
  fi
}

has() { command -v "$1" >/dev/null 2>&1; }

# step NAME WANTED COMMAND...: runs the command unless it once succeeded for the same WANTED.
step() {
  local name=$1 wanted=$2 started=$SECONDS
  shift 2
  if [ "$(cat "$cache/stamps/$name" 2>/dev/null)" = "$wanted" ]; then
    say "$name: present"
    return
  fi
  say "$name: installing"
  "$@" >>"$log" 2>&1 || fail "$name: failed"
  printf '%s\n' "$wanted" >"$cache/stamps/$name"
  say "$name: done in $((SECONDS - started)) s"
}

missing_packages() {
  has nginx || echo nginx
  has prometheus-nginx-exporter || echo prometheus-nginx-exporter
  has javac || echo default-jdk-headless
  has mvn || echo maven
  python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv
  # What aws-lambda-ric needs to build its native client.
  has cmake || echo cmake
  has g++ || echo g++
  has make || echo make
  has autoconf || echo autoconf
  has automake || echo automake
  has libtoolize || echo libtool
  has xz || echo xz-utils
}

# The packages' services must not take port 80 or 9113 of this machine: a policy of 101 forbids their start.
apt_install() {
  local code=0 ours=
  if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  as_root apt-get update || code=$?
  if [ "$code" -eq 0 ]; then
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" || code=$?
  fi
  if [ -n "$ours" ]; then
    as_root rm -f "$policy"
  fi
  return "$code"
}

python_venv() {
  rm -rf "$cache/venv" &&
    python3 -m venv "$cache/venv" &&
    "$cache/venv/bin/pip" install --disable-pip-version-check --no-input \
      "moto[server]==$moto_version" "cfn-lint==$cfn_lint_version"
}

maven_artifacts() {
  rm -rf "$cache/agents" "$cache/kafka" &&
    mvn -B -q -f "$here/maven/pom.xml" "-DcacheDir=$cache" package
}

# Without the headers of this Node beside it, node-gyp downloads them.
runtime_client() {
  local prefix
  prefix=$(node -p 'require("node:path").resolve(process.execPath, "../..")')
  if [ -z "${npm_config_nodedir:-}" ] && [ -e "$prefix/include/node/node.h" ]; then
    export npm_config_nodedir=$prefix
  fi
  rm -rf "$cache/ric" && mkdir -p "$cache/ric" &&
    printf '{ "private": true, "dependencies": { "aws-lambda-ric": "%s" } }\n' "$ric_version" >"$cache/ric/package.json" &&
    npm install --prefix "$cache/ric" --no-audit --no-fund --foreground-scripts &&
    test -e "$cache/ric/node_modules/aws-lambda-ric/rapid-client.node"
}

[ "$(uname)" = Linux ] || fail "the real parts need Linux, found $(uname)"
has node || fail 'node is not on the PATH'
has python3 || fail 'python3 is not on the PATH'

packages=$(missing_packages)
if [ -z "$packages" ]; then
  say 'packages: present'
else
  has apt-get || fail "missing programs and no apt-get to install: ${packages//$'\n'/ }"
  [ "$(id -u)" -eq 0 ] || has sudo || fail "missing packages and neither root nor sudo: ${packages//$'\n'/ }"
  started=$SECONDS
  say "packages: installing ${packages//$'\n'/ }"
  # shellcheck disable=SC2086 # one word per package
  apt_install $packages >>"$log" 2>&1 || fail 'packages: apt-get failed'
  say "packages: done in $((SECONDS - started)) s"
fi

step venv "moto $moto_version cfn-lint $cfn_lint_version" python_venv
step maven "$(cksum <"$here/maven/pom.xml")" maven_artifacts
step ric "$ric_version node $(node -p process.versions.modules)" runtime_client
say "ready in $SECONDS s"
