"""The pages of staff in a real browser, as small as a phone and with script off."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.cases import Cause
from sync.central.access import Role
from sync.central.config import PassesSection
from sync.central.words import WORDS
from tests.sync.central.kiosks import KioskLog
from tests.sync.central.serving import server
from tests.sync.central.signed_in import PASSWORD, account_of
from tests.sync.central.test_cases import opens

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


def test_a_manager_signs_in_acts_on_a_case_and_issues_a_pass_without_script(tmp_path: Path) -> None:
    key = str(tmp_path / "passes.pem")
    made = ["pass", "key", key, "--id", "office", "--compound", "riverside", "--visitor", "courier"]
    subprocess.run([GATEPOST, *made], check=True, capture_output=True, timeout=60)
    said: list[str] = []
    with (
        server(tmp_path, passes=PassesSection(key=key)) as central,
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
