#!/bin/sh
# Takes Lab 8 up, looks, and takes it down on the embedded account: does an installed labform run where nothing else is?
#
#     try.sh LABFORM LAB        the command, and the folder with lab.yaml and examples/
#
# Needs sh and cat alone; the account lives in a folder of its own.
set -eu

labform=$1
cd "$2"
account=${TMPDIR:-/tmp}/labform-try-$$.json
run() {
  echo "+ labform $*" >&2
  "$labform" "$@" "--sandbox=$account"
}
run apply --yes
run plan --detailed-exitcode
run status
run destroy --yes
code=0
run destroy --yes --must-exist || code=$?
[ "$code" = 7 ] || exit 1
echo "Lab 8 came up and went down by $("$labform" --version)"
