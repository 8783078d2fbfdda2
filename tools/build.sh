#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures build/release where the CMake files changed, and builds it: everything, or the targets given.
#
#   tools/build.sh [TARGET…]      JOBS=N: that many compilers at once
set -eu
cd "$(dirname "$0")/.."

FOLDER=build/release
STAMP=build/setup/configured

say() { printf 'situ: %s\n' "$*"; }
fail() {
  printf 'situ: %s\n' "$*" >&2
  exit 1
}

# A core each, and 2 GB each: libtorch's headers take up to 1.3 GB a compiler.
job_count() {
  local cores available_kib jobs
  cores=$(nproc)
  available_kib=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
  jobs=$((available_kib / (2 * 1024 * 1024)))
  [ "$jobs" -ge 1 ] || jobs=1
  [ "$jobs" -le "$cores" ] || jobs=$cores
  echo "$jobs"
}

# Which modules there are is asked with EXISTS, so a new folder must configure anew as well.
cmake_files_digest() {
  { find CMakeLists.txt CMakePresets.json cmake src tests benchmarks -type f \
    \( -name CMakeLists.txt -o -name '*.cmake' -o -name CMakePresets.json \) |
    LC_ALL=C sort | xargs sha256sum
    echo "$PWD"; } | sha256sum
}

configure() {
  local digest
  digest=$(cmake_files_digest)
  if [ -f $FOLDER/build.ninja ] && [ "$(cat $STAMP 2>/dev/null)" = "$digest" ]; then return; fi
  say "configuring $FOLDER (about 10 seconds)."
  cmake --preset release >"$FOLDER.log" 2>&1 || {
    cat "$FOLDER.log" >&2
    fail "CMake could not configure the build: see its first error above; if packages or .venv were changed since the last build, run 'make clean' and try again."
  }
  printf '%s\n' "$digest" >"$STAMP"
}

build() {
  local jobs=${JOBS:-$(job_count)}
  if [ ! -f $FOLDER/.ninja_log ]; then
    local free_kib
    free_kib=$(df -Pk . | awk 'NR == 2 { print $4 }')
    [ "$free_kib" -ge $((3 * 1024 * 1024)) ] ||
      fail "the build needs about 3 GB and the disk of $PWD has only $((free_kib / 1024)) MB free: make room there and run the command again."
    say "building, $jobs files at a time (the first time about 15 minutes on two cores)."
  else
    say "building what changed, $jobs files at a time."
  fi
  local targets=()
  [ $# -eq 0 ] || targets=(--target "$@")
  cmake --build $FOLDER --parallel "$jobs" "${targets[@]}" ||
    fail "the build failed: see the first error above (where a compiler was 'Killed', memory ran out: run the command again with JOBS=1)."
}

mkdir -p build/setup
configure
build "$@"
