# Sourced by ./dev and the scripts: where things are, and how to say what happens.
# shellcheck shell=bash
set -euo pipefail

# Debian's own tools before any version manager's: the packages installed are for these.
export PATH="/usr/sbin:/usr/bin:/sbin:/bin:${PATH:-}"
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export root

say()  { printf '%s\n' "$*" >&2; }
die()  { printf 'dev: %s\n' "$*" >&2; exit 1; }

jobs_count() { nproc 2>/dev/null || echo 2; }

# port_free N: nobody listens on 127.0.0.1:N.
port_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port FROM: the first free port from FROM on, below the range the kernel takes outgoing ports from.
free_port() {
    local port
    for ((port = $1; port < 32768; port++)); do
        if port_free "$port"; then
            echo "$port"
            return
        fi
    done
    die "no free port between $1 and 32767"
}

# wait_port N PID SECONDS: until 127.0.0.1:N accepts; fails when PID ends or the time is over.
wait_port() {
    local port=$1 pid=$2 tries=$(($3 * 20))
    while port_free "$port"; do
        kill -0 "$pid" 2>/dev/null || return 1
        ((tries-- > 0)) || return 1
        sleep 0.05
    done
}
