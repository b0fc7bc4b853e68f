# Copyright: BlueKing JOB collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Everything works from a fresh clone with Python >= 3.10, git and make. What is installed goes into .venv.

PYTHON ?= python3
# How many tests, or parts of "make test", run at the same time: one for each core.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
READY := $(VENV)/.ready
# The virtual environment with what the demo and the JOB simulator need; READY adds what develops and tests.
DEMO_READY := $(VENV)/.demo
IMPORTER := .cache/galaxy-importer
AUDITOR := .cache/pip-audit
# Where people read. Tests are full of words that are misspelt on purpose.
SPELLED := . ':!tests/unit' ':!tests/integration' ':!LICENSES' ':!COPYING'
# mypy wants to see the collection under its full name; the clone may have any.
TREE := .cache/tree/ansible_collections/blueking
# Parts of "make test" beside the unit tests, slowest first, so that the last ones end at about the same time.
PARTS := ansible-test-scripts ansible-test-in-process ansible-test-modules ansible-test-sanity lint-playbooks \
	test-eda-quick galaxy-check lint-files types
# It exists if tests with ansible-rulebook could not run, and says why.
NOT_RUN := .cache/eda-not-run
# Each part shows its output when it ends, and a part that fails keeps no other from running. Parts wait for processes and
# jobs a fifth of their time, so one more runs than there are cores.
TOGETHER := $(MAKE) --jobs=$(shell expr $(JOBS) + 1) --output-sync=target --keep-going --no-print-directory
export PATH := $(BIN):$(PATH)
# Some environments forbid Python to keep compiled files; compiling everything at every start costs a fifth of the time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help venv demo demo-awx demo-eda server check test lint lint-playbooks lint-files types unit unit-pure \
	ansible-test ansible-test-sanity ansible-test-in-process ansible-test-modules ansible-test-scripts compare-modes galaxy-check fuzz fault-matrix test-eda test-eda-quick \
	coverage matrix messages audit bench bench-results bench-server bench-events docs format build changelog release clean

help:  ## list the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Try it
demo: $(DEMO_READY)  ## run a playbook that runs real scripts through the JOB simulator
	@$(BIN)/python tests/demo/run.py demo

demo-awx: $(READY)  ## run the workflow for AWX with ansible-runner, as AWX would, against the JOB simulator
	@$(BIN)/python tests/demo/awx.py

demo-eda: $(DEMO_READY)  ## run a rulebook that retries what fails, with a real ansible-rulebook, against the JOB simulator (needs Java)
	@$(BIN)/python tests/tools/run_eda.py demo

server: $(DEMO_READY)  ## leave the JOB simulator running, to try the collection by hand
	@$(BIN)/python tests/demo/run.py serve $(if $(PORT),--port $(PORT))

##@ Develop
venv: $(READY)  ## install all that the other targets need into .venv

check: $(READY)  ## lint, types and pure unit tests, for the edit loop
	@$(TOGETHER) unit-pure lint-playbooks lint-files types
	@echo "make check: all parts passed"

format: $(READY)  ## put Python files into shape, and write RETURN blocks of the modules
	$(BIN)/python tests/tools/write_returns.py
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: $(READY)  ## print every message that the plugins can give, by file and line
	@$(BIN)/python tests/tools/messages.py

##@ Test
test: unit  ## lint, types, unit tests, sanity and integration tests, and what Galaxy checks
	@$(TOGETHER) $(PARTS) compare-modes
	@if test -e $(NOT_RUN); then cat $(NOT_RUN) && echo "make test: all other parts ran and passed"; \
		else echo "make test: all parts ran and passed"; fi

lint: $(READY)  ## style of Python, YAML, playbooks, documentation and changelog
	@$(TOGETHER) lint-playbooks lint-files

lint-playbooks: $(READY)
	$(BIN)/python tests/tools/run_ansible_lint.py

# The antsibull tools write a log file into the home folder, so they get one of their own. "make docs" checks RST.
lint-files: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/yamllint --strict .
	git ls-files -z -- $(SPELLED) | xargs -0 $(BIN)/codespell
	@mkdir -p .cache/home
	HOME=$(CURDIR)/.cache/home $(BIN)/antsibull-changelog lint
	HOME=$(CURDIR)/.cache/home $(BIN)/antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck \
		--validate-collection-refs=self .

types: $(READY)  ## static types
	cd .cache/tree && $(BIN)/mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.cache/mypy \
		ansible_collections/blueking/job/plugins \
		ansible_collections/blueking/job/extensions/eda/plugins/event_source/job_runs.py \
		ansible_collections/blueking/job/tests/support \
		ansible_collections/blueking/job/tests/demo/awx.py \
		ansible_collections/blueking/job/tests/demo/run.py \
		ansible_collections/blueking/job/tests/benchmarks

unit: $(READY)  ## unit tests
	@$(BIN)/python tests/tools/awx_collection.py >/dev/null
	$(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=worksteal

unit-pure: $(READY)
	$(BIN)/python -m pytest --pure -p no:xdist

ansible-test: $(READY)  ## ansible-test sanity and integration, on copies outside the clone
	@$(TOGETHER) $(filter ansible-test-%,$(PARTS)) compare-modes

ansible-test-sanity ansible-test-in-process ansible-test-modules ansible-test-scripts: $(READY)
	$(BIN)/python tests/tools/run_ansible_test.py $(@:ansible-test-%=%)

compare-modes: ansible-test-in-process ansible-test-modules
	$(BIN)/python tests/tools/run_ansible_test.py compare

galaxy-check: $(IMPORTER)/.ready  ## check the artifact as Galaxy and Automation Hub do when they import it
	$(IMPORTER)/bin/python tests/tools/run_galaxy_importer.py $(IMPORTER)

test-eda: $(READY)  ## rulebooks in a real ansible-rulebook, which is killed and stopped meanwhile (needs Java)
	@$(BIN)/python tests/tools/run_eda.py test

test-eda-quick: $(READY)
	@$(BIN)/python tests/tools/run_eda.py quick

fuzz: $(READY)  ## generated tests with many more, random examples (an hour)
	FUZZ=long $(BIN)/python -m pytest --numprocesses=$(JOBS) -m fuzz

fault-matrix: $(READY)  ## every fault at every call of a launch, as a table
	@$(BIN)/python -m ansible_collections.blueking.job.tests.unit.helpers.fault_matrix.table

coverage: $(READY)  ## which lines of plugins/ unit and integration tests run; every other line needs a reason
	$(BIN)/python tests/tools/measure_coverage.py

matrix: $(READY)  ## unit, sanity and integration tests with every ansible-core and the Pythons of this machine (hours)
	$(BIN)/python tests/tools/matrix.py $(MATRIX)

audit: $(AUDITOR)/.ready  ## known vulnerabilities of what the collection needs when it runs; fails if the database cannot be reached
	@$(AUDITOR)/bin/python tests/tools/audit.py $(AUDITOR)

##@ Measure
bench: $(READY)  ## what a task costs compared with Ansible's own modules, and how soon it ends after its job
	@$(BIN)/python tests/benchmarks/execution_modes.py
	@$(BIN)/python tests/benchmarks/many.py

bench-results: $(READY)  ## requests, time and memory of the modules for up to 50 000 hosts, compared with a bare script
	@$(BIN)/python tests/benchmarks/results.py

bench-server: $(READY)  ## memory and speed of the JOB simulator
	@$(BIN)/python tests/benchmarks/simulator.py

bench-events: $(READY)  ## cost of the event source at 10 000 runs a day, and its memory over a simulated week
	@$(BIN)/python tests/benchmarks/events.py

##@ Publish
docs: $(READY)  ## the documentation as a site, every warning an error and every link followed
	@mkdir -p .cache/home
	@$(BIN)/python tests/tools/build_docs.py
	@echo "make docs: $(CURDIR)/.cache/docs/html/index.html"

build: $(READY)  ## build the artifact
	$(BIN)/ansible-galaxy collection build --force

changelog: $(READY)  ## write CHANGELOG.md for the version in galaxy.yml, out of the fragments
	@mkdir -p .cache/home
	HOME=$(CURDIR)/.cache/home $(BIN)/antsibull-changelog release
	@rm changelogs/.plugin-cache.yaml

release: $(READY)  ## build the artifact of the version in galaxy.yml, if changelog, User-Agent and tag agree with it
	@$(BIN)/python tests/tools/release.py

clean:  ## remove what make has made
	rm -rf $(VENV) .cache .hypothesis *.tar.gz

$(DEMO_READY): tests/requirements-demo.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=...")'
	@# Before Python 3.12 a new environment contains setuptools, which the demo does not need (9 MB).
	test -x $(BIN)/python || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip uninstall -qq --yes setuptools; }
	$(BIN)/python -m pip install --quiet --no-compile --requirement tests/requirements-demo.txt
	$(BIN)/python tests/tools/link_collection.py
	@touch $@

$(READY): $(DEMO_READY) tests/requirements-dev.txt
	$(BIN)/python -m pip install --quiet --requirement tests/requirements-dev.txt
	$(BIN)/python tests/tools/link_collection.py $(TREE)
	$(BIN)/python tests/tools/zip_bytecode_cache.py
	@touch $@

# The importer works with the Ansible that it asks for, whichever one the rest is constrained to.
$(IMPORTER)/.ready: tests/requirements-galaxy.txt
	test -x $(IMPORTER)/bin/python || $(PYTHON) -m venv $(IMPORTER)
	env -u PIP_CONSTRAINT $(IMPORTER)/bin/python -m pip install --quiet --requirement tests/requirements-galaxy.txt
	@touch $@

$(AUDITOR)/.ready: tests/requirements-audit.txt
	test -x $(AUDITOR)/bin/python || $(PYTHON) -m venv $(AUDITOR)
	env -u PIP_CONSTRAINT $(AUDITOR)/bin/python -m pip install --quiet --requirement tests/requirements-audit.txt
	@touch $@
