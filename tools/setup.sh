#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what situ is built with and skips what is there: Debian packages, and PyTorch into .venv.
# Every failure ends with one sentence that says what to do.
#
#   tools/setup.sh           everything that a build needs
#   tools/setup.sh format    clang-format alone
#
# Environment: PYTHON (another Python than /usr/bin/python3), SITU_SKIP_PACKAGES=1 (Debian's packages
# are somebody else's business), and what pip and apt-get themselves read.
set -eu
cd "$(dirname "$0")/.."

PACKAGES="g++ cmake ninja-build ccache make pkg-config python3 python3-venv python3-dev libcli11-dev
  libspdlog-dev nlohmann-json3-dev libyaml-cpp-dev libjpeg62-turbo-dev libpng-dev libwebp-dev libzip-dev
  libssl-dev libicu-dev libcurl4-openssl-dev libcpp-httplib-dev libgtest-dev libgmock-dev
  libbenchmark-dev zlib1g-dev libhdf5-dev"
FORMAT_PACKAGES="clang-format"
REQUIREMENTS="torch==2.13.0 numpy"
PYTHON=${PYTHON:-/usr/bin/python3}
# The pip stamp: what was installed, by which Python. Under build/, so that `make clean` checks anew.
STAMP=build/setup/python

say() { printf 'situ: %s\n' "$*"; }
fail() {
  printf 'situ: %s\n' "$*" >&2
  exit 1
}

# need_disk GIBIBYTES FOLDER WHAT
need_disk() {
  local free_kib
  free_kib=$(df -Pk "$2" | awk 'NR == 2 { print $4 }')
  if [ "$free_kib" -lt $(($1 * 1024 * 1024)) ]; then
    fail "$3 takes about $1 GB and the disk of $2 has only $((free_kib / 1024)) MB free: make room there and run the command again."
  fi
}

missing_packages() {
  local package
  for package in "$@"; do
    # shellcheck disable=SC2016  # dpkg-query's own variable
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) printf '%s ' "$package" ;;
    esac
  done
}

install_packages() {
  local missing as_root=""
  if [ "${SITU_SKIP_PACKAGES:-}" = 1 ]; then
    say "Debian packages: not looked at (SITU_SKIP_PACKAGES)."
    return
  fi
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    fail "this is no Debian system (dpkg-query or apt-get is missing): use Debian 12, or install the equivalents of \"$*\" yourself and run 'SITU_SKIP_PACKAGES=1 make' with the same target."
  fi
  missing=$(missing_packages "$@")
  missing=${missing% }
  if [ -z "$missing" ]; then
    say "Debian packages: all $# are there."
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "the Debian packages \"$missing\" are missing, and installing them takes root or sudo: run 'apt-get update && apt-get install --no-install-recommends $missing' as root, then this command again."
    as_root=sudo
  fi
  need_disk 1 /usr "installing the Debian packages"
  say "Debian packages: installing $missing (about 2 minutes)."
  # A failing update alone proves nothing: another source may be down, or the lists be good enough.
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update ||
    say "apt-get update had errors; going on with the package lists that are there."
  # shellcheck disable=SC2086  # words on purpose
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y \
    --no-install-recommends $missing ||
    fail "apt-get could not install \"$missing\": check that this is Debian 12, that its package servers can be reached and that no other package manager is running, then run the command again."
}

check_python() {
  command -v "$PYTHON" >/dev/null ||
    fail "there is no $PYTHON: install python3, or set PYTHON to a Python 3.10 to 3.14."
  "$PYTHON" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' ||
    fail "$("$PYTHON" --version 2>&1) has no PyTorch 2.13: set PYTHON to a Python 3.10 to 3.14 (Debian 12 has 3.11) and run the command again."
}

wheel_is_there() {
  [ -x .venv/bin/python ] && .venv/bin/python -c \
    'import numpy, torch, sys; sys.exit(torch.__version__.split("+")[0] != "2.13.0")' 2>/dev/null
}

install_python() {
  local wanted="$REQUIREMENTS by $PYTHON in $PWD/.venv"
  if [ -x .venv/bin/python ] && [ "$(cat "$STAMP" 2>/dev/null)" = "$wanted" ]; then
    say "PyTorch: there, in .venv."
    return
  fi
  check_python
  if wheel_is_there; then
    say "PyTorch: found in .venv."
  else
    need_disk 4 "$PWD" "PyTorch with the build"
    say "PyTorch: installing $REQUIREMENTS into .venv (a download of about 200 MB, 1 to 5 minutes)."
    [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv ||
      fail "$PYTHON could not make .venv: install python3-venv, remove the folder .venv and run the command again."
    # shellcheck disable=SC2086  # words on purpose
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --retries 2 $REQUIREMENTS ||
      fail "pip could not install \"$REQUIREMENTS\": check the network (or pip's index and proxy settings) and the free disk space, then run the command again."
    wheel_is_there ||
      fail "PyTorch does not load from .venv: remove the folder .venv and run the command again."
  fi
  # CMake refuses a CUDA build of PyTorch where there is no compiler for it; say so before it does.
  if .venv/bin/python -c 'import torch, sys; sys.exit(torch.version.cuda is None)' &&
    ! command -v nvcc >/dev/null && [ ! -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ]; then
    fail "pip chose a CUDA build of PyTorch but there is no CUDA toolkit: install one, or remove the folder .venv, point PIP_INDEX_URL at an index with PyTorch's CPU builds and run the command again."
  fi
  mkdir -p "$(dirname "$STAMP")"
  printf '%s\n' "$wanted" >"$STAMP"
}

# shellcheck disable=SC2086  # words on purpose
case ${1:-build} in
  build)
    install_packages $PACKAGES
    install_python
    ;;
  format) install_packages $FORMAT_PACKAGES ;;
  *) fail "unknown part '$1': use 'tools/setup.sh' or 'tools/setup.sh format'." ;;
esac
