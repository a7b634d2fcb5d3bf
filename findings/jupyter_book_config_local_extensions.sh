#!/bin/sh
# Jupyter Book 1: the conf.py that it writes for Sphinx cannot find a book's own extensions.
#
# One would guess: `jupyter-book config sphinx` translates _config.yml into a conf.py with which
# `sphinx-build` builds the same book. The command is the documented way to plain Sphinx.
#
# What happens: conf.py lists the names of `local_extensions` and not their folders. Those go to
# sys.path of the process that translates, and are gone with it. Sphinx then ends with "Could not
# import extension". No message of the translation says that something is missing. It is known
# since 2024 (jupyter-book/jupyter-book, issue 2210) and open in the last release of version 1.
#
# Why it matters: Jupyter Book 2 reads neither _config.yml nor Sphinx's extensions, so plain Sphinx
# is the way on for a book that has its own; and hosts that build a book by conf.py fail at once. A
# folder in PYTHONPATH, or a line with sys.path in conf.py, helps.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq jupyter-book==1.0.4.post1 sphinx==7.4.7 \
    sphinx-book-theme==1.2.0 pydata-sphinx-theme==0.16.1
mkdir -p "$folder/book/ext"
cd "$folder/book"
cat > _config.yml <<'YAML'
title: A book
sphinx:
  local_extensions: {hello: ext}
YAML
printf 'format: jb-book\nroot: page\n' > _toc.yml
printf '# A page\n\n```{hello}\n```\n' > page.md
cat > ext/hello.py <<'PYTHON'
from docutils import nodes
from sphinx.util.docutils import SphinxDirective


class Hello(SphinxDirective):
    """Say hello."""

    def run(self):
        """Return a paragraph."""
        return [nodes.paragraph(text="Hello from the extension")]


def setup(app):
    """Register the directive."""
    app.add_directive("hello", Hello)
PYTHON
bin="$folder/venv/bin"
says() { grep -qs "Hello from the extension" "$1" && echo yes || echo no; }

"$bin/jupyter-book" --version | head -n 1
"$bin/jupyter-book" build . > "$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
built=$(says _build/html/page.html)
echo "jupyter-book build runs the extension: $built"

"$bin/jupyter-book" config sphinx . > "$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
echo "conf.py names it: $(grep -q "'hello'" conf.py && echo yes || echo no)," \
    "and its folder: $(grep -Eq "sys.path|/ext|'ext'" conf.py && echo yes || echo no)"
status=0
"$bin/sphinx-build" -b html . plain > "$folder/log" 2>&1 || status=$?
said=$(grep -o "Could not import extension hello" "$folder/log" || true)
echo "sphinx-build with that conf.py: status $status, $said"

status_by_path=0
PYTHONPATH=ext "$bin/sphinx-build" -b html . by_path > "$folder/log" 2>&1 || status_by_path=$?
by_path=$(says by_path/page.html)
echo "sphinx-build with PYTHONPATH=ext: status $status_by_path, runs the extension: $by_path"

if [ "$built" != yes ] || [ "$status" = 0 ] || [ -z "$said" ] || [ "$by_path" != yes ]; then
    echo "the behavior has changed" >&2
    exit 1
fi
echo "as described"
