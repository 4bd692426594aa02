"""The live page in a real browser: what people see, on a wide screen and on a phone, in all four languages."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kiosk.events import Draft
from kiosk.model import Answer, GateOutcome, Part, VisitId
from kiosk.records import ended_draft, health_draft, note_draft
from kiosk.visit import Ending
from sync.central.staff.door import COOKIE
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.kiosks import PAST_US, KioskLog
from tests.sync.central.serving import Running, server

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

SIZES: dict[str, Any] = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
WAIT_MS = 20_000
TOUCH_PX = 44
STAMPED = ("boot", "clock", "mono_us", "wall_us", "simulated", "software")
CONTRAST = 4.5
COUNT_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""
# WCAG's contrast of each text with what is painted behind it.
CONTRASTS = """
() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = rgb(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const texts = ["h1", "a", ".notice", "th", ".answer b", ".why span", ".why i", "time", "#state", "footer p",
    "#calls h2", "#calls b", "#calls span", "#calls i"];
  const shown = [...document.querySelectorAll(texts.join())];
  return shown.filter((node) => node.offsetParent).map((node) => {
    const [one, other] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    return [node.className || node.tagName, (one + 0.05) / (other + 0.05)];
  });
}
"""


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield launched
        launched.close()


@contextmanager
def opened(browser: "Browser", central: Running, path: str, size: str = "wide", **options: Any) -> "Iterator[Page]":
    """A page that is live, for somebody signed in; at the end nothing may have gone wrong in it."""
    context = browser.new_context(viewport=SIZES[size], timezone_id="Asia/Shanghai", **options)
    context.set_default_timeout(WAIT_MS)
    context.add_cookies([{"name": COOKIE, "value": central.cookie, "url": central.url}])
    context.add_init_script(COUNT_VIOLATIONS)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    try:
        page.goto(central.url + path)
        yield page
        assert said == []
        if options.get("java_script_enabled", True):
            assert page.evaluate("window.violations") == []
    finally:
        context.close()


def live(page: "Page", language: str = "zh") -> None:
    page.wait_for_selector("#state.live")
    assert page.inner_text("#state") == WORDS[language]["page"]["live"]


def wait_for_rows(page: "Page", count: int) -> None:
    page.wait_for_function("count => document.querySelectorAll('#passages tr[id]').length === count", arg=count)


def overflow(page: "Page") -> int:
    """By how many pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def unknown_decision(answer: str, visitor: str, reason: str) -> Draft:
    """A decision in the words of a kiosk that this server does not know."""
    log = KioskLog()
    log.passage()
    fields = {name: value for name, value in log.events[0].fields.items() if name in STAMPED}
    return Draft("decision", {**fields, "answer": answer, "visitor": visitor, "reasons": [reason, "x" * 63]})


@pytest.fixture
def central(tmp_path: Path) -> Iterator[Running]:
    with server(tmp_path, simulation=True) as running:
        yield running


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_passage_appears_without_a_reload(browser: "Browser", central: Running, language: str, size: str) -> None:
    words = WORDS[language]
    with opened(browser, central, f"/?lang={language}", size) as page:
        live(page, language)
        assert words["page"]["none"] in page.inner_text("#passages")
        page.evaluate("window.untouched = true")
        log = KioskLog()
        admission = log.passage(Answer.ADMIT, "guest_green", at_us=PAST_US)
        log.passage(Answer.REFUSE, "pass_expired", at_us=PAST_US + 1_000_000, simulated=True)
        central.send(log)
        wait_for_rows(page, 2)
        refused, admitted = page.locator("#passages tr").all()
        assert words["answer"]["refuse"] in refused.inner_text()
        assert words["reason"]["pass_expired"] in refused.inner_text()
        assert words["page"]["simulated"] in refused.inner_text()
        assert words["answer"]["admit"] in admitted.inner_text()
        assert words["reason"]["guest_green"] in admitted.inner_text()
        assert words["page"]["simulated"] not in admitted.inner_text()
        assert words["outcome"]["passed"] not in admitted.inner_text()
        assert page.locator("#notice").is_visible()
        log.outcome(admission, GateOutcome.PASSED, PAST_US + 2_000_000)
        central.send(log, 3)
        page.get_by_text(words["outcome"]["passed"], exact=True).wait_for()
        assert page.evaluate("window.untouched")
        assert overflow(page) == 0


def noted(log: KioskLog, kind: str, visit: str = "v", simulated: bool = False) -> Draft:
    """What a gate records just now."""
    return note_draft(log.stamp(time.time_ns() // 1000, simulated=simulated), kind, {"visit": visit})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_for_the_guard_appears_changes_and_goes_without_a_reload(
    browser: "Browser", central: Running, language: str, size: str
) -> None:
    words = WORDS[language]["call"]
    log = KioskLog()
    with opened(browser, central, f"/?lang={language}", size) as page:
        live(page, language)
        calls = page.locator("#calls")
        assert calls.get_attribute("role") == "alert"
        assert not calls.inner_text()
        page.evaluate("window.untouched = true")
        log.append(noted(log, "guard_called"))
        central.send(log)
        line = calls.locator("li.ringing")
        line.wait_for()
        for part in (words["title"], "gate-1", words["ringing"]):
            assert part in calls.inner_text()
        shown = line.bounding_box()
        table = page.locator("table").bounding_box()
        assert shown is not None
        assert table is not None
        assert shown["y"] + shown["height"] <= table["y"]
        # In the reader's own time, as everything else.
        assert "UTC" not in line.inner_text()
        log.append(noted(log, "guard_unanswered"))
        central.send(log, 2)
        calls.locator("li.unanswered").wait_for()
        assert words["unanswered"] in calls.inner_text()
        assert overflow(page) == 0
        log.append(ended_draft(log.stamp(time.time_ns() // 1000), VisitId("v"), Ending.HELD))
        central.send(log, 3)
        calls.locator("li").wait_for(state="detached")
        assert not calls.inner_text()
        assert page.evaluate("window.untouched")


def test_a_call_is_not_read_out_again_when_somebody_passes_elsewhere(browser: "Browser", central: Running) -> None:
    log, other = KioskLog(), KioskLog("gate-2")
    log.append(noted(log, "guard_called"))
    central.send(log)
    with opened(browser, central, "/?lang=en") as page:
        live(page, "en")
        page.evaluate("document.querySelector('#calls li').dataset.same = 'yes'")
        other.passage(at_us=PAST_US)
        central.send(other)
        wait_for_rows(page, 1)
        assert page.locator("#calls li").get_attribute("data-same") == "yes"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_calls_are_readable_on_every_screen(
    browser: "Browser", central: Running, language: str, size: str, scheme: str
) -> None:
    log, long = KioskLog(), KioskLog("g" * 63, "lakeside")
    log.append(noted(log, "guard_called", simulated=True))
    log.append(noted(log, "guard_called", "w"))
    log.append(noted(log, "guard_unanswered", "w"))
    log.append(health_draft(log.stamp(time.time_ns() // 1000), Part.CAMERA, well=True, detail=""))
    long.append(noted(long, "guard_called"))
    log.passage(Answer.HOLD, "temperature_high", at_us=PAST_US)
    for one in (log, long):
        central.send(one)
    with opened(browser, central, f"/?lang={language}", size, color_scheme=scheme) as page:
        live(page, language)
        assert page.locator("#calls li").count() == 3
        assert page.locator("#notice").is_visible()
        assert overflow(page) == 0
        assert [found for found in page.evaluate(CONTRASTS) if found[1] < CONTRAST] == []


def test_without_a_script_a_call_is_shown_too(browser: "Browser", central: Running) -> None:
    log = KioskLog()
    log.append(noted(log, "guard_called"))
    central.send(log)
    with opened(browser, central, "/?lang=ko", java_script_enabled=False) as page:
        assert WORDS["ko"]["call"]["ringing"] in page.inner_text("#calls")


def test_times_are_the_readers_own(browser: "Browser", central: Running) -> None:
    log = KioskLog()
    log.passage(at_us=PAST_US)
    central.send(log)
    with opened(browser, central, "/?lang=en") as page:
        live(page, "en")
        log.passage(at_us=PAST_US + 1_000_000)
        central.send(log, 2)
        wait_for_rows(page, 2)
        shown = page.locator("#passages time")
        assert shown.all_inner_texts() == ["Jan 1, 20:00:01", "Jan 1, 20:00:00"]
        assert shown.last.get_attribute("title") == "2025-01-01 12:00:00 UTC"
        assert "Asia/Shanghai" in page.inner_text("#zone")


@pytest.mark.parametrize("size", SIZES)
def test_without_a_script_the_page_shows_the_same(browser: "Browser", central: Running, size: str) -> None:
    log = KioskLog()
    log.passage(Answer.HOLD, "temperature_high", at_us=PAST_US)
    central.send(log)
    with opened(browser, central, "/?lang=ja", size, java_script_enabled=False) as page:
        assert WORDS["ja"]["reason"]["temperature_high"] in page.inner_text("#passages")
        assert page.inner_text("#passages time") == "2025-01-01 12:00:00 UTC"
        assert not page.locator("#state").is_visible()
        page.locator("nav a[lang=ko]").click()
        assert WORDS["ko"]["reason"]["temperature_high"] in page.inner_text("#passages")


def test_a_lost_server_is_shown_and_what_was_missed_comes_when_it_is_back(browser: "Browser", tmp_path: Path) -> None:
    log = KioskLog()
    log.passage(Answer.ADMIT, "resident")
    context = browser.new_context(viewport=SIZES["wide"])
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    try:
        with server(tmp_path) as first:
            context.add_cookies([{"name": COOKIE, "value": first.cookie, "url": first.url}])
            first.send(log)
            page.goto(f"{first.url}/?lang=ko")
            live(page, "ko")
        page.wait_for_selector("#state.reconnecting")
        assert page.inner_text("#state") == WORDS["ko"]["page"]["reconnecting"]
        assert page.locator("#passages tr").count() == 1
        with server(tmp_path, port=first.port) as second:
            log.passage(Answer.REFUSE, "pass_revoked")
            second.send(log)
            wait_for_rows(page, 2)
            live(page, "ko")
    finally:
        context.close()


@pytest.mark.parametrize("size", SIZES)
def test_odd_names_and_codes_are_shown_as_they_are_and_break_nothing(browser: "Browser", central: Running, size: str) -> None:
    log = KioskLog("g" * 63)
    made = unknown_decision("<img src=x onerror=alert(1)>", "w" * 63, "<b>odd</b>")
    log.append(made)
    central.send(log)
    with opened(browser, central, "/?lang=en", size) as page:
        live(page, "en")
        log.append(made)
        central.send(log, 2)
        wait_for_rows(page, 2)
        for row in page.locator("#passages tr").all():
            assert "<img src=x onerror=alert(1)>" in row.inner_text()
            assert "<b>odd</b>" in row.inner_text()
        assert page.locator("#passages img").count() == 0
        assert overflow(page) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_page_fits_is_readable_and_can_be_touched(
    browser: "Browser", tmp_path: Path, language: str, size: str, scheme: str
) -> None:
    with (
        server(tmp_path, demo_data=True) as central,
        opened(browser, central, f"/?lang={language}", size, color_scheme=scheme) as page,
    ):
        live(page, language)
        assert page.locator("#passages tr").count() == 50
        assert overflow(page) == 0
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) > 200
        assert [found for found in contrasts if found[1] < CONTRAST] == []
        for link in page.locator("nav a").all():
            box = link.bounding_box()
            assert box is not None
            assert box["height"] >= TOUCH_PX
        # A table on a wide screen, cards on a phone.
        assert page.locator("thead").evaluate("node => node.offsetHeight > 10") is (size == "wide")
