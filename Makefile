# The two commands: `make run`, `make test`. Everything else serves those who change the code.
SHELL := /bin/bash
RUN := deploy/python
.PHONY: run test check bench format

run: ; @DEMO=1 exec $(RUN) manage.py run
test: ; @$(RUN) -m tests.browser && $(RUN) -m pytest -n 3 --no-loadscope-reorder
check: ; @$(RUN) deploy/check.py
bench: ; @$(RUN) -m benchmarks
format: ; @$(RUN) -m ruff format . && $(RUN) -m ruff check --fix .
