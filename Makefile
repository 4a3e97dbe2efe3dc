# The two commands: `make run`, `make test`. Everything else serves those who change the code.
SHELL := /bin/bash
RUN := deploy/python
.PHONY: run test soak fuzz check bench drill refs format

run: ; @DEMO=1 exec $(RUN) manage.py run
test: ; @$(RUN) -m tests.browser && $(RUN) -m pytest -n 3 --no-loadscope-reorder
soak: ; @$(RUN) -m tests.browser && SOAK=1 $(RUN) -m pytest -n 2 --no-loadscope-reorder --timeout 3600
fuzz: ; @$(RUN) -m tests.fuzz $(or $(SECONDS),3600)
check: ; @$(RUN) deploy/check.py
bench: ; @$(RUN) -m benchmarks
drill: ; @$(RUN) -m benchmarks backup
refs: ; @$(RUN) deploy/refs.py
format: ; @$(RUN) -m ruff format . && $(RUN) -m ruff check --fix .
