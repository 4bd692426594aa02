"""The pages of staff in a real browser, as small as a phone and with script off."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from kiosk.cases import Cause
from kiosk.model import Facts, VisitId
from kiosk.records import decision_draft
from kiosk.weighing import decided
from sync.central.access import Role
from sync.central.config import PassesSection
from sync.central.opening import wall_us
from sync.central.schema import document
from sync.central.staff.accounts import Account
from sync.central.staff.door import COOKIE
from sync.central.words import LANGUAGES, WORDS
from tests.kiosk.policy.visitors import RESIDENT, SHIPPED, reading
from tests.sync.central.documents import policy
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


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("server")
    key = str(folder / "passes.pem")
    made = ["pass", "key", key, "--id", "office", "--compound", "riverside", "--visitor", "courier"]
    subprocess.run([GATEPOST, *made], check=True, capture_output=True, timeout=60)
    with server(folder, passes=PassesSection(key=key)) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


class Phone:
    """A page of a browser as small as a phone and with script off. `said`: what the browser complains of."""

    def __init__(self, browser: Any, url: str, account: Account, language: str) -> None:
        self.context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self._url, self._account, self._language = url, account, language

    def goto(self, path: str) -> None:
        self.page.goto(f"{self._url}{path}?lang={self._language}")
        self.fits()

    def sign_in(self) -> None:
        self.page.fill("#username", self._account.username)
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        self.fits()

    def click(self, what: str) -> None:
        self.page.click(what)
        self.fits()

    def fits(self) -> None:
        # A page that has only just begun has no element yet.
        self.page.wait_for_load_state()
        assert self.page.evaluate(MISFITS) == []

    def close(self) -> None:
        self.context.close()
        assert [one for one in self.said if "Content Security Policy" in one] == []


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
    kept = ["/", "/cases", "/devices", "/devices/enrol", "/gates", "/passes", "/policies", "/account"]
    return [*kept, f"/cases/{case}", *passes, policy, f"{policy}/replay", "/passes/riverside/000000000000000000000000"]


def test_whoever_cannot_see_or_point_can_use_every_page_of_staff(central: Running, browser: Any) -> None:
    """axe-core finds nothing wrong on any of them, and nothing is too small, or wider than a phone."""
    found, languages = {}, cycle(LANGUAGES)
    paths = every_page(central)
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
    for role, some in ((Role.GUARD, ["/policies", "/gates"]), (Role.ADMIN, paths)):
        cookie = cookie_of(central.engine, account_of(central.engine, role, "riverside"))
        context.add_cookies([{"name": COOKIE, "value": cookie, "url": central.url}])
        for path in some:
            look(path)
    look("/passes", "section.before button, form[action^='/passes'] button")
    context.close()
    assert not found, found


@pytest.mark.parametrize("language", LONGEST)
def test_a_manager_signs_in_acts_on_a_case_and_issues_a_pass_without_script(
    central: Running, browser: Any, language: str
) -> None:
    words, log = WORDS[language], KioskLog(f"gate-{language}")
    case = opens(log, Cause.TEMPERATURE)
    central.send(log)
    phone = Phone(browser, central.url, account_of(central.engine, Role.MANAGER, "riverside"), language)
    phone.goto(f"/cases/{case}")
    assert phone.page.inner_text("h1") == words["sign_in"]["title"]
    phone.sign_in()
    assert phone.page.inner_text("h1") == words["case"]["title"]
    phone.page.fill("#measure-celsius", "38.2")
    phone.click(f"text={words['case']['do_measure']}")
    assert words["case_state"]["confirmed"] in phone.page.inner_text("#standing")
    phone.goto("/passes")
    phone.page.fill("#label", "顺丰速运")
    phone.click("summary")
    phone.click(f"text={words['passes']['issue']}")
    assert phone.page.is_visible(".qr svg")
    phone.goto("/account")
    phone.click(f"text={words['account']['leave']}")
    assert words["sign_in"]["out"] in phone.page.inner_text("main")
    phone.close()


def test_rules_go_from_a_file_to_the_gates_that_say_they_have_them_without_script(
    central: Running, browser: Any, tmp_path: Path
) -> None:
    compound, language = "court", LONGEST[0]
    log, words = KioskLog("north", compound=compound), WORDS[language]["policies"]
    for place, body_c in enumerate((36.0, 36.9)):
        facts = Facts(reading(body_c), RESIDENT)
        answer = decided(SHIPPED["response-level-2"], facts, {})
        log.append(decision_draft(log.stamp(wall_us() - 1_000_000), VisitId(f"v{place}"), answer, facts, {}))
    central.send(log)
    brought = tmp_path / "rules.toml"
    brought.write_bytes(policy(2, "response-level-2").replace(b"= 37.1", b"= 36.7").replace(b"37.3", b"36.8"))
    phone = Phone(browser, central.url, account_of(central.engine, Role.ADMIN, compound), language)
    phone.goto("/policies")
    phone.sign_in()
    phone.page.set_input_files("#file", brought)
    phone.click(f"text={words['keep']}")
    assert phone.page.inner_text(".well") == words["sound"]
    assert [phone.page.inner_text(f".diff {tag} >> nth=1") for tag in ("del", "ins")] == ["37.3", "36.8"]
    phone.click(f"text={words['replay']}")
    assert words["replayed"].format(different=1, visits=2, days=7) in phone.page.inner_text("main")
    phone.page.go_back()
    phone.page.fill("#from", "2199-01-01T00:00")
    phone.click(f"text={words['sign_now']}")
    assert words["waiting"] not in phone.page.inner_text("main")
    phone.goto("/policies")
    assert "2199-01-01 00:00" in phone.page.inner_text("table >> nth=0")
    phone.page.set_input_files("#file", brought)
    phone.click(f"text={words['keep']}")
    phone.click(f"text={words['sign_now']}")
    phone.goto("/policies")
    states = WORDS[language]["policy_state"]
    assert states["unheard"] in phone.page.inner_text("table >> nth=1")
    with central.engine.connect() as connection:
        begun = select(document.c.number).where(document.c.compound == compound, document.c.effective_us <= wall_us())
        log.add("document_applied", document="policy", version=connection.execute(begun).scalar_one())
    central.send(log, 3)
    phone.goto("/policies")
    assert states["in_force"] in phone.page.inner_text("table >> nth=1")
    phone.close()
