"""The visitor's form in a real browser, as small as a phone and with script off."""

import shutil
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kiosk.model import VisitId
from sync.central.forms.words import WORDS
from sync.central.words import LANGUAGES
from tests.sync.central.enrolling import enrol
from tests.sync.central.forms.links import token_of
from tests.sync.central.forms.phones import GUEST, Phone, forms_server
from tests.sync.central.residents.homes import Gate, mailbox, settle
from tests.sync.central.residents.test_homes import page_of, typed
from tests.sync.central.serving import Running

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
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
TAP_S = 2.5
"""To find the next thing on the page and touch it: the keystroke-level model's 1.35 s to think, and 1.1 s to point."""
KEY_S = 0.34
"""A key of a phone's keyboard: 36 words a minute, the mean of 37,370 people (Palin et al., MobileHCI 2019)."""


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forms")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    with forms_server(folder, passes=True) as found:
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


def test_a_guest_fills_in_the_form_in_under_a_minute(browser: "Browser", running: Running) -> None:
    token = token_of(enrol(running.engine, gate="gate-quick"), VisitId("00112233aabbccee"))
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    taps = keys = 0
    try:
        page.goto(f"{running.url}/f/{token}")
        for place, text in (
            ("#visitor-guest", ""),
            ("#unit", "12-301"),
            ("#name", "Zhang Wei"),
            ("#phone", "13800138000"),
            ("#away-no", ""),
            (".send", ""),
        ):
            page.click(place)
            page.keyboard.type(text)
            taps, keys = taps + 1, keys + len(text)
        assert page.inner_text("h1") == WORDS["en"]["sent"]["title"]
    finally:
        context.close()
    assert (taps, keys) == (6, 26)  # as docs/form.md says
    assert taps * TAP_S + keys * KEY_S < 30


def test_whoever_cannot_see_or_point_can_use_every_page(browser: "Browser", running: Running, folder: Path) -> None:
    """axe-core finds nothing wrong on any page of visitors and residents."""
    device, found, languages = enrol(running.engine, gate="gate-axe"), {}, cycle(LANGUAGES)
    with mailbox() as box:
        home = page_of(running, folder, settle(running.engine, folder, "12-301", "王芳", box.url))
        visit = VisitId("00112233aabbcc01")
        sent = Phone(running).send(token_of(device, visit), GUEST).url.removeprefix(running.url)
        Gate(running, device, folder).ask(visit)
        asked = box.path().partition("?")[0]
    Phone(running).session.post(running.url + home, typed(), timeout=20)
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    steps: dict[str, Callable[[], object]] = {
        f"/f/{token_of(device, VisitId('00112233aabbcc02'))}": lambda: None,
        f"/f/{token_of(device, VisitId('00112233aabbcc03'))}": lambda: page.click(".send"),
        sent: lambda: None,
        asked: lambda: None,
        f"{asked}?": lambda: page.click("button[value=given]"),
        home: lambda: None,
        f"{home}?": lambda: page.click("a.again"),
        "/home/riverside": lambda: None,
        "/c/nothing": lambda: None,
    }
    try:
        for path, step in steps.items():
            page.goto(f"{running.url}{path.rstrip('?')}?lang={next(languages)}")
            step()
            fits(page)
            for violation in axe.Axe().run(page).response["violations"]:
                found[path, violation["id"]] = violation["nodes"][0]["html"]
    finally:
        context.close()
    assert found == {}
