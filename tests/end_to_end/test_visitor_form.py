"""The visitor's form in a real browser, as small as a phone and with script off."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from kiosk.model import VisitId
from sync.central.forms.words import WORDS
from sync.central.words import LANGUAGES
from tests.sync.central.enrolling import enrol
from tests.sync.central.forms.links import token_of
from tests.sync.central.forms.phones import forms_server
from tests.sync.central.serving import Running

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

LOCALES = {"zh": "zh-CN", "en": "en-GB", "ja": "ja", "ko": "ko"}
TARGETS = "button:not(.first), select, input[type=text], input[type=tel], textarea, label.choice"
TOUCH_PX = 44


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with forms_server(tmp_path_factory.mktemp("forms")) as found:
        yield found


def fits(page: "Page") -> None:
    """Nothing is wider than the screen, or too small for a finger."""
    bodies = [box for one in page.query_selector_all(f"body, {TARGETS}") if (box := one.bounding_box()) is not None]
    assert all(box["x"] >= -8 and box["x"] + box["width"] <= 368 for box in bodies)
    assert all(box["height"] >= TOUCH_PX for box in bodies)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visitor_fills_in_the_form_on_a_small_phone_without_script(
    browser: "Browser", running: Running, language: str
) -> None:
    words = WORDS[language]
    token = token_of(enrol(running.engine, gate=f"gate-{language}"), VisitId("00112233aabbccdd"))
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale=LOCALES[language], java_script_enabled=False)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    try:
        page.goto(f"{running.url}/f/{token}")
        assert page.inner_text("h1") == words["page"]["title"]
        assert not page.is_visible("#region")
        fits(page)
        page.check("#visitor-guest")
        page.fill("#unit", "12-301")
        page.fill("#name", "李娜")
        page.fill("#phone", "12")
        page.check("#away-yes")
        page.select_option("#region", "CN-HB")
        assert not page.is_visible("#flight")
        page.check("#away-no")
        page.press("#phone", "Enter")  # whoever is quick sends it from the keyboard
        assert page.inner_text("#phone-wrong") == words["error"]["phone"]
        assert page.input_value("#name") == "李娜"
        fits(page)
        page.fill("#phone", "13800138000")
        page.click(".send")
        assert page.inner_text("h1") == words["sent"]["title"]
        fits(page)
        page.goto(f"{running.url}/f/{token}")
        assert words["bad"]["used"] in page.inner_text("main")
        assert [one for one in said if "Content Security Policy" in one] == []
    finally:
        context.close()
