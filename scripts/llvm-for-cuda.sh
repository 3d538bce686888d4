#!/usr/bin/env bash
# usage: scripts/llvm-for-cuda.sh
# Prepares Debian's LLVM 22 for a build of the backend `cuda`, for checks on machines that cannot download Burn's own.
#
# Burn 0.22 builds `cuda` with LLVM 23, which its build script downloads into a folder of the user's data. It takes that
# folder as it is when the mark in it is there, and asks bin/llvm-config for the rest. Releases are never built this way:
# nobody supports this mix of versions.
set -euo pipefail
version=23.1.0-4
llvm=/usr/lib/llvm-22
folder="${XDG_DATA_HOME:-$HOME/.local/share}/tracel/tracel-llvm-$version"
mark="$folder/.tracel-llvm-installed"
[ -e "$mark" ] && exit 0
if [ ! -x "$llvm/bin/llvm-config" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "LLVM 22 is missing: install Debian's llvm-22-dev and libpolly-22-dev" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    {
        apt-get update -qq
        apt-get install -y -qq llvm-22-dev libpolly-22-dev libzstd-dev zlib1g-dev libxml2-dev libz3-dev
    } >&2
fi
mkdir -p "$folder/bin"
ln -sfn "$llvm/lib" "$folder/lib"
ln -sfn "$llvm/include" "$folder/include"
# Debian names z3 by its path, which a linker option cannot be; Polly's archives are not needed.
cat >"$folder/bin/llvm-config" <<CONFIG
#!/bin/sh
"$llvm/bin/llvm-config" "\$@" | sed 's#/usr/lib/[^ ]*/libz3.so#-lz3#; s/-lPollyISL//g; s/-lPolly//g'
CONFIG
chmod +x "$folder/bin/llvm-config"
touch "$mark"
