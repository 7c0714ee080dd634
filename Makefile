# Every target sets up what it needs (Debian 12; see README.md for other systems).
PYTHON = .venv/bin/python
TRAIN_PYTHON = .venv-train/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup setup-plugin setup-training setup-scaleout demo tutorial screenshots test matrix fuzz mutation coverage lint train reference docs styles workflows translations package release soak bench scaling clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install system packages and all Python environments
	scripts/setup.sh

setup-plugin:
	scripts/setup.sh system plugin

setup-training:
	scripts/setup.sh system training

setup-scaleout:
	scripts/setup.sh system scaleout

demo: setup-plugin ## Map two synthetic MI tiles through real QGIS into build/demo
	scripts/demo.sh

tutorial: setup-plugin ## Run docs/tutorial.md in QGIS, rewrite its numbers and pictures (2 min)
	$(PYTHON) -m scripts.docs.tutorial

screenshots: setup-plugin ## Take pictures of all dialogs and of the model designer, into docs/images (1 min)
	$(PYTHON) -m scripts.docs.screenshots

test: setup ## Run all tests: core, raster, QGIS, command line, training, scale-out
	scripts/check/test.sh

matrix: setup-plugin ## Run the QGIS and command-line tests on QGIS 3.40 and 3.44 (as root; first time 10 min)
	scripts/check/matrix.sh

fuzz: setup-plugin ## 2000 random scenes through the algorithms, beside an independent oracle (5 min at most)
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m tests.fuzz --scenes 2000 --seconds 300

mutation: setup-plugin ## Change the core's equations one by one: which changes no test notices (3 min)
	scripts/check/mutation.sh

coverage: setup-plugin ## Branches of core, raster and processing that tests reach (6 min)
	scripts/check/coverage.sh

lint: setup-training ## Check style (ruff), types (mypy), QGIS rules (flake8-qgis), Qt 6 names, vocabulary, spelling
	$(TRAIN_PYTHON) -m ruff check .
	$(TRAIN_PYTHON) -m ruff format --check .
	$(TRAIN_PYTHON) -m mypy
	$(TRAIN_PYTHON) -m flake8 lunar_oxide_plugin scripts
	QT_QPA_PLATFORM=offscreen $(TRAIN_PYTHON) -m scripts.check.qt6
	$(TRAIN_PYTHON) -m scripts.check.vocabulary
	$(TRAIN_PYTHON) -m codespell_lib

train: setup-training ## Rebuild the bundled models and training/reports from the tables
	$(TRAIN_PYTHON) -m training all

reference: setup-plugin ## Rewrite docs/reference from the algorithms
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m scripts.generate.reference

docs: ## Build the documentation as a site, build/site
	scripts/setup.sh docs
	.venv-docs/bin/python -m scripts.docs.site
	.venv-docs/bin/python -m mkdocs build --strict --quiet

styles: setup-plugin ## Rewrite the QGIS styles from core/oxides/colours.py
	$(PYTHON) -m scripts.generate.styles

workflows: setup-plugin ## Rewrite the bundled workflows from their steps
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m scripts.generate.workflows

translations: setup-plugin ## Collect what users see into i18n/*.ts and compile them (needs qttools5-dev-tools)
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m scripts.generate.translations

package: ## Build and check dist/lunar_oxide_plugin.zip for QGIS
	command -v python3 >/dev/null || scripts/setup.sh system
	python3 -m scripts.release.package

release: setup-training ## Check, pack and tag the version of metadata.txt; pushes nothing
	$(TRAIN_PYTHON) -m scripts.release.release

soak: setup-plugin ## 200 runs in one QGIS process: no growth of memory, open or temporary files (2 min)
	QT_QPA_PLATFORM=offscreen $(PYTHON) -m tests.soak 200

bench: setup ## Measure speed and memory beside peers, into docs/performance.md (25 min)
	scripts/setup.sh bench
	$(PYTHON) -m tests.benchmarks

scaling: setup-scaleout ## Measure and simulate scale-out, into docs/scaleout.md (6 min)
	.venv-scaleout/bin/python -m tests.benchmarks.scaling
	.venv-scaleout/bin/python -m tests.benchmarks.simulate_cluster

clean: ## Remove what the targets above made, environments included
	rm -rf build dist .venv .venv-oldest .venv-bench .venv-docs .venv-mutation .venv-scaleout .venv-train .pytest_cache .ruff_cache .mypy_cache .hypothesis .qgis-settings
