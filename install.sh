#!/bin/sh
# Builds midge from this checkout and installs the executable. Needs Node.js with npm, or Bun.
set -eu

usage() {
  cat <<'EOT'
Usage: ./install.sh [--dir <folder>]

Builds midge from this checkout and copies the executable to <folder>.
Without --dir: /usr/local/bin if it can be written, else ~/.local/bin.

Needs Node.js with npm (which fetches Bun as a package), or Bun itself.
EOT
}

fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

dir=
while [ $# -gt 0 ]; do
  case $1 in
    --dir)
      [ $# -ge 2 ] || fail "--dir needs a folder"
      dir=$2
      shift
      ;;
    --dir=*) dir=${1#--dir=} ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "unknown argument: $1 (try --help)" ;;
  esac
  shift
done

if [ -z "$dir" ]; then
  if [ -d /usr/local/bin ] && [ -w /usr/local/bin ]; then
    dir=/usr/local/bin
  else
    [ -n "${HOME:-}" ] || fail "HOME is not set; say where to install with --dir"
    dir=$HOME/.local/bin
  fi
fi
case $dir in
  /*) ;;
  *) dir=$(pwd)/$dir ;;
esac

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$here"
[ -f package.json ] && [ -f build.ts ] || fail "$here is not a checkout of midge"

mkdir -p "$dir" 2>/dev/null || fail "cannot create $dir"
[ -w "$dir" ] || fail "cannot write to $dir; choose another folder with --dir"

if command -v npm >/dev/null 2>&1; then
  npm install --no-audit --no-fund || fail "npm install failed"
elif command -v bun >/dev/null 2>&1; then
  bun install --frozen-lockfile || fail "bun install failed"
else
  fail "neither npm nor bun found; install Node.js (https://nodejs.org) first"
fi

PATH=$here/node_modules/.bin:$PATH
# npm leaves Bun's binary out where install scripts are switched off.
if ! bun --version >/dev/null 2>&1; then
  node node_modules/bun/install.js || fail "could not set up the bun package"
fi
bun run build.ts || fail "the build failed"

# Copied next to the target and renamed, so a running midge is not in the way.
cp dist/midge "$dir/.midge.$$" && mv -f "$dir/.midge.$$" "$dir/midge" || {
  rm -f "$dir/.midge.$$"
  fail "cannot install to $dir"
}
printf 'Installed %s: %s\n' "$("$dir/midge" --version)" "$dir/midge"
case :$PATH: in
  *:"$dir":*) ;;
  *) printf 'Note: %s is not on your PATH.\n' "$dir" ;;
esac
