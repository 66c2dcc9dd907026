"""The pytest plugin: the only part of this package that imports pytest."""
