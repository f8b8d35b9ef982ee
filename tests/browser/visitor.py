"""Someone with a browser, who notices what is wrong with a page."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.conftest import PASSWORD


class Visitor:
    """Opens pages and collects complaints: errors, requests to other hosts, pages too wide."""

    def __init__(self, browser: Browser, base: str, width: int, height: int) -> None:
        self.base, self.width = base, width
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._on_request)

    def log_in(self, username: str) -> None:
        """By the form, as a person does: cookies, CSRF and the browser's own headers included."""
        self.page.goto(f"{self.base}/login/")
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.base}/")

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        self.page.wait_for_load_state("networkidle")
        self.fits()
        return self.page

    def go_to(self, section: str) -> None:
        """By the navigation, which a phone keeps behind a button."""
        menu = self.page.locator("header summary")
        if menu.is_visible():
            menu.click()
        self.page.get_by_role("navigation").get_by_role("link", name=section, exact=True).click()

    def fits(self) -> None:
        """Complains of a page that must be scrolled sideways."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > self.width:
            self.complaints.append(f"{self.page.url} is {wide} px wide")

    def shows_whole_tables(self) -> None:
        """Complains of tables that must be scrolled sideways in their frame."""
        for frame in self.page.locator(".wide:visible").all():
            if frame.evaluate("each => each.scrollWidth > each.clientWidth"):
                self.complaints.append(f"{self.page.url}: a table is wider than its frame")

    @contextmanager
    def answers(self, status: int) -> Iterator[None]:
        """The page is refused with this status, and the browser may say so."""
        before = len(self.complaints)
        yield
        said = self.complaints[before:]
        self.complaints[before:] = [each for each in said if f"status of {status} " not in each]

    def leave(self) -> None:
        self.context.close()
        assert self.complaints == [], self.complaints

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.complaints.append(f"{self.page.url} asked {request.url}")
