"""What names of tests have in common."""

import pytest

from pytest_agentchaos.reporting.naming import shared


@pytest.mark.parametrize(
    ("names", "common"),
    [
        (["a/test_x.py::test_one", "a/test_x.py::test_two"], "a/test_x.py::"),
        (["a/test_x.py::T::test_one", "a/test_x.py::T::test_two[1::2]"], "a/test_x.py::T::"),
        (["a/test_x.py::test_one", "a/test_y.py::test_one"], "a/"),
        (["test_x.py::test_one", "test_y.py::test_one"], ""),
        (["a/test_x.py::test_one"], "a/test_x.py::"),
        (["a/x.py::test_p[u/1]", "a/x.py::test_p[u/2]"], "a/x.py::"),
        (["weekend in Lisbon", "weekend in Rome"], ""),
        ([], ""),
    ],
)
def test_only_whole_parts_of_addresses_are_common(names, common):
    """Words that happen to begin alike are not cut, and no name becomes empty."""
    assert shared(names) == common
    assert all(name.removeprefix(common) for name in names)
