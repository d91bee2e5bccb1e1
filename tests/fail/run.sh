#!/usr/bin/env bash
# Programs that must not compile, must compile, or must refuse to start; with gcc and clang.
#
#   run.sh [--static] [--folder FOLDER] [BUILD-FOLDER]      TAP on standard output
#
# The first comment lines of a case say what is expected:
#   NAME.c        // gcc: REGEX     // clang: REGEX     both fail to compile and say so (extended regular expressions)
#   ok_NAME.c                                           both compile without a warning
#   start_NAME.c  // start: REGEX                       compiles; `NAME check` exits with a failure and says so
#   any           // flags: FLAGS                       further flags for the compiler
# Cases that start need BUILD-FOLDER (build/release); --static leaves them out.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$here
build=''
static=''
while (($#)); do
    case $1 in
        --static) static=yes ;;
        --folder) folder=$(cd "$2" && pwd); shift ;;
        *) build=$(cd "$1" && pwd) ;;
    esac
    shift
done
compilers=(gcc clang)
declare -A program=([gcc]=${CARAFE_GCC:-/usr/bin/gcc} [clang]=${CARAFE_CLANG:-/usr/bin/clang-14})
base=(-std=gnu11 -D_GNU_SOURCE -I"$root/include")
strict=(-Wall -Wextra -Wpedantic -Wno-variadic-macros)
strict_clang=(-Wno-gnu-zero-variadic-macro-arguments -Wno-gnu-statement-expression -Wno-gnu-folding-constant)
work=$(mktemp -d "${TMPDIR:-/tmp}/carafe-fail.XXXXXX")
trap 'rm -rf "$work"' EXIT

# report ok|not-ok NAME [FILE-WITH-DETAIL MESSAGE]: a result; the numbers come at the end.
report() {
    if [[ $1 == ok ]]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        echo "# $4"
        [[ -z $3 ]] || sed -n '1,12s/^/#   /p' "$3"
    fi
}

# expectation FILE KEY: the text after "// KEY: " in the comment lines that open the file.
expectation() { sed -n '/^\/\//!q; s|^// '"$2"': *||p' "$1" | head -n 1; }

must_not_compile() {
    local file=$1 name=$2 compiler regex output
    local flags=() && read -ra flags <<<"$(expectation "$file" flags)"
    for compiler in "${compilers[@]}"; do
        output=$work/$name.$compiler.log
        regex=$(expectation "$file" "$compiler")
        if [[ -z $regex ]]; then
            report not-ok "$name ($compiler)" '' "the case does not say '// $compiler: REGEX'"
        elif "${program[$compiler]}" -fsyntax-only "${base[@]}" "${flags[@]}" "$file" >"$output" 2>&1; then
            report not-ok "$name ($compiler)" "$output" 'it compiles'
        elif ! grep -Eq -- "$regex" "$output"; then
            report not-ok "$name ($compiler)" "$output" "the message does not match: $regex"
        else
            report ok "$name ($compiler)"
        fi
    done
}

must_compile() {
    local file=$1 name=$2 compiler output
    local flags=() && read -ra flags <<<"$(expectation "$file" flags)"
    for compiler in "${compilers[@]}"; do
        output=$work/$name.$compiler.log
        local more=("${strict[@]}")
        [[ $compiler == gcc ]] || more+=("${strict_clang[@]}")
        if "${program[$compiler]}" -fsyntax-only "${base[@]}" "${more[@]}" "${flags[@]}" "$file" >"$output" 2>&1 && [[ ! -s $output ]]; then
            report ok "$name ($compiler)"
        else
            report not-ok "$name ($compiler)" "$output" 'it must compile without a warning'
        fi
    done
}

must_not_start() {
    local file=$1 name=$2 compiler output=$work/$2.log regex flags=() status
    read -ra flags <<<"$(expectation "$file" flags)"
    regex=$(expectation "$file" start)
    for compiler in "${compilers[@]}"; do
        status=0
        if ! "$root/scripts/link-program" "$build" "$work/$name.$compiler" "$file" --compiler "${program[$compiler]}" "${flags[@]}" >"$output" 2>&1; then
            report not-ok "$name ($compiler)" "$output" 'it must compile and link'
            continue
        fi
        (cd "$work" && timeout 20 "./$name.$compiler" check) >"$output" 2>&1 </dev/null || status=$?
        if ((status == 0)); then
            report not-ok "$name ($compiler)" "$output" 'it starts'
        elif ((status >= 124)); then
            report not-ok "$name ($compiler)" "$output" "it ended with status $status"
        elif [[ -z $regex ]] || ! grep -Eq -- "$regex" "$output"; then
            report not-ok "$name ($compiler)" "$output" "the message does not match: $regex"
        else
            report ok "$name ($compiler)"
        fi
    done
}

one_case() {
    local file=$1 name
    name=$(basename "$file" .c)
    case $name in
        ok_*) must_compile "$file" "$name" ;;
        start_*) [[ -n $static ]] || must_not_start "$file" "$name" ;;
        *) must_not_compile "$file" "$name" ;;
    esac
}

# As many cases at a time as there are processors; results in the order of the names.
shopt -s nullglob
files=("$folder"/*.c)
running=0
for file in "${files[@]}"; do
    one_case "$file" >"$work/$(basename "$file").result" &
    running=$((running + 1))
    if ((running >= $(nproc))); then
        wait -n || true
        running=$((running - 1))
    fi
done
wait
for file in "${files[@]}"; do cat "$work/$(basename "$file").result"; done |
    awk '/^(not )?ok - / { n++; sub(/ok - /, "ok " n " - "); bad += /^not/ } { print } END { print "1.." n + 0; exit bad > 0 }'
