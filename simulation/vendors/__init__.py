"""The shapes in which systems export: one module per vendor, with its tables told in SQL over the life tables (see `tables`).

A module defines EXPORTS. Nothing here draws from chance, and nothing knows of faults or files.
"""
