"""One browser a run, one context a test. Any console error, page error or broken policy fails a journey.

The ring is skipped where there is no Chromium or no Playwright; with `BROWSER_TESTS=required` it fails.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import chromium, launched
from tests.browser.visitor import Visitor
from tests.support.served import Served, a_served_house


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests are skipped, or fail where they are required."""
    if os.environ.get("BROWSER_TESTS") == "required":
        return
    why = None
    if chromium() is None:
        why = "no Chromium: `apt install chromium`, or CHROMIUM=path"
    else:
        try:
            import playwright  # noqa: F401
        except ImportError:
            why = "no Playwright: `make browser` installs it"
    for item in items:
        if why is not None and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any) -> Any:
    """A journey that fails leaves a picture in its folder."""
    report = yield
    item.has_failed = getattr(item, "has_failed", False) or report.failed
    return report


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    """A front end on real time, which has a demo."""
    async with a_served_house(demo=True) as opened:
        yield opened


@pytest.fixture
async def visitor(served: Served, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Visitor]:
    """A person with a browser of her own, who notes everything that goes wrong."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await launched(playwright)
        context: Any = await browser.new_context(viewport={"width": 1280, "height": 800})
        opened = Visitor(served, context)
        try:
            yield opened
            if getattr(request.node, "has_failed", False):
                await opened.picture(tmp_path / "failed.png")
            assert opened.troubles == [], opened.troubles
        finally:
            await browser.close()
