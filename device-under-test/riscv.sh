# Sourced by the scripts that build for the ESP32-C3: afterwards `riscv_cargo build ...` builds for riscv32imc.
#
# With rustup's target (`rustup target add riscv32imc-unknown-none-elf`) this is plain cargo. Without it, where rustup's
# server cannot be reached, it is Debian's compiler with the library's source, and installs them when it may.

export CARGO_BUILD_TARGET=riscv32imc-unknown-none-elf

riscv_packages="rustc-web cargo-web rust-web-src lld-22"

if rustup target list --installed 2>/dev/null | grep -qx "$CARGO_BUILD_TARGET"; then
    riscv_toolchain="rustup"
    riscv_cargo() { cargo "$@"; }
else
    riscv_toolchain="Debian"
    # shellcheck disable=SC2086 # One word a package.
    if ! dpkg --status $riscv_packages >/dev/null 2>&1; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $riscv_packages >/dev/null
    fi
    # The library is built with the program, for which a released compiler wants to be told that this is meant.
    export CARGO_TARGET_RISCV32IMC_UNKNOWN_NONE_ELF_LINKER=ld.lld-22
    riscv_cargo() {
        RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1 \
            /usr/bin/cargo "$@" -Z build-std="${riscv_std:-core,alloc}" -Z build-std-features=optimize_for_size
    }
fi
