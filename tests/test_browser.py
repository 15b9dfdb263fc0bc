"""The report in a real browser: it works, loads nothing, says no error, and axe-core finds no serious fault. Needs Chromium and its driver."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT

from migclass.cli import main

pytestmark = pytest.mark.extras

AXE = "axe-core@4.14.1"
PHONE, DESKTOP = (360, 800), (1280, 900)


@pytest.fixture(scope="module")
def browser():
    pytest.importorskip("selenium", reason="a browser is driven by selenium, which the extra test-all brings")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    binary = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    if not (binary and driver):
        pytest.skip("no Chromium with its driver; on Debian: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=Service(driver)) as found:
        yield found


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A report with every part: groups, years, two documents, one of them with markup in it."""
    folder = tmp_path_factory.mktemp("pages")
    speech = (ROOT / "examples" / "speech.txt").read_text(encoding="utf-8")
    (folder / "a.txt").write_text(speech, encoding="utf-8")
    (folder / "b.txt").write_text(speech + "\n\nThey closed the <script>document.title = 'taken'</script> border to all who came.", encoding="utf-8")
    (folder / "meta.csv").write_text("file,source,year\na.txt,union,2010\nb.txt,ministry,2012\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = CliRunner().invoke(main, ["report", "a.txt", "b.txt", "--meta", "meta.csv", "--by", "source", "-o", "report.html"])
    assert done.exit_code == 0, done.output
    return (folder / "report.html").as_uri()


def look(browser, page, *, size=DESKTOP, dark=False):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    )
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(page)


def buttons(browser, selector):
    from selenium.webdriver.common.by import By

    return browser.find_elements(By.CSS_SELECTOR, selector)


def shown(browser):
    """Return how many tagged sentences are marked."""
    return browser.execute_script("return document.querySelectorAll('#reading .t:not(.off)').length")


def test_the_page_asks_for_nothing_and_says_no_error(browser, page):
    look(browser, page)
    for button in buttons(browser, ".filter button"):
        button.click()
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert asked == [page]
    assert browser.get_log("browser") == []
    assert browser.title != "taken"


def test_a_filter_shows_the_sentences_of_its_code(browser, page):
    look(browser, page)
    everything = shown(browser)
    first, second, *_ = buttons(browser, ".filter [data-code]")
    first.click()
    one = shown(browser)
    assert first.get_attribute("aria-pressed") == "true"
    assert 0 < one < everything
    second.click()
    assert one < shown(browser) < everything
    assert str(shown(browser)) in browser.execute_script("return document.getElementById('found').textContent")
    hide, clear = buttons(browser, "#only, #clear")
    before = browser.execute_script("return document.getElementById('reading').offsetHeight")
    hide.click()
    assert browser.execute_script("return document.getElementById('reading').offsetHeight") < before
    clear.click()
    assert shown(browser) == everything
    assert first.get_attribute("aria-pressed") == "false"


def test_details_come_with_the_keyboard_the_mouse_and_a_tap(browser, page):
    from selenium.webdriver import ActionChains, Keys

    look(browser, page)
    tags = buttons(browser, "#reading .tags")
    browser.execute_script("arguments[0].focus()", tags[0])
    (detail,) = buttons(browser, "#detail")
    assert detail.is_displayed()
    assert "%" in detail.text
    assert "+" in detail.text
    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    assert not detail.is_displayed()
    spans = buttons(browser, "#reading .t")
    ActionChains(browser).scroll_to_element(spans[2]).move_to_element(spans[2]).perform()
    assert detail.is_displayed()
    buttons(browser, "#close")[0].click()
    assert not detail.is_displayed()
    look(browser, page, size=PHONE)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", span := buttons(browser, "#reading .t")[3])
    span.click()
    assert buttons(browser, "#detail")[0].is_displayed()


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_nothing_is_wider_than_the_screen(browser, page, size):
    look(browser, page, size=size)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]


def test_it_prints(browser, page):
    import base64

    import pypdfium2

    look(browser, page)
    pdf = pypdfium2.PdfDocument(base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]))
    text = "\n".join(sheet.get_textpage().get_text_range() for sheet in pdf)
    assert "How far to trust this" in text
    assert "<script>document.title" in text
    assert "Hide all others" not in text


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm to get axe-core with")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), AXE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not get {AXE} in time")
    source = Path(folder, "node_modules", "axe-core", "axe.min.js")
    if not source.is_file():
        pytest.skip(f"npm can't get {AXE}: {done.stderr.strip()[-200:]}")
    return source.read_text(encoding="utf-8")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_no_serious_fault(browser, page, axe, size, dark):
    look(browser, page, size=size, dark=dark)
    browser.execute_script("document.querySelectorAll('details').forEach((part) => { part.open = true; }); document.querySelector('.tags').focus();")
    browser.execute_script(axe)
    found = browser.execute_async_script("axe.run().then(arguments[0])")
    assert found["passes"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"] if fault["impact"] in ("serious", "critical")] == []
