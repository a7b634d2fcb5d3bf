# Each target sets up what it needs on a machine that has python3 (3.11 or newer) and make.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:

PYTHON  ?=
BOOK_OPTIONS ?=
WHEEL   ?=
BACKEND_OPTIONS ?= --torch-backend cpu
UV_INSTALL = VIRTUAL_ENV="$(CURDIR)/.venv" .venv/bin/uv pip install --quiet
PYTEST  := .venv/bin/python -m pytest
WORKERS ?= 2
# LOCK=requirements-3.13.lock has the newest JAX, which needs Python 3.13.
LOCK ?= requirements.lock
# Certificates of the machine: behind many a company's proxy no others hold.
export UV_SYSTEM_CERTS ?= 1
# Where PYTHONDONTWRITEBYTECODE is set, every process would compile Keras anew: 10 s an import.
export UV_COMPILE_BYTECODE ?= 1
FAST    := not slow and not backend and not book and not browser

# The first interpreter that is new enough; PYTHON=... comes before all others.
define FIND_PYTHON
for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
  "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
    && { found="$$candidate"; break; }; \
done; \
if [ -z "$$found" ]; then \
  echo "nnest needs Python 3.11 or newer and found none; install one, or say where it is:" \
       "make PYTHON=/path/to/python3" >&2; exit 1; \
fi
endef

# uv comes first, by pip and with the hash that the lock holds; it then installs the rest in seconds.
define MAKE_ENVIRONMENT
if ! "$$found" -m venv --clear "$$venv" >"$$venv.log" 2>&1; then \
  cat "$$venv.log" >&2; rm -f "$$venv.log"; \
  echo "$$found cannot make a virtual environment;" \
       "on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
fi; \
rm -f "$$venv.log"; \
awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' $(LOCK) > "$$venv/uv.lock" && \
"$$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
  -r "$$venv/uv.lock"
endef

.PHONY: help
help:  ## Say what there is.
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

# Pip stands in where uv does not see the machine's own settings for pip.
.venv/.ready: $(LOCK) pyproject.toml
	@$(FIND_PYTHON); venv=.venv; \
	if ! .venv/bin/python -c '' 2>/dev/null || ! .venv/bin/uv --version >/dev/null 2>&1; then \
	  echo "Setting up .venv with $$("$$found" --version)"; $(MAKE_ENVIRONMENT); fi
	@$(UV_INSTALL) --require-hashes -r $(LOCK) 2>.venv/uv.log \
	  || { tail -n 3 .venv/uv.log; echo "uv could not reach its index; pip tries, more slowly"; \
	       .venv/bin/python -m pip install --quiet --require-hashes -r $(LOCK); }
	@$(UV_INSTALL) --offline --no-deps --no-build-isolation --editable .
	@touch .venv/.ready

.PHONY: setup
setup: .venv/.ready  ## Make .venv with everything that is pinned in requirements.lock.

.PHONY: demo
demo: .venv/.ready  ## Run a small study from end to end, in under two minutes.
	@.venv/bin/python -m nnest demo

.PHONY: lint
lint: .venv/.ready  ## Check style and types.
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet . || { echo "run: make format" >&2; exit 1; }
	@.venv/bin/mypy

.PHONY: format
format: .venv/.ready  ## Format the code.
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

.PHONY: test
test: lint  ## Check style and types, then run all tests but those of the targets below.
	@$(PYTEST) -n $(WORKERS) --dist loadfile -m "$(FAST)"

.PHONY: test-slow
test-slow: .venv/.ready  ## Run the tests that take minutes each.
	@$(PYTEST) -m "slow and not backend and not book and not browser"

.PHONY: test-book
test-book: book  ## Build the book and test what was built.
	@$(PYTEST) -m "book or browser"

.PHONY: book
book: .venv/.ready  ## Build the book; the last line says where it is.
	@.venv/bin/python book/build.py $(BOOK_OPTIONS)

.PHONY: pdf
pdf: book  ## Print the book into one file by Chromium; the last line says where it is.
	@.venv/bin/python book/pdf.py $(PAGES)

# PAGES="start reports/summary" runs those; a page takes up to some minutes.
.PHONY: test-notebooks
test-notebooks: .venv-notebooks/.ready  ## Run the built book's notebooks with the wheel, where nothing else is installed.
	@rm -rf _build/notebooks-wheel
	@.venv/bin/uv build --quiet --wheel --python .venv/bin/python --no-build-isolation \
	  --out-dir _build/notebooks-wheel
	@VIRTUAL_ENV="$(CURDIR)/.venv-notebooks" .venv/bin/uv pip install --quiet --offline --no-deps \
	  --reinstall _build/notebooks-wheel/*.whl
	@.venv-notebooks/bin/python book/run_notebooks.py $(PAGES)

# What the wheel asks for, its extras that pages use, and what runs a notebook; not the book's tools.
.venv-notebooks/.ready: requirements.lock pyproject.toml .venv/.ready
	@rm -rf .venv-notebooks; .venv/bin/uv venv --quiet --python .venv/bin/python .venv-notebooks
	@VIRTUAL_ENV="$(CURDIR)/.venv-notebooks" .venv/bin/uv pip install --quiet \
	  --constraint requirements.lock --requirements pyproject.toml \
	  --extra dask --extra onnx --extra postgresql ipykernel nbclient
	@touch .venv-notebooks/.ready

.PHONY: test-backends
test-backends: test-tensorflow test-torch  ## Run the estimators under TensorFlow and under torch.

.PHONY: test-tensorflow test-torch
test-tensorflow test-torch: test-%: .venv-%/.ready
	@KERAS_BACKEND=$* ".venv-$*/bin/python" -m pytest -m backend

# The backend itself is not pinned: it comes as new as the lock lets it, and without a GPU's libraries.
# A machine that cannot reach torch's own index says by BACKEND_OPTIONS where its build for CPUs is.
.venv-%/.ready: requirements.lock pyproject.toml .venv/.ready
	@rm -rf ".venv-$*"; .venv/bin/uv venv --quiet --python .venv/bin/python ".venv-$*"
	@VIRTUAL_ENV="$(CURDIR)/.venv-$*" .venv/bin/uv pip install --quiet --require-hashes -r requirements.lock
	@VIRTUAL_ENV="$(CURDIR)/.venv-$*" .venv/bin/uv pip install --quiet $(BACKEND_OPTIONS) \
	  --constraint requirements.lock --no-build-isolation --editable ".[$*]"
	@touch ".venv-$*/.ready"

.PHONY: bench
bench: .venv-bench/.ready  ## Measure nnest beside other packages and record it for the book, in an hour.
	@.venv-bench/bin/python -m benchmarks

# Like a backend, the other packages come as new as the lock lets them.
.venv-bench/.ready: requirements.lock pyproject.toml .venv/.ready
	@rm -rf .venv-bench; .venv/bin/uv venv --quiet --python .venv/bin/python .venv-bench
	@VIRTUAL_ENV="$(CURDIR)/.venv-bench" .venv/bin/uv pip install --quiet --require-hashes -r requirements.lock
	@VIRTUAL_ENV="$(CURDIR)/.venv-bench" .venv/bin/uv pip install --quiet $(BACKEND_OPTIONS) \
	  --constraint requirements.lock --no-build-isolation --editable . --group benchmarks
	@touch .venv-bench/.ready

.PHONY: mnist-grid
mnist-grid: .venv/.ready  ## Search depth, dropout and L2 of a network on MNIST, and record it for the book.
	@.venv/bin/python book/tuning/mnist_grid.py

.PHONY: studies
studies: .venv/.ready  ## Tune networks on MNIST and Fashion-MNIST with Optuna, and record it for the book.
	@.venv/bin/python book/tuning/studies.py

# The oldest versions that pyproject.toml allows; their own warnings are no errors.
.PHONY: test-oldest
test-oldest: .venv/.ready  ## Run the tests with the oldest dependencies that are allowed.
	@.venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv-oldest
	@VIRTUAL_ENV="$(CURDIR)/.venv-oldest" .venv/bin/uv pip install --quiet \
	  --resolution lowest-direct --editable . --group dev
	@.venv-oldest/bin/python -m pytest -n $(WORKERS) --dist loadfile -W default -m "$(FAST)"

.PHONY: dist
dist: .venv/.ready  ## Build the wheel and the source distribution, in dist/.
	@rm -rf dist
	@.venv/bin/uv build --quiet --python .venv/bin/python --no-build-isolation --out-dir dist

# A clone without its nnest/ folder: what is tested is what people install. WHEEL=FILE tests that one.
.PHONY: test-wheel
test-wheel: .venv/.ready  ## Build the wheel and test it in a clone that has no package of its own.
	@rm -rf _build/wheel .venv-wheel && mkdir -p _build/wheel
	@if [ -n "$(WHEEL)" ]; then cp "$(WHEEL)" _build/wheel/; else .venv/bin/uv build --quiet --wheel \
	  --python .venv/bin/python --no-build-isolation --out-dir _build/wheel; fi
	@.venv/bin/uv venv --quiet --python .venv/bin/python .venv-wheel
	@VIRTUAL_ENV="$(CURDIR)/.venv-wheel" .venv/bin/uv pip install --quiet --require-hashes \
	  -r requirements.lock
	@VIRTUAL_ENV="$(CURDIR)/.venv-wheel" .venv/bin/uv pip install --quiet --no-deps _build/wheel/*.whl
	@git clone --quiet . _build/wheel/clone && rm -rf _build/wheel/clone/nnest
	@cd _build/wheel/clone && ../../../.venv-wheel/bin/python -m pytest -n $(WORKERS) \
	  --dist loadfile -m "$(FAST)" tests

# What the upper bounds in pyproject.toml keep out, so that a probe tells before users do.
.PHONY: test-prereleases
test-prereleases: .venv/.ready  ## Run the tests with the newest Keras, JAX, scikit-learn and Optuna.
	@.venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv-prereleases
	@VIRTUAL_ENV="$(CURDIR)/.venv-prereleases" .venv/bin/uv pip install --quiet \
	  --require-hashes -r $(LOCK)
	@VIRTUAL_ENV="$(CURDIR)/.venv-prereleases" .venv/bin/uv pip install --quiet \
	  --upgrade --prerelease allow keras jax jaxlib scikit-learn optuna
	@VIRTUAL_ENV="$(CURDIR)/.venv-prereleases" .venv/bin/uv pip install --quiet \
	  --offline --no-deps --no-build-isolation --editable .
	@.venv-prereleases/bin/python -m pytest -n $(WORKERS) --dist loadfile -W default -m "$(FAST)"

.PHONY: lock
lock: .venv/.ready  ## Pin anew what pyproject.toml asks for, in both locks and environment.yml.
	@.venv/bin/uv pip compile pyproject.toml --group dev --group book --quiet --upgrade \
	  --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-annotate --no-header --output-file requirements.lock
	@.venv/bin/uv pip compile pyproject.toml --group dev --group book --quiet --upgrade \
	  --universal --python-version 3.13 --fork-strategy fewest --generate-hashes \
	  --no-annotate --no-header --output-file requirements-3.13.lock
	@.venv/bin/python .ci/environment.py

.PHONY: clean
clean:  ## Remove what was built, the environments too.
	rm -rf .venv .venv-tensorflow .venv-torch .venv-bench .venv-wheel .venv-oldest .venv-prereleases \
	  .venv-notebooks _build build dist demo-results
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
