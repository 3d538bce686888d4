#!/usr/bin/env bash
# usage: export VK_ICD_FILENAMES=$(scripts/software-vulkan.sh)
#
# Prints Mesa's software Vulkan driver, which runs the kernels of `--backend wgpu` on the CPU; installs
# it on Debian and its kin when run as root.
set -euo pipefail
driver() {
    for file in /usr/share/vulkan/icd.d/lvp_icd*.json /usr/local/share/vulkan/icd.d/lvp_icd*.json; do
        if [ -e "$file" ]; then
            echo "$file"
            return
        fi
    done
    return 1
}
if driver >/dev/null && ldconfig -p | grep -q 'libvulkan\.so\.1'; then
    driver
    exit
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "install Mesa's software Vulkan driver: apt-get install mesa-vulkan-drivers libvulkan1" >&2
    exit 1
fi
{ apt-get update -qq && apt-get install -y -qq mesa-vulkan-drivers libvulkan1; } >&2
driver
