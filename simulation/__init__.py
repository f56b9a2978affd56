"""A world with known truth.

Here belongs whatever invents customers and hands their doings over in the shape a vendor's export has, with
the facts and faults planted on purpose: for the demo, the tests and the benchmarks. What does not belong here
is anything that reads, judges or models those exports; this package imports nothing else of ours.
"""
