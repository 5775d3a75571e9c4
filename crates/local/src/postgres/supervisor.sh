# Guards one PostgreSQL server for the program that wants it, and lives exactly
# as long as that program holds the other end of its standard input: also after
# a SIGKILL, when nobody else could tidy up. The program and this script share
# nothing else, so an interrupt typed at the terminal reaches the program alone.
#
#   sh supervisor.sh BIN DATA FOLDER keep|remove SERVER-ARGUMENT...
#
# Orders, a line each; after the first two the data is still ours to remove:
#   stop   end the server in good order
#   kill   end it by SIGKILL
#   leave  go without touching the data: another guardian takes over
# At the end of input: end the server, remove FOLDER if told so, and go.
bin=$1 data=$2 folder=$3 fate=$4
shift 4
stop_seconds_max=20

# The server's output is standard error; once our own copy is closed, the end of
# that pipe tells the program that no process of the server is left.
"$bin/postgres" -D "$data" "$@" </dev/null >&2 &
server=$!
exec 2>/dev/null

stop() {
  "$bin/pg_ctl" stop -s -D "$data" -m fast -t "$stop_seconds_max" >/dev/null ||
    "$bin/pg_ctl" stop -s -D "$data" -m immediate -t "$stop_seconds_max" >/dev/null ||
    kill -KILL "$server"
  wait "$server"
  server=
}

while read -r order; do
  case $order in
    stop) stop ;;
    kill) kill -KILL "$server"; wait "$server"; server= ;;
    leave) exit 0 ;;
  esac
done

if [ "$fate" = remove ]; then
  # Nothing of it is wanted any more, so no checkpoint is either.
  [ -z "$server" ] || { kill -QUIT "$server"; wait "$server"; }
  rm -rf "$folder"
elif [ -n "$server" ]; then
  stop
fi
