#!/bin/sh
# Installs labform for you alone: without root, and without Rust.
#
#     sh install.sh [--to DIR] [--force] [FROM]
#
# DIR is where the command goes: ~/.local/bin if nothing is said. FROM is where the files of a release lie, a folder or an
# address: where this file came from if nothing is said. The archive must have the digest that SHA256SUMS gives it there.
# A file of the name that this script hasn't written stays, unless --force is given.
set -eu

version=0.0.0
from=

fail() {
  echo "install.sh: $*" >&2
  exit 1
}

digest() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

fetch() {
  case $from in
    http://*) fail "$from isn't safe: give an https address" ;;
    https://*) curl -fsSL --retry 3 -o "$work/$1" "$from/$1" || fail "$from/$1 can't be fetched" ;;
    *) cp "$from/$1" "$work/$1" || fail "$from isn't the folder of a release: give it as the last word" ;;
  esac
}

to=${HOME:?}/.local/bin
force=no
while [ $# -gt 0 ]; do
  case $1 in
    --to)
      [ $# -gt 1 ] || fail "--to takes a folder"
      to=$2
      shift
      ;;
    --force) force=yes ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit ;;
    -*) fail "there is no option $1: --help shows all" ;;
    *) from=$1 ;;
  esac
  shift
done
from=${from:-$(dirname "$0")}
case $(uname -s)-$(uname -m) in
  Linux-x86_64) target=x86_64-unknown-linux-gnu ;;
  Linux-aarch64) target=aarch64-unknown-linux-gnu ;;
  Darwin-arm64) target=aarch64-apple-darwin ;;
  *) fail "no archive is made for $(uname -s) on $(uname -m): cargo install builds labform there" ;;
esac
name=labform-$version-$target

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fetch SHA256SUMS
fetch "$name.tar.gz"
said=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\.tar\.gz\$/\1/p" "$work/SHA256SUMS")
[ "$(digest "$work/$name.tar.gz")" = "$said" ] || fail "$name.tar.gz isn't what SHA256SUMS says: nothing was installed"
tar -xzf "$work/$name.tar.gz" -C "$work"

mkdir -p "$to"
to=$(cd "$to" && pwd)
# What this script has written, as sha256sum writes it: its digest and its place.
record=${XDG_DATA_HOME:-$HOME/.local/share}/labform/installed
mkdir -p "$(dirname "$record")"
touch "$record"
if [ -e "$to/labform" ] && [ "$force" = no ] && ! grep -qxF "$(digest "$to/labform")  $to/labform" "$record"; then
  fail "$to/labform is there, and this script hasn't written it: move it away, choose another folder by --to DIR, or add" \
    "--force to replace it"
fi
# In one step, also where the old one runs.
cp "$work/$name/labform" "$to/.labform-$$"
mv -f "$to/.labform-$$" "$to/labform"
{
  grep -vF "  $to/labform" "$record" || true
  echo "$(digest "$to/labform")  $to/labform"
} >"$work/record"
cp "$work/record" "$record"
echo "$to/labform is $("$to/labform" --version)"
case :$PATH: in
  *:"$to":*) ;;
  *) echo "$to isn't on your PATH: export PATH=\"$to:\$PATH\"" ;;
esac
