"""The pages of staff in a real browser, as small as a phone and with script off."""

import shutil
import subprocess
import sys
from datetime import datetime
from itertools import cycle
from pathlib import Path

import pytest

from kiosk.cases import Cause
from sync.central.access import Role
from sync.central.config import PassesSection
from sync.central.staff.door import COOKIE
from sync.central.words import LANGUAGES, WORDS
from tests.sync.central.enrolling import enrol
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.rules.test_pages import WARMER, bring, browser_of
from tests.sync.central.serving import Running, server
from tests.sync.central.signed_in import PASSWORD, account_of, cookie_of
from tests.sync.central.test_cases import opens

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
GATEPOST = Path(sys.executable).parent / "gatepost"

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]

LONGEST = ("en", "ja")
"""The languages with the most to show; what each says, `tests/sync/central/staff` reads."""
# What is lower than a finger, and by how much the page is wider than the screen.
MISFITS = """
() => {
  const shown = [...document.querySelectorAll("a, button, select, summary, textarea, input:not([type=checkbox])")];
  const low = shown.filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5);
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return [...low.map((one) => one.outerHTML.slice(0, 80)), ...(wide ? [`wider by ${wide}`] : [])];
}
"""


def key_in(folder: Path) -> PassesSection:
    """The key by which a server in a folder issues passes."""
    key = str(folder / "passes.pem")
    made = ["pass", "key", key, "--id", "office", "--compound", "riverside", "--visitor", "courier"]
    subprocess.run([GATEPOST, *made], check=True, capture_output=True, timeout=60)
    return PassesSection(key=key)


def every_page(central: Running) -> list[str]:
    """The paths of all pages of staff, with something to show on each."""
    log = KioskLog()
    case = opens(log, Cause.TEMPERATURE)
    central.send(log)
    enrol(central.engine, gate="north")
    admin = browser_of(central, Role.ADMIN)
    draft = bring(admin, WARMER)
    policy = draft.url.removeprefix(central.url).partition("?")[0]
    form, today = admin.load("/passes"), datetime.now().astimezone().date()
    typed = {"visitor": "courier", "label": "顺丰速运", "from": str(today), "until": str(today)}
    passes = []
    for more in ({"company": "1", "gates": "north"}, {"unit": "12-301", "begins": "08:00", "ends": "18:00", "day-mon": "1"}):
        made = admin.send(form, "/passes", **typed, **more)
        assert made.status_code == 200, made.text
        passes.append(made.url.removeprefix(central.url).partition("?")[0])
    admin.send(admin.load(passes[1]), passes[1] + "/revoke")
    kept = ["/", "/cases", "/devices", "/passes", "/policies", "/account"]
    return [*kept, f"/cases/{case}", *passes, policy, f"{policy}/replay", "/passes/riverside/000000000000000000000000"]


def test_whoever_cannot_see_or_point_can_use_every_page_of_staff(tmp_path: Path) -> None:
    """axe-core finds nothing wrong on any of them, and nothing is too small, or wider than a phone."""
    found, languages = {}, cycle(LANGUAGES)
    with server(tmp_path, passes=key_in(tmp_path)) as central, sync_api.sync_playwright() as playwright:
        paths = every_page(central)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 360, "height": 740})
        page = context.new_page()

        def look(path: str, click: str = "") -> None:
            page.goto(f"{central.url}{path}?lang={next(languages)}")
            if click:
                page.click(click)
            for summary in page.query_selector_all("summary"):
                summary.click()
            for violation in axe.Axe().run(page).response["violations"]:
                found[path, click, violation["id"]] = violation["nodes"][0]["html"]
            if misfits := page.evaluate(MISFITS):
                found[path, click, "misfits"] = misfits

        look("/sign-in")
        look("/cases")  # the same, on the way to somewhere
        for role, some in ((Role.GUARD, ["/policies"]), (Role.ADMIN, paths)):
            cookie = cookie_of(central.engine, account_of(central.engine, role, "riverside"))
            context.add_cookies([{"name": COOKIE, "value": cookie, "url": central.url}])
            for path in some:
                look(path)
        look("/passes", "section.before button, form[action^='/passes'] button")
        browser.close()
    assert not found, found


def test_a_manager_signs_in_acts_on_a_case_and_issues_a_pass_without_script(tmp_path: Path) -> None:
    said: list[str] = []
    with (
        server(tmp_path, passes=key_in(tmp_path)) as central,
        sync_api.sync_playwright() as playwright,
    ):
        account = account_of(central.engine, Role.MANAGER, "riverside")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for language in LONGEST:
            words, log = WORDS[language], KioskLog(f"gate-{language}")
            case = opens(log, Cause.TEMPERATURE)
            central.send(log)
            context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
            page = context.new_page()
            page.on("console", lambda message: said.append(message.text))
            page.goto(f"{central.url}/cases/{case}?lang={language}")
            assert page.inner_text("h1") == words["sign_in"]["title"]
            page.fill("#username", account.username)
            page.fill("#password", PASSWORD)
            assert page.evaluate(MISFITS) == []
            page.press("#password", "Enter")
            assert page.inner_text("h1") == words["case"]["title"]
            assert page.evaluate(MISFITS) == []
            page.fill("#measure-celsius", "38.2")
            page.click(f"text={words['case']['do_measure']}")
            assert words["case_state"]["confirmed"] in page.inner_text("#standing")
            page.goto(f"{central.url}/passes?lang={language}")
            page.fill("#label", "顺丰速运")
            page.click("summary")
            assert page.evaluate(MISFITS) == []
            page.click(f"text={words['passes']['issue']}")
            assert page.is_visible(".qr svg")
            assert page.evaluate(MISFITS) == []
            page.goto(f"{central.url}/account?lang={language}")
            assert page.evaluate(MISFITS) == []
            page.click(f"text={words['account']['leave']}")
            assert words["sign_in"]["out"] in page.inner_text("main")
            context.close()
        browser.close()
    assert [one for one in said if "Content Security Policy" in one] == []
