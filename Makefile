# Gatepost: set-up, run, test. See README.md.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
# Tests and demos start hundreds of processes: each would compile all their code anew.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := setup

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.gatepost-installed
SYSTEM_PACKAGES := deploy/system-packages.txt

TEST_STAMP := $(VENV)/.gatepost-test-packages
# Of half the tests' time nobody's processor is busy: they wait for disks, servers and each other.
WORKERS ?= $(shell echo $$(( ($$(nproc) * 3 + 1) / 2 )))
GATES ?= $(WORKERS)

.PHONY: setup run test gates chaos fuzz hil image image-test mutants lint format types contracts screens locks install units uninstall clean

setup: $(STAMP)

$(STAMP): deploy/locks/development.txt pyproject.toml $(SYSTEM_PACKAGES) deploy/setup.sh deploy/install-packages.sh
	deploy/setup.sh "$(PYTHON)" "$(VENV)"
	touch $(STAMP)

# A browser and a database server, for the tests alone.
$(TEST_STAMP): $(STAMP) deploy/test-packages.txt
	deploy/install-packages.sh deploy/test-packages.txt
	touch $(TEST_STAMP)

run: setup
	exec $(BIN)/gatepost demo $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

# Whole gates run apart from the busy part, GATES at a time, for they mostly wait; pytest's closing line comes last.
test: lint types contracts $(TEST_STAMP)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not end_to_end and not hardware"
	$(BIN)/pytest -n $(GATES) --no-loadscope-reorder -m "end_to_end and not long" tests/end_to_end

# Every other scenario, kills at random, minutes of visitors: before a change lands, and by continuous integration.
gates: $(TEST_STAMP)
	$(BIN)/pytest -n $(GATES) --no-loadscope-reorder -m "end_to_end and long" tests/end_to_end

# Two hundred kills, about a quarter of an hour; `make chaos ARGS="--rounds 20 --seed 3"` for fewer.
chaos: setup
	exec $(BIN)/gatepost chaos $(ARGS)

# What the tests of rules and flow notice of their mutants, ARGS="kiosk.flow ..." for some. For development only: mutmut,
# which makes them, comes from its own wheel and is in no lock. The tree is copied into mutants/.
mutants: setup
	$(BIN)/python -c "import mutmut" 2>/dev/null || $(BIN)/pip install --quiet "mutmut>=3.8.1,<4"
	exec $(BIN)/python -m tests.mutants $(ARGS)

# A million executions, or what fits into half an hour; `make fuzz ARGS="-runs=10000"` for fewer. For development only:
# the fuzzer comes from its own wheel, where there is one for this Python, and is in no lock.
fuzz: setup
	$(BIN)/python -c "import atheris" 2>/dev/null || $(BIN)/pip install --quiet "atheris>=3"
	mkdir -p build/fuzz
	exec $(BIN)/python -m tests.fuzz.run -artifact_prefix=build/fuzz/ -runs=1000000 -max_total_time=1800 -max_len=4096 -timeout=10 -verbosity=1 $(ARGS)

# The kiosk in an emulated machine with a kernel of its own, its hardware pulled and its power cut: under ten minutes, and some
# more for the guest where it is not built yet. As root, on Debian, x86-64. Not in `make test`, which has no time for it.
hil: setup
	deploy/install-packages.sh deploy/hil/packages.txt
	nice -n 10 deploy/hil/make-guest.sh
	exec $(BIN)/pytest -n 0 -m hardware tests/hil $(ARGS)

# A card's image for a Raspberry Pi 3, 4 and 5 in build/image, with what goes with it (docs/image.md): some ten minutes on a machine
# that does nothing else, and less where the base is built already. As root, on Debian.
image: setup
	deploy/install-packages.sh deploy/image/host-packages.txt
	nice -n 10 deploy/image/make-image.sh

# The image in an emulated board: started, set up, updated, rolled back, its power cut. Half an hour and more.
image-test: setup
	[ -e build/image/card.img ] || $(MAKE) image
	exec $(BIN)/pytest -n 0 -m hardware tests/image $(ARGS)

# Approve what the screens look like now: look at the pictures before you commit them.
screens: setup
	$(BIN)/gatepost screens build/screens
	for picture in docs/screens/*-*.png; do cp "build/screens/$$(basename "$$picture")" docs/screens/; done
	cp build/screens/chosen.png docs/screens/contact.png

locks:
	deploy/lock.sh

# A kiosk on a system that is there: units, accounts, /opt/gatepost, /etc/gatepost. DESTDIR is honoured;
# `make install WHAT=central` is the central server. Configuration and records outlive `make uninstall`.
WHAT ?= kiosk
INSTALLED_PYTHON ?= /usr/bin/python3
NEEDED = $(if $(filter central,$(WHAT)),deploy/central/packages.txt,$(SYSTEM_PACKAGES))

install:
	[ -n "$(DESTDIR)" ] || deploy/install-packages.sh $(NEEDED)
	DESTDIR="$(DESTDIR)" PYTHON="$(INSTALLED_PYTHON)" deploy/install.sh $(WHAT) environment
	DESTDIR="$(DESTDIR)" deploy/install.sh $(WHAT) files
	DESTDIR="$(DESTDIR)" deploy/install.sh $(WHAT) start

# The units under a systemd of their own, on a throw-away copy of this system's root; as root.
units:
	deploy/try-units.sh

uninstall:
	DESTDIR="$(DESTDIR)" deploy/install.sh $(WHAT) uninstall

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist mutants
