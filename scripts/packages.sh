# Sourced: which Debian packages each command needs, and how they are installed.
# shellcheck shell=bash

packages_build=(gcc libc6-dev meson ninja-build pkg-config
    libsqlite3-dev libpq-dev libmariadb-dev libmicrohttpd-dev libsodium-dev libutf8proc-dev
    libunistring-dev libpcre2-dev libjansson-dev zlib1g-dev libbrotli-dev libcmocka-dev)
packages_quick=(g++ clang-14 python3)
packages_test=(valgrind postgresql-15 mariadb-server-core mariadb-client-core
    python3-requests python3-bs4 python3-flask-sqlalchemy locales chromium fonts-liberation nodejs npm)
packages_lint=(clang-14 clang-format-14 clang-tidy-14 cppcheck python3)
packages_fuzz=(clang-14 libclang-rt-14-dev llvm-14)
packages_docs=(python3 python3-markdown)

# Some machines have these from elsewhere than Debian: the command counts, not the package.
declare -A command_of=([nodejs]=node [npm]=npm)

package_present() {
    local command=${command_of[$1]:-}
    if [[ -n $command ]] && command -v "$command" >/dev/null; then return 0; fi
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo --preserve-env=DEBIAN_FRONTEND,http_proxy,https_proxy "$@"
    else
        die "installing packages needs root or sudo; as root: apt-get install ${missing[*]}"
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o Dpkg::Use-Pty=0 -o APT::Install-Suggests=false "$@"
}

# The database servers are for the tests' own use: nothing may be started as a service of the machine.
forbid_services() {
    policy_written=no
    if [[ ! -e /usr/sbin/policy-rc.d ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
        as_root chmod 755 /usr/sbin/policy-rc.d
        policy_written=yes
    fi
}
allow_services() {
    [[ ${policy_written:-no} == no ]] || as_root rm -f /usr/sbin/policy-rc.d
}

# need_packages SET...: install what is missing of the named sets. Calls apt only when something is.
need_packages() {
    local set package log
    missing=()
    if ! command -v dpkg-query >/dev/null; then
        say "not a Debian system: the packages of scripts/packages.sh are taken as installed"
        return
    fi
    for set in "$@"; do
        local -n list="packages_$set"
        for package in "${list[@]}"; do
            package_present "$package" || missing+=("$package")
        done
    done
    ((${#missing[@]})) || return 0
    say "installing ${#missing[@]} packages: ${missing[*]}"
    mkdir -p "$root/build"
    log=$root/build/packages.log
    forbid_services
    trap allow_services EXIT
    if ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
        as_root apt-get update -q >"$log" 2>&1 || true
    fi
    if ! apt_install "${missing[@]}" >>"$log" 2>&1; then
        as_root apt-get update -q >>"$log" 2>&1 || true
        if ! apt_install "${missing[@]}" >>"$log" 2>&1; then
            tail -n 20 "$log" >&2
            die "installing failed; the whole log is $log"
        fi
    fi
    allow_services
    trap - EXIT
}
