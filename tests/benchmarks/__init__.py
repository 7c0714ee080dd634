"""Speed, memory and numerical error, as ratios within one run; `make bench` runs and reports them.

Each `bench_*.py` measures with pytest-benchmark in one of two environments and leaves rows, which
`report` makes into docs/performance.md. The name keeps them out of `make test`.
"""
