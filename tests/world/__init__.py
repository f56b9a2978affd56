"""A small town of named people, a crowd of random ones, and the way to build a warehouse from them without Dagster."""
