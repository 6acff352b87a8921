# Build the wheel, install it into a fresh environment, run its demo far from this folder.
set -eu
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/python -m build --wheel --outdir "$work/dist" "$here" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$work"/dist/*.whl
mkdir "$work/elsewhere"
cd "$work/elsewhere"
"$work/venv/bin/digest" demo demo </dev/null
"$work/venv/bin/digest" init news >/dev/null
cd news
"$work/venv/bin/digest" check
"$work/venv/bin/digest" collect
"$work/venv/bin/digest" build daily --to out
test -s out/index.html
echo "wheel: installed, demo run, newsroom built outside the repository"
