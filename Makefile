# make demo         a fresh machine to a trained network
# make test         a fresh machine to passed tests
# make test-long    the same claims on more examples, on every backend, beside every other counter
# make mutants      small changes to the code, each of which the tests must notice
# make fuzz         texts, commands, programs and the Python API tried at random, for SECONDS=600
# make measure      memory as predicted and as measured, of all networks, for docs/measured
# make docs         the lists, tables and the picture in the documents, from the source
PYTHON ?= python3
SECONDS ?= 600
SEED    ?= 0
BIN    := .venv/bin

# TensorFlow's CPU build where there is no NVIDIA card: a tenth of the size
TENSORFLOW := $(shell command -v nvidia-smi > /dev/null && echo tensorflow || echo tensorflow-cpu)
SOURCES    := pyproject.toml $(shell find api grammar dsl codegen -type f -not -path '*/__pycache__/*')

# tests with an environment or a machine of their own; test-long runs each of them there
APART := $(addprefix tests/,run/test_sweep_ray.py costs/test_counters.py costs/test_symbolic_counter.py costs/test_originals.py \
	memory/test_torch_memory.py memory/test_torch_peak.py memory/test_torch_originals.py memory/test_fit_measured.py \
	memory/test_xla_peak.py memory/test_torch_remat.py memory/test_keras_torch_memory.py measure/test_on_backends.py keras/test_backends.py)
# tests that run on every backend, each against the same references
BACKENDS := tests/keras/test_backends.py tests/keras/test_same_values.py tests/kinds/test_values.py tests/keras/test_recomputed.py
# each in a process of its own, whose memory is given back
KEPT_BY_TORCH := memory/test_torch_memory.py memory/test_torch_peak.py memory/test_torch_remat.py \
	memory/test_xla_peak.py memory/test_lowering.py memory/test_fit_measured.py measure/test_on_backends.py
# neighbouring tests go to one process, which sets up what they share; the other takes over what is left
SHARED := -n 2 --dist worksteal $(addprefix --ignore=,$(APART))

.PHONY: demo test test-long counters originals kept-by-keras fuzz-texts fuzz-commands on-jax on-torch
.PHONY: fuzz mutants measure docs bench format clean

demo: .venv/installed
	$(BIN)/netform table examples/cifar_vgg.net
	$(BIN)/netform formula examples/cifar_vgg.net params macs feature_maps memory_training
	$(BIN)/netform ratio examples/cifar_vgg.net --width 1/2
	rm -rf demo
	$(BIN)/netform train examples/digits.net --out demo
	@echo "the program that did it: demo/digits.py"

test: .venv/tested
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini
	$(BIN)/pytest $(SHARED) -m "not long"

test-long: .venv/tested .venv/ray .venv-backends/installed .venv-counters/installed .venv-originals/installed .venv-fuzz/installed
	@command -v pdflatex > /dev/null || echo "pdflatex is not installed: the LaTeX of derivations and formulas is checked but not compiled"
	HYPOTHESIS_PROFILE=long $(BIN)/pytest $(SHARED) -m "long or hypothesis" -rs --cov
	timeout 600 $(BIN)/pytest tests/run/test_sweep_ray.py  # alone: it takes both cores for its cluster
	$(MAKE) --jobs 2 --output-sync=target originals counters kept-by-keras
	$(MAKE) --jobs 2 --output-sync=target fuzz-texts fuzz-commands
	.venv-backends/bin/python tests/support/devices_elsewhere.py jax torch
	$(MAKE) --jobs 2 --output-sync=target on-jax on-torch

# parts of test-long, each on one core
counters:
	HYPOTHESIS_PROFILE=long .venv-counters/bin/pytest tests/costs/test_counters.py
	.venv-counters/bin/pytest tests/costs/test_symbolic_counter.py  # apart: the tools above patch PyTorch

originals:
	.venv-originals/bin/pytest tests/costs/test_originals.py tests/memory/test_torch_originals.py
	@for file in $(KEPT_BY_TORCH); do \
	    HYPOTHESIS_PROFILE=long .venv-backends/bin/pytest tests/$$file || exit 1; \
	done

kept-by-keras:
	KERAS_BACKEND=torch HYPOTHESIS_PROFILE=long .venv-backends/bin/pytest tests/memory/test_keras_torch_memory.py

fuzz-texts:
	.venv-fuzz/bin/python tests/support/fuzz.py -runs=50000 -seed=1 -verbosity=0

fuzz-commands:
	$(BIN)/python tests/support/fuzz_everything.py --inputs 20000 --seconds 180 --seed 1

on-jax on-torch: on-%:
	KERAS_BACKEND=$* .venv-backends/bin/pytest $(BACKENDS)

fuzz: .venv/tested
	$(BIN)/python tests/support/fuzz_everything.py --seconds $(SECONDS) --seed $(SEED)

mutants: .venv-mutants/installed
	.venv-mutants/bin/python tests/support/mutants.py --count 40 --seed 0

# what is measured already is left out; MEASURE="--batches 8 --largest 8GiB" goes to the script
measure: .venv/installed .venv-backends/installed
	KERAS_BACKEND=tensorflow $(BIN)/python docs/measure_zoo.py tensorflow $(MEASURE)
	KERAS_BACKEND=torch .venv-backends/bin/python docs/measure_zoo.py torch jax $(MEASURE)

docs: .venv/installed
	$(BIN)/python docs/write_lists.py
	$(BIN)/python docs/draw_architecture.py

bench: .venv/installed .venv-bench/installed
	$(BIN)/python benchmarks/report.py --peers .venv-bench/bin/python

format: .venv/tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .venv-* .nox .coverage demo build *.egg-info

# TensorFlow under either name holds keras and tensorflow, so the extra's own is left out.
.venv/installed: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet "$(TENSORFLOW)>=2.18" "scikit-learn>=1.4" "pillow>=10.1"
	$(BIN)/pip install --quiet .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/pip install --quiet ".[test]"
	touch $@

.venv/ray: .venv/tested
	$(BIN)/pip install --quiet ".[ray]"
	touch $@

.venv-backends/installed: .venv/installed
	test -x .venv-backends/bin/python || $(PYTHON) -m venv .venv-backends
	.venv-backends/bin/pip install --quiet . keras jax "torch==2.13.0" "scikit-learn>=1.4" \
		"pillow>=10.1" hypothesis pytest
	touch $@

# calflops without what it asks for, which reads models from a hub
.venv-counters/installed: .venv/installed
	test -x .venv-counters/bin/python || $(PYTHON) -m venv .venv-counters
	.venv-counters/bin/pip install --quiet . hypothesis pytest setuptools "torch==2.13.0" \
		torchinfo==1.8.0 fvcore==0.1.5.post20221221 ptflops==0.7.5 thop==0.1.1.post2209072238
	.venv-counters/bin/pip install --quiet --no-deps calflops==0.3.2
	touch $@

# apart from the counters, which patch torchvision where they find it
.venv-originals/installed: .venv/installed
	test -x .venv-originals/bin/python || $(PYTHON) -m venv .venv-originals
	.venv-originals/bin/pip install --quiet . hypothesis pytest "torch==2.13.0" torchvision==0.28.0 timm==1.0.31
	touch $@

.venv-fuzz/installed: .venv/installed
	test -x .venv-fuzz/bin/python || $(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/pip install --quiet . atheris
	touch $@

.venv-mutants/installed: .venv/installed
	test -x .venv-mutants/bin/python || $(PYTHON) -m venv .venv-mutants
	.venv-mutants/bin/pip install --quiet "$(TENSORFLOW)>=2.18" ".[test]" "cosmic-ray==8.7.0"
	touch $@

.venv-bench/installed: benchmarks/requirements.txt
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/pip install --quiet -r benchmarks/requirements.txt
	touch $@
