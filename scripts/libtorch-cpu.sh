#!/usr/bin/env bash
# usage: export LIBTORCH=$(scripts/libtorch-cpu.sh [FOLDER])
#
# Puts LibTorch 2.9.0 for the CPU (x86_64 Linux, 0.5 GB) into a folder and prints the folder. It comes
# out of PyTorch's wheel: its CPU library runs without CUDA, but wants two of CUDA's small libraries
# beside it. What is there already is kept.
set -euo pipefail
version=2.9.0
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="${1:-${XDG_CACHE_HOME:-$HOME/.cache}/rekindle/libtorch-cpu-$version}"
if [ -e "$folder/build-version" ]; then
    echo "$folder"
    exit
fi
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "this script is for x86_64 Linux; elsewhere leave LIBTORCH unset, and the build downloads it" >&2
    exit 1
fi

mkdir -p "$(dirname "$folder")"
work="$(mktemp -d "$folder.XXXXXX")"
trap 'rm -rf "$work"' EXIT
# The wheels are for Python 3.11 whatever runs here: nothing of Python's is used.
python3 -m pip download --quiet --no-cache-dir --no-deps --require-hashes --only-binary=:all: \
    --implementation cp --python-version 3.11 --abi cp311 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
    --dest "$work/wheels" --requirement "$here/libtorch-requirements.txt" >&2
python3 - "$work/wheels" "$work/libtorch" <<'PYTHON'
import pathlib
import shutil
import sys
import zipfile

wheels, libtorch = map(pathlib.Path, sys.argv[1:])
LIBRARIES = {
    "torch/lib/libtorch_cpu.so",
    "torch/lib/libc10.so",
    "torch/lib/libgomp.so.1",
    "nvidia/cuda_runtime/lib/libcudart.so.12",
    "nvidia/cuda_cupti/lib/libcupti.so.12",
}
found = set()
for wheel in wheels.glob("*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name in LIBRARIES:
                target = libtorch / "lib" / pathlib.PurePosixPath(name).name
                found.add(name)
            elif name.startswith("torch/include/") and not name.endswith("/"):
                target = libtorch / name.removeprefix("torch/")
            else:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
if found != LIBRARIES:
    sys.exit(f"the wheels lack {sorted(LIBRARIES - found)}")
PYTHON
# The wheel's libtorch.so pulls CUDA's half in; this one stands for the CPU's alone.
echo 'INPUT(AS_NEEDED(-ltorch_cpu))' > "$work/libtorch/lib/libtorch.so"
echo "$version" > "$work/libtorch/build-version"
rm -rf "$folder"
mv "$work/libtorch" "$folder"
echo "$folder"
