# Sourced: the kinds of build, each in a folder of its own under build/.
# shellcheck shell=bash

declare -A build_options=(
    [release]='--buildtype=release'
    [debug]='--buildtype=debug'
    [asan]='--buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false'
    [tsan]='--buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false'
    [bench]='--buildtype=release -Dtests=false -Dbench=true'
    [fuzz]='--buildtype=debugoptimized -Db_lundef=false -Dfuzz=true'
)

# Further flags for the compiler. A sanitizer ends the program at the first finding.
declare -A build_flags=(
    [asan]='-fno-omit-frame-pointer -fno-sanitize-recover=all'
    [tsan]='-fno-omit-frame-pointer'
)

# build_type TYPE [TARGET...]: configure once, then build the targets, or everything.
build_type() {
    local type=$1 log
    shift
    [[ -n ${build_options[$type]:-} ]] || die "unknown build type '$type'; there are: release debug asan tsan"
    local folder=build/$type options=() compiler=gcc
    read -ra options <<<"${build_options[$type]}"
    if [[ $type == fuzz ]]; then compiler=clang-14; fi
    mkdir -p build
    log=build/$type.log
    exec {build_lock}>build/.lock
    flock "$build_lock"
    if [[ ! -f $folder/build.ninja ]]; then
        rm -rf "$folder"
        if ! CC=${CC:-$compiler} CFLAGS="${build_flags[$type]:-} ${CFLAGS:-}" /usr/bin/meson setup "$folder" "${options[@]}" >"$log" 2>&1; then
            tail -n 15 "$log" >&2
            die "the $type build could not be configured; the whole log is $log"
        fi
    fi
    say "building $type ${*:+($*)}"
    if ! /usr/bin/ninja -C "$folder" -j "$(jobs_count)" "$@" >"$log" 2>&1; then
        grep -E -A12 'FAILED:|error:|ERROR' "$log" | head -n 60 >&2 || tail -n 30 "$log" >&2
        die "the $type build failed; the whole log is $log"
    fi
    exec {build_lock}>&-
}

print_sizes() {
    local folder=build/$1 file
    for file in "$folder"/lib/*.so "$folder"/lib/*.a "$folder"/examples/*; do
        if [[ -f $file && ( $file == *.so || $file == *.a || -x $file ) ]]; then
            printf '%-46s %9d bytes\n' "$file" "$(stat -L -c %s "$file")"
        fi
    done
}
