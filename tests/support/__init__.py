"""Helpers of the tests: generators of input, no assertions."""
