#!/usr/bin/env bash
# Tests of the project's own checks: what is bad must be found bad. TAP on standard output.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/carafe-checks.XXXXXX")
trap 'rm -rf "$work"' EXIT
count=0
failed=0

# expect STATUS REGEX NAME COMMAND...: the command ends with that status and its output matches.
expect() {
    local wanted=$1 regex=$2 name=$3 output status=0
    shift 3
    output=$("$@" 2>&1) || status=$?
    count=$((count + 1))
    if [[ $status == "$wanted" ]] && grep -Eq -- "$regex" <<<"$output"; then
        echo "ok $count - $name"
    else
        failed=$((failed + 1))
        echo "not ok $count - $name"
        sed 's/^/#   /' <<<"status $status, wanted $wanted and $regex"$'\n'"$output" | head -n 20
    fi
}

# A tree of three layers with one file each; each case below adds one include.
tree() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/scripts" "$work/tree/include/carafe" "$work/tree/src/base" "$work/tree/src/orm" "$work/tree/src/web"
    printf 'layer base:\nheader core\nlayer orm: base\nheader orm\nuses sqlite3.h\nlayer web: base orm\nheader web\n' \
        >"$work/tree/scripts/layers.txt"
    printf '#include <stddef.h>\n' >"$work/tree/include/carafe/core.h"
    printf '#include <carafe/core.h>\n' >"$work/tree/include/carafe/orm.h"
    printf '#include <carafe/orm.h>\n' >"$work/tree/include/carafe/web.h"
    printf '#include <carafe/web.h>\n' >"$work/tree/include/carafe.h"
    printf '#include <carafe/core.h>\n' >"$work/tree/src/base/base.c"
    printf '#include "orm/orm.h"\n#include <sqlite3.h>\n' >"$work/tree/src/orm/orm.c"
    printf '#include "base/none.h"\n' >"$work/tree/src/orm/unused.h.txt"
    printf '#include <carafe/core.h>\n' >"$work/tree/src/orm/orm.h"
    printf '#include "orm/orm.h"\n/*\n#include "web/nothing.h"\n*/\n' >"$work/tree/src/web/web.c"
}
layers() { "$root/scripts/check-layers" "$work/tree"; }
add() { printf '%s\n' "$2" >>"$work/tree/$1"; }

tree
expect 0 '0 forbidden' 'layers: a good tree is good' layers
add src/base/base.c '#include "orm/orm.h"'
expect 1 '^src/base/base\.c:2: base may not include src/orm/orm\.h' 'layers: an upward include is found' layers
tree && add src/orm/orm.c '  #  include "../web/web.c"'
expect 1 '^src/orm/orm\.c:3: orm may not include src/web/web\.c' 'layers: a relative path hides nothing' layers
tree && add src/web/web.c '#include <sqlite3.h>'
expect 1 '^src/web/web\.c:5: web may not include sqlite3\.h' 'layers: a library that is not the layer'"'"'s is found' layers
tree && add include/carafe/core.h '#include <carafe/orm.h>'
expect 1 '^include/carafe/core\.h:2: base may not include' 'layers: public headers are held to them too' layers
tree && add include/carafe/orm.h '#include "orm/orm.h"'
expect 1 'public header includes the internal' 'layers: a public header shows no internal one' layers
tree && add src/orm/orm.c '#include <carafe.h>'
expect 1 'includes the umbrella' 'layers: the umbrella is for programs' layers
tree && add include/carafe/new.h '#include <carafe/core.h>'
expect 1 '^include/carafe/new\.h:1: belongs to no layer' 'layers: a new header needs a row' layers
tree && add src/orm/orm.c '#include "orm/gone.h"'
expect 1 'gone\.h, which does not exist' 'layers: a missing header is named' layers

# The runner of tests/fail.
cases=$work/cases
mkdir -p "$cases"
fail_run() { "$root/tests/fail/run.sh" --static --folder "$cases"; }
printf '// gcc: undeclared\n// clang: undeclared\nint f(void) { return absent; }\n' >"$cases/bad.c"
printf 'int g(void);\nint g(void) { return 1; }\n' >"$cases/ok_good.c"
expect 0 '^ok 4 ' 'fail: cases that behave pass' fail_run
printf '// gcc: undeclared\n// clang: undeclared\nint f(void) { return 1; }\n' >"$cases/bad.c"
expect 1 '^not ok 1 - bad \(gcc\)' 'fail: a case that compiles fails' fail_run
printf '// gcc: something else\n// clang: undeclared\nint f(void) { return absent; }\n' >"$cases/bad.c"
expect 1 'does not match: something else' 'fail: a wrong message fails' fail_run
printf 'int f(void) { return absent; }\n' >"$cases/bad.c"
expect 1 'does not say' 'fail: a case that expects nothing fails' fail_run
rm "$cases/bad.c" && printf 'static int unused;\nint g(void);\nint g(void) { return 1; }\n' >"$cases/ok_good.c"
expect 1 'without a warning' 'fail: a warning in an ok case fails' fail_run

# The reader of results.
read_tap() { printf "$1" | /usr/bin/python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import tap
for r in tap.parse(sys.stdin.read(), int(sys.argv[2])): print(r.status, r.name)' "$root/scripts" "$2"; }
expect 0 '^failed the run as a whole' 'results: a run that stops half way fails' read_tap 'ok 1 - a\n1..2\n' 0
expect 0 '^failed the run as a whole' 'results: a bad status without a failure fails' read_tap 'ok 1 - a\n1..1\n' 3
expect 0 '^skipped b' 'results: a skipped test is no passed one' read_tap 'ok 1 - a\nok 2 - b # SKIP no server\n1..2\n' 0

# What cmocka prints, with each way a case can end.
unit_results() { /usr/bin/python3 - "$root/scripts/run-tests" "$@" <<'PYTHON'
import importlib.machinery, importlib.util, sys
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader('run_tests', sys.argv[1])
module = importlib.util.module_from_spec(importlib.util.spec_from_loader('run_tests', loader))
loader.exec_module(module)
out = '''[ RUN      ] good
[       OK ] good
[ RUN      ] bad
[  FAILED  ] bad
[ RUN      ] left_out
[  SKIPPED ] left_out
[ RUN      ] never
'''
err = '''[  ERROR   ] --- 0x1 != 0x2
[   LINE   ] --- ct.c:7: error: Failure!
[  ERROR   ] never
[  PASSED  ] 1 test(s).
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] bad
'''
records = {
    'cases': {'name': 'one', 'result': 'FAIL', 'returncode': 2, 'stdout': out, 'stderr': err},
    'crash': {'name': 'one', 'result': 'FAIL', 'returncode': -11, 'stdout': '[ RUN      ] bad\n[       OK ] good\n', 'stderr': ''},
    'plain': {'name': 'one', 'result': 'OK', 'returncode': 0, 'stdout': '', 'stderr': ''},
}
print(' '.join('%s=%s' % (r.name, r.status) for r in module.unit_results(records[sys.argv[2]])))
PYTHON
}
expect 0 '^one: bad=failed one: good=passed one: left_out=skipped one: never=failed$' 'results: every case of cmocka is counted once' unit_results cases
expect 0 '^one: good=passed one=failed$' 'results: a crash between cases is a failure' unit_results crash
expect 0 '^one=passed$' 'results: a program without cases is one test' unit_results plain

# The documents' programs.
printf '```c\nint main(void) { return absent; }\n```\n' >"$work/bad.md"
expect 1 'absent.* undeclared' 'docs: a program that does not compile is found' "$root/scripts/check-docs" "$work/bad.md"
printf '```c from=LICENSE\nMIT License\n\nPermission is hereby granted, for money\n```\n' >"$work/other.md"
expect 1 'not there:' 'docs: code that its example does not have is found' "$root/scripts/check-docs" "$work/other.md"
printf 'See [the other page](gone.md).\n' >"$work/link.md"
expect 1 '^#   .*link\.md: gone\.md' 'docs: a link that leads nowhere is found' "$root/scripts/check-docs" "$work/link.md"
expect 1 '^not ok 1 - .*libcarafe' 'exports: a missing library is found' "$root/scripts/check-exports" "$work"

# The tool that puts files into programs.
embed=${CARAFE_EMBED:-$root/build/release/tools/carafe-embed}
mkdir -p "$work/one/templates/sub" "$work/two/templates" "$work/two/static"
printf 'first' >"$work/one/templates/page.html"
printf 'second' >"$work/two/templates/page.html"
printf 'deep' >"$work/one/templates/sub/deep.html"
printf '\0\377"?\n' >"$work/two/static/strange \"name?.bin"
printf 'hidden' >"$work/two/static/.secret"
embed_all() {
    "$embed" -o "$work/files.c" -d "$work/files.d" "$work/one" "$work/two" &&
        printf '#include <stdio.h>\n%s\n' 'int main(void) { const cf_file *const *f = (const cf_file *const *)CF_FILES();
            for (size_t i = 0; i < CF_FILE_COUNT(); i++) printf("%s/%s %zu %d\n", f[i]->folder, f[i]->name, f[i]->size, f[i]->data[0]);
            return 0; }' | cat "$work/files.c" - >"$work/embedded.c" &&
        /usr/bin/gcc -std=gnu11 -Wall -Wextra -Werror -I"$root/include" "$work/embedded.c" -o "$work/embedded" && "$work/embedded" | sort | tr '\n' ';'
}
expect 0 '^static/strange "name\?\.bin 5 0;templates/page\.html 6 115;templates/sub/deep\.html 4 100;$' \
    'embed: the later folder wins, hidden files stay out, bytes are kept' embed_all
expect 0 'two/templates ' 'embed: folders are dependencies, for files to come' cat "$work/files.d"
expect 1 'nowhere: there is no such folder' 'embed: a missing folder is named' "$embed" -o "$work/files.c" "$work/nowhere"
expect 2 '^usage' 'embed: without a file to write it says how it is used' "$embed" "$work/one"

# The script itself: mistakes are told before anything is installed or built.
expect 0 '^\./dev demo' 'dev: without arguments it lists what there is' "$root/dev"
expect 1 "unknown command 'fly'" 'dev: an unknown command is refused' "$root/dev" fly
expect 1 'port needs a number' 'dev: a port that is no number is refused' "$root/dev" demo --port http
expect 1 "unknown argument '--colour'" 'dev: an unknown argument is refused' "$root/dev" demo --colour
expect 1 "unknown option '--slow'" 'dev: an unknown option is refused' "$root/dev" test --slow
expect 1 'needs a suite: jinja forms' 'dev: conformance names its suites' "$root/dev" conformance

echo "1..$count"
exit $((failed > 0))
