"""The scripts type-check, and the declarations that are shipped with them are those of the scripts."""

import pytest

from tests.browser import types

pytestmark = pytest.mark.skipif(
    not types.TSC.exists(), reason="no TypeScript: `make browser` installs it with npm"
)


def test_all_scripts_type_check() -> None:
    assert types.faults() == ""


def test_the_declarations_are_those_of_the_scripts() -> None:
    """`python -m tests.browser.types` renews them."""
    for name, text in types.declarations().items():
        assert (types.SDK / f"{name}.d.ts").read_text() == text, name
