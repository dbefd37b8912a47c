# make repro        set up, then run every stage of the pipeline whose inputs changed
# make try lr=0.05  train the baseline alone with other params, and show figures and pictures: nothing is recorded
# make test         set up with the test tools, then run the tests that are not marked `long`
# make test-long    set up Ray too, then run the tests marked `long`
# make mutants      put small faults into the code one at a time, and print those that no test sees; of=400 tries so many
# make lint         check style and types
# make unchanged    fail where an output came out other than committed
# make plots        rewrite the templates of `dvc plots`, from the charts of the report
# make readme       copy the answers into README.md and the stages into docs/structure.md
# make notebook     open the course assignment as a notebook; with language=ru in Russian
# make docs         write docs/metrics.schema.json and the tables of docs/outputs.md and docs/statistics.md anew
# make review       compare with BASE (main), or HEAD=… with it: review/index.html and review/review.md
# make ray          set up what trains sweeps on a Ray cluster
# make verify       build HEAD twice under other conditions, and compare every output
# make verify-cpu   run all stages as other processors, and compare every output
# make bench        compare the engine's speed with a notebook's loop, with JAX, and with itself
# make lock         renew the lock files; then `make licences`
# make licences     rewrite docs/licences.md
# make check-cache  find, name and remove damaged files of DVC's cache

# Not that of .venv, which may be removed to be made again.
OTHERS = $(shell echo "$$PATH" | tr : '\n' | grep -vxF '$(CURDIR)/.venv/bin' | paste -sd:)
PYTHON ?= $(shell PATH='$(OTHERS)'; command -v python3.11 || command -v python3 || echo python3.11)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Set on some machines; it would make each import of TensorFlow take 18 s instead of 5.
unexport PYTHONDONTWRITEBYTECODE
# `error` would end DVC.
unexport PYTHONWARNINGS

# The packages that have no wheel: requirements/build.in has the reason of each. Any other is an error.
BUILT = antlr4-python3-runtime
WHEELS = --only-binary :all: $(addprefix --no-binary ,$(BUILT))
INSTALL = python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --compile \
  --no-build-isolation $(WHEELS)

BASE ?= main

.PHONY: repro try test test-long mutants lint unchanged readme docs plots notebook review verify verify-cpu bench ray lock licences check-cache FORCE
.DELETE_ON_ERROR:
.NOTPARALLEL: # they share one environment

repro: .venv/run
	@python -m tools.before
	dvc repro
	@python -m tools.as_committed

# What is given on make's command line, each in quotes: the shell evaluates none of it.
GIVEN = $(foreach name,$(filter-out PYTHON,$(.VARIABLES)),$(if $(filter command,$(origin $(name))),$(name)))

try: .venv/run
	@python -m tools.trial $(foreach name,$(GIVEN),'$(name)=$(subst ','\'',$(value $(name)))')

test: .venv/dev
	pytest -m "not long"

test-long: .venv/dev .venv/ray
	pytest -m long

# mutmut names the faults when it first runs, and has no command for that alone: so it tries this one before others.
FIRST = stages.lib.core.words.x_count__mutmut_1
mutants: override export OF := $(value of)
mutants: .venv/dev
	rm -rf mutants  # which remembers what former tests saw
	mutmut run $(if $(value of),"$(FIRST)" && names=$$(python -m tools.mutants "$$OF") && mutmut run $$names)
	@python -m tools.mutants

lint: .venv/dev
	ruff check .
	ruff format --check .
	mypy

unchanged:
	@changed=$$(git status --porcelain); [ -z "$$changed" ] || { \
	  printf 'These files came out other than committed; run `make repro readme docs` and commit them:\n%s\n' "$$changed" >&2; \
	  git diff --stat >&2; \
	  exit 1; }

readme: .venv/run
	python -m tools.readme

docs: .venv/run
	python -m tools.outputs

plots: .venv/run
	python -m tools.plots

# The settings have Markdown opened as a notebook.
notebook: .venv/notebook
	jupyter lab --LabApp.app_settings_dir=notebooks/lab notebooks/assignment.$(if $(filter ru,$(language)),ru,en).md

# What is named reaches the command through the environment: neither make nor the shell evaluates it.
review: override export BASE := $(value BASE)
review: override export HEAD := $(value HEAD)
review: override export PICTURES_URL := $(value PICTURES_URL)
review: override export REPRODUCED := $(value REPRODUCED)
review: .venv/run
	@python -P -m review $${PICTURES_URL:+--pictures-url "$$PICTURES_URL"} \
	  $${REPRODUCED:+--reproduced "$$REPRODUCED"} -- "$$BASE" $${HEAD:+"$$HEAD"}

lock: .venv/dev
	cd requirements && for use in run build dev ray bench notebook; do \
	  uv pip compile $$use.in $(WHEELS) --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --quiet --upgrade --output-file $$use.txt || exit; \
	done

licences: .venv/dev .venv/ray .venv/bench .venv/notebook
	python -m tools.licences

verify: .venv/run
	python -m tools.verify

verify-cpu: .venv/run
	python -m tools.verify.cpus

bench: .venv/bench
	python -m tools.bench

ray: .venv/ray

check-cache: .venv/run
	python -m tools.check_cache

# An environment is built anew where its lock, the packages or its place have changed: git renews dates alone.
STAMP = { cat requirements/build.txt requirements/run.txt pyproject.toml review/pyproject.toml && echo '$(CURDIR)'; }
.venv/run: FORCE
	@$(STAMP) | cmp -s - $@ || { $(call require_python) && $(PYTHON) -m venv --clear .venv && \
  $(INSTALL) -r requirements/build.txt && $(INSTALL) -r requirements/run.txt && \
	  python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . --editable ./review && \
	  $(STAMP) > $@; }

.venv/dev .venv/ray .venv/bench .venv/notebook: .venv/%: .venv/run FORCE
	@cmp -s requirements/$*.txt $@ || { $(INSTALL) -r requirements/$*.txt && cp requirements/$*.txt $@; }

FORCE:

define require_python
{ $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
  echo "Python 3.11 is needed, but $(PYTHON) is: $$($(PYTHON) --version 2>&1). Install it, or name it: make PYTHON=/path/to/python3.11" >&2; \
  exit 1; }; }
endef
