"""Statistics for small samples: exact where that can be had, and nothing but the standard library.

Each module is one method; each is checked against SciPy in the tests, and against nothing else at run time.
"""
