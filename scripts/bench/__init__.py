"""The benchmarks: `make bench`, `renewals bench [NAME…]`; what each measures stands in docs/benchmarks.md.

They need the source checkout (processes, forms) and write only into a temporary folder. The stock serializer
and plain SQL live here, so that the engine's own rooms stay free of what it is compared with.
"""
