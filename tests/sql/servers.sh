#!/usr/bin/env bash
# PostgreSQL and MariaDB servers of the tests' own, on 127.0.0.1, with all their files in one folder.
#
#   servers.sh start FOLDER [postgresql|mariadb]   prints CARAFE_TEST_POSTGRESQL=... and CARAFE_TEST_MARIADB=...
#   servers.sh urls  FOLDER                        prints them again
#   servers.sh pid   FOLDER postgresql|mariadb     the server's process
#   servers.sh restart FOLDER postgresql|mariadb   starts one that was killed, on the same port
#   servers.sh stop  FOLDER                        ends the servers and removes what they wrote
#
# Any account may run it; servers refuse root, so root hands over to the packages' accounts.
# Ports lie below 32768: above, an outgoing connection of another process may own one at any time.
set -euo pipefail
export LC_ALL=C

say() { echo "servers.sh: $*" >&2; }
die() { say "$@"; exit 1; }

(($# >= 2)) || die "usage: servers.sh start|urls|pid|restart|stop FOLDER [postgresql|mariadb]"
verb=$1
which=${3:-}
[[ $verb != start ]] || mkdir -p "$2"
folder=$(cd "$2" 2>/dev/null && pwd) || die "there is no folder $2"
[[ $folder != *[[:space:]]* ]] || die "the folder's path must not hold blanks"

# Newest installed version, or PATH.
postgres_bin() {
    local found
    found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    echo "${found:-$(dirname "$(command -v postgres || echo /usr/bin/postgres)")}"
}

account_of() { # the account a server runs as
    local wanted=$1
    if [[ $(id -u) != 0 ]]; then id -un; return; fi
    for name in "$wanted" nobody; do
        if id "$name" >/dev/null 2>&1; then echo "$name"; return; fi
    done
    die "no account to run $wanted as"
}

# Run in the foreground, or become, a program of the account.
as() {
    local account=$1
    shift
    if [[ $(id -un) == "$account" ]]; then "$@"; return; fi
    setpriv --reuid="$account" --regid="$(id -g "$account")" --init-groups -- "$@"
}

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if ! taken "$port"; then echo "$port"; return; fi
    done
    die "no free port between 20000 and 32000"
}

alive() { # the process of a pid file, if it is still the server of this folder
    local pid state
    pid=$(head -n 1 "$1" 2>/dev/null) || return 1
    [[ $pid =~ ^[0-9]+$ ]] || return 1
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$folder" || return 1
    state=$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null)
    [[ $state != Z ]]
}

wait_until() { # wait_until SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

launch() { # launch NAME ACCOUNT PROGRAM...: a process group of its own, its pid in NAME.pid
    local name=$1 account=$2
    shift 2
    local with=()
    [[ $(id -un) == "$account" ]] ||
        with=(setpriv --reuid="$account" --regid="$(id -g "$account")" --init-groups --)
    (cd "$folder/$name" && exec setsid "${with[@]}" "$@" </dev/null >>"$folder/$name.log" 2>&1) &
    echo $! >"$folder/$name.pid"
    disown $!
}

own_folder() { # own_folder NAME ACCOUNT
    mkdir -p "$folder/$1"
    [[ $(id -u) != 0 ]] || chown "$2:" "$folder/$1"
    as "$2" test -w "$folder/$1" || die "$2 cannot write $folder/$1: is a folder above closed to it?"
}

# ---- PostgreSQL ----

postgres_ready() { "$(postgres_bin)/pg_isready" -q -h 127.0.0.1 -p "$1"; }

postgres_run() { # postgres_run PORT
    local account bin
    account=$(account_of postgres)
    bin=$(postgres_bin)
    # A server that was killed leaves locks that name a process which may look alive.
    rm -f "$folder/postgresql/data/postmaster.pid"
    launch postgresql "$account" "$bin/postgres" -D "$folder/postgresql/data" -p "$1" -h 127.0.0.1 \
        -c unix_socket_directories= -c fsync=off -c full_page_writes=off -c max_connections=100 \
        -c lc_messages=C
    wait_until 30 postgres_ready "$1" || die "PostgreSQL did not start: $(tail -n 5 "$folder/postgresql.log")"
}

postgres_start() {
    local account bin port
    account=$(account_of postgres)
    bin=$(postgres_bin)
    [[ -x $bin/initdb ]] || die "no PostgreSQL server: apt-get install postgresql"
    own_folder postgresql "$account"
    echo carafe >"$folder/postgresql/password"
    [[ $(id -u) != 0 ]] || chown "$account:" "$folder/postgresql/password"
    (cd "$folder/postgresql" && as "$account" "$bin/initdb" -D "$folder/postgresql/data" --no-sync --no-instructions \
        -E UTF8 --locale=C.UTF-8 -U carafe --pwfile="$folder/postgresql/password" --auth=scram-sha-256) \
        >"$folder/postgresql.log" 2>&1 || die "initdb failed: $(tail -n 5 "$folder/postgresql.log")"
    port=$(free_port)
    echo "$port" >"$folder/postgresql.port"
    postgres_run "$port"
    PGPASSWORD=carafe "$bin/psql" -q -h 127.0.0.1 -p "$port" -U carafe -d postgres \
        -c 'create database carafe' >>"$folder/postgresql.log" 2>&1 || die "the database could not be made"
}

# ---- MariaDB ----

mariadbd=$(command -v mariadbd || echo /usr/sbin/mariadbd)

mariadb_ready() { # the init file makes the account last of all
    taken "$1" && grep -q 'ready for connections' "$folder/mariadb.log"
}

mariadb_run() { # mariadb_run PORT
    : >"$folder/mariadb.log"
    launch mariadb "$(account_of mysql)" "$mariadbd" --no-defaults --datadir="$folder/mariadb/data" --port="$1" \
        --bind-address=127.0.0.1 --socket="$folder/mariadb/s" --pid-file="$folder/mariadb/own.pid" \
        --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M --innodb-log-file-size=16M \
        --character-set-server=utf8mb4 --skip-log-bin --tmpdir="$folder/mariadb" \
        --init-file="$folder/mariadb/init.sql"
    wait_until 60 mariadb_ready "$1" || die "MariaDB did not start: $(tail -n 5 "$folder/mariadb.log")"
}

mariadb_start() {
    local account port
    account=$(account_of mysql)
    [[ -x $mariadbd ]] || die "no MariaDB server: apt-get install mariadb-server-core"
    own_folder mariadb "$account"
    as "$account" mariadb-install-db --no-defaults --datadir="$folder/mariadb/data" --skip-test-db \
        --auth-root-authentication-method=normal --skip-name-resolve --tmpdir="$folder/mariadb" \
        >"$folder/mariadb-install.log" 2>&1 || die "mariadb-install-db failed: $(tail -n 5 "$folder/mariadb-install.log")"
    cat >"$folder/mariadb/init.sql" <<'SQL'
create database if not exists carafe character set utf8mb4;
create user if not exists 'carafe'@'127.0.0.1' identified by 'carafe';
create user if not exists 'carafe'@'localhost' identified by 'carafe';
grant all on *.* to 'carafe'@'127.0.0.1';
grant all on *.* to 'carafe'@'localhost';
SQL
    port=$(free_port)
    echo "$port" >"$folder/mariadb.port"
    mariadb_run "$port"
}

# ---- verbs ----

urls() {
    [[ ! -s $folder/postgresql.port ]] ||
        echo "CARAFE_TEST_POSTGRESQL=postgresql://carafe:carafe@127.0.0.1:$(<"$folder/postgresql.port")/carafe"
    [[ ! -s $folder/mariadb.port ]] ||
        echo "CARAFE_TEST_MARIADB=mariadb://carafe:carafe@127.0.0.1:$(<"$folder/mariadb.port")/carafe"
}

end() { # end NAME SIGNAL
    local pid
    if alive "$folder/$1.pid"; then
        pid=$(<"$folder/$1.pid")
        kill -CONT "$pid" 2>/dev/null || true
        kill -"$2" "$pid" 2>/dev/null || true
        wait_until 15 eval "! alive '$folder/$1.pid'" || kill -KILL "$pid" 2>/dev/null || true
    fi
}

case $verb in
start)
    failed=0
    for server in postgresql mariadb; do
        [[ -z $which || $which == "$server" ]] || continue
        if alive "$folder/$server.pid"; then continue; fi
        (case $server in postgresql) postgres_start ;; mariadb) mariadb_start ;; esac) || {
            failed=1
            rm -f "$folder/$server.port"
        }
    done
    urls
    exit "$failed"
    ;;
restart)
    port=$(<"$folder/$which.port")
    if alive "$folder/$which.pid"; then die "$which is running"; fi
    case $which in postgresql) postgres_run "$port" ;; mariadb) mariadb_run "$port" ;; *) die "which server?" ;; esac
    ;;
pid)
    alive "$folder/$which.pid" || die "$which is not running"
    cat "$folder/$which.pid"
    ;;
urls) urls ;;
stop)
    end postgresql INT
    end mariadb TERM
    for part in postgresql mariadb; do
        rm -rf "${folder:?}/$part" "$folder/$part.pid" "$folder/$part.port" "$folder/$part.log"
    done
    rm -f "$folder/mariadb-install.log"
    rmdir "$folder" 2>/dev/null || true
    ;;
*) die "unknown verb $verb" ;;
esac
