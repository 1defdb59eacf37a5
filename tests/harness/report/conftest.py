"""Reports of real and made-up runs, and a real browser to read them with."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from harness.report import make_report
from tests.filmed_runs import make_filmed_runs
from tests.synthetic_runs import write_run

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """{"quick": videos without overlays; "slow": with overlays; "blind": without videos} -> run folder."""
    return make_filmed_runs(tmp_path_factory.mktemp("filmed"))


@pytest.fixture(scope="session")
def compared(filmed: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of quick and slow."""
    return make_report([filmed["quick"], filmed["slow"]], tmp_path_factory.mktemp("reports") / "compared").folder


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two made-up runs of 2,000 scenarios, with errors, without videos."""
    root = tmp_path_factory.mktemp("many")
    runs = [
        write_run(root / name, 2000, agent=name, chance=chance, errors=0.01, folders=False)
        for name, chance in (("good", 0.85), ("bad", 0.6))
    ]
    return make_report(runs, root / "report").folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no browser: apt-get install chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield running
        running.close()


expect.set_options(timeout=15_000)


class Reader:
    """A page, and everything that went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.trouble: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.trouble.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("dialog", self._refuse)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("requestfailed", lambda request: self.trouble.append(f"failed: {request.url}"))

    def _refuse(self, dialog: Dialog) -> None:
        self.trouble.append(dialog.message)
        dialog.dismiss()

    def open(self, address: Path | str, route: str = "") -> Page:
        self.page.goto(f"{address.as_uri()}/index.html{route}" if isinstance(address, Path) else f"{address}{route}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def wait(self, expression: str, seconds: float = 15.0) -> None:
        """Until the expression is true. (Playwright's own waiting evaluates text in the page, which the page's policy forbids.)"""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline, f"never true: {expression}"
            self.page.wait_for_timeout(40)

    def rows(self) -> list[list[str]]:
        """The table of episodes as shown."""
        return self.page.eval_on_selector_all("#browser tbody tr", "rows => rows.map(r => [...r.children].map(c => c.innerText))")

    def count(self) -> str:
        return self.page.inner_text("#count")


@pytest.fixture
def reader(browser: Browser) -> Iterator[Reader]:
    """A fresh page; the test fails if anything was said on its console."""
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    found = Reader(context.new_page())
    yield found
    context.close()
    assert found.trouble == []


@pytest.fixture
def copied(filmed: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """``copied(name)``: a copy of that run to damage."""
    return lambda name: Path(shutil.copytree(filmed[name], tmp_path / "copies" / name))


def read_script(path: Path) -> Any:
    """The data that one of the report's data scripts hands over."""
    text = path.read_text()
    return json.loads("[" + text[text.index("(") + 1 : text.rindex(")")] + "]")
