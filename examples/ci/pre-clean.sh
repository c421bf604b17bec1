#!/bin/sh
# Takes down all labs of an account by their tags, in order, before a nuke takes the rest: what labform knows to wait for
# and to untangle then fails no nuke.
#
#     pre-clean.sh ACCOUNT [OPTIONS OF LABFORM...]        e.g. pre-clean.sh 123456789012 --profile cleanup
#
# A lab that stays holds up no nuke, so this ends with 0 whatever was left; LABFORM_REPORT (pre-clean) is the folder of
# the report that tells of it. LABFORM_MINUTES (30) is the longest it takes: a build has its own end, after which nothing
# would be nuked. LABFORM_MAX_DELETES (5000) is the most objects that go.
set -eu

account=${1:?the account, 12 digits}
shift
code=0
timeout --kill-after=60 "${LABFORM_MINUTES:-30}m" \
  labform destroy --all-labs --account "$account" --yes --max-deletes "${LABFORM_MAX_DELETES:-5000}" \
  --report "${LABFORM_REPORT:-pre-clean}" "$@" || code=$?
[ "$code" = 0 ] || echo "pre-clean: labform ended with $code, and the nuke goes on" >&2
