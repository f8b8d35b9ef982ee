"""Chromium, if the machine has one, looking at a server of this process."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.visitor import Visitor

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_MS = 20_000  # a machine may have other things to do
# No sandbox: it needs rights that a container lacks. The rest keeps Chromium from calling home.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    # Playwright keeps an event loop in this thread; our queries here never run inside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(params=["desktop", "phone"])
def visitor(
    request: pytest.FixtureRequest, chromium: Browser, live_server: LiveServer
) -> Iterator[Visitor]:
    """Someone at a desk or with a phone; fails the test when a page is not clean."""
    sizes = {"desktop": (1280, 800), "phone": (390, 844)}
    visitor = Visitor(chromium, live_server.url, *sizes[request.param])
    yield visitor
    visitor.leave()
