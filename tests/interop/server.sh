# Shared by the scripts of this folder: starts and stops a server.

# start_server LOG OPTION...
#
# Starts the program in $program, whose output goes to the file LOG. Sets $server to its process and $url to its address.
start_server() {
    log=$1
    shift
    : >"$log"
    "$program" "$@" >"$log" &
    server=$!
    url=
    for _ in $(seq 200); do
        url=$(sed -n 's/^listening on //p' "$log")
        test -z "$url" || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    echo "the server does not start"
    return 1
}

# Stops the server, if it runs.
stop_server() {
    test -z "$server" || kill "$server" 2>/dev/null || true
    test -z "$server" || wait "$server" 2>/dev/null || true
    server=
}
