"""The pages in a real browser: as wide as a desktop and as a phone, for a published and for a refused run."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from reports import pages
from tests.browser import made_up_company

pytestmark = pytest.mark.browser

NAMES = ("index", "data_quality", "journey")
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pages of a green and of a red run."""
    folder = tmp_path_factory.mktemp("reports")
    for colour, run, tables in (
        ("green", made_up_company.green_run(), made_up_company.green_tables()),
        ("red", made_up_company.red_run(), made_up_company.red_tables()),
    ):
        (folder / colour / "gates").mkdir(parents=True)
        (folder / colour / "gates" / "judge_data.json").write_text("[]", encoding="utf-8")
        for write in (pages.write_data_quality, pages.write_journey, pages.write_index):
            write(folder / colour, run, tables)
    return folder


def logged(browser: webdriver.Chrome, kind: str) -> list[dict[str, Any]]:
    """What was logged since the last call: `browser` is the console, `performance` the network."""
    read: Callable[[str], list[dict[str, Any]]] = browser.get_log  # selenium leaves it untyped
    return read(kind)


def show(browser: webdriver.Chrome, page: Path, width: int, scheme: str = "light") -> None:
    """Open a page as a device of that width would; what was logged before is forgotten."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    logged(browser, "browser")
    logged(browser, "performance")
    browser.get(page.as_uri())


def open_everything(browser: webdriver.Chrome) -> None:
    """Unfold every part of the page that is folded away."""
    browser.execute_script("document.querySelectorAll('details').forEach(box => { box.open = true })")


def requested(browser: webdriver.Chrome) -> list[str]:
    """Every address the browser asked for since the page was opened."""
    messages: list[dict[str, Any]] = [json.loads(entry["message"])["message"] for entry in logged(browser, "performance")]
    sent = [message for message in messages if message["method"] == "Network.requestWillBeSent"]
    return [str(message["params"]["request"]["url"]) for message in sent]


def every_page(test: Any) -> Any:
    for name, values in (("colour", ("green", "red")), ("name", NAMES), ("width", WIDTHS)):
        test = pytest.mark.parametrize(name, values)(test)
    return test


@every_page
def test_the_page_never_scrolls_sideways(browser: webdriver.Chrome, reports: Path, colour: str, name: str, width: int) -> None:
    show(browser, reports / colour / f"{name}.html", width)
    open_everything(browser)
    assert browser.execute_script("return window.innerWidth") == width
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


@every_page
def test_the_browser_complains_of_nothing_and_asks_the_network_for_nothing(
    browser: webdriver.Chrome, reports: Path, colour: str, name: str, width: int
) -> None:
    show(browser, reports / colour / f"{name}.html", width)
    assert logged(browser, "browser") == []
    addresses = requested(browser)
    assert addresses, "the log of requests is empty: the page itself should be in it"
    assert [address for address in addresses if not address.startswith(("file://", "data:"))] == []


@every_page
def test_the_page_has_one_title_and_named_sections(
    browser: webdriver.Chrome, reports: Path, colour: str, name: str, width: int
) -> None:
    show(browser, reports / colour / f"{name}.html", width)
    assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1
    for section in browser.find_elements(By.TAG_NAME, "section"):
        assert section.find_element(By.TAG_NAME, "h2").text
    for picture in browser.find_elements(By.TAG_NAME, "svg"):
        assert picture.get_attribute("aria-label")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("colour", "word"), [("green", "PUBLISHED WITH WARNINGS"), ("red", "REFUSED")])
def test_the_verdict_is_on_the_first_screen_of_a_phone(
    browser: webdriver.Chrome, reports: Path, name: str, colour: str, word: str
) -> None:
    show(browser, reports / colour / f"{name}.html", 390)
    verdict = browser.find_element(By.CLASS_NAME, "verdict")
    assert word in verdict.text.replace("\n", " ")
    assert verdict.location["y"] + verdict.size["height"] < 700


@pytest.mark.parametrize(("width", "is_standing"), [(1280, False), (390, True)])
def test_one_picture_of_moves_is_shown_standing_on_a_phone_and_its_words_are_readable(
    browser: webdriver.Chrome, reports: Path, width: int, is_standing: bool
) -> None:
    show(browser, reports / "green" / "journey.html", width)
    [picture] = [svg for svg in browser.find_elements(By.CSS_SELECTOR, "svg.flow") if svg.is_displayed()]
    assert (picture.size["height"] > picture.size["width"]) is is_standing
    heights = browser.execute_script(
        "return [...arguments[0].querySelectorAll('.arc-share')].map(e => e.getBoundingClientRect().height)",
        picture,
    )
    assert len(heights) == 15  # sixteen moves, one of them too rare to draw
    assert min(heights) >= 11


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("colour", "name"), [("red", "index"), ("red", "data_quality"), ("green", "journey")])
def test_words_stand_out_from_their_ground_in_both_colour_schemes(
    browser: webdriver.Chrome, reports: Path, colour: str, name: str, scheme: str
) -> None:
    """Contrast of 4.5 to 1 for every piece of text (WCAG 2.2, success criterion 1.4.3)."""
    show(browser, reports / colour / f"{name}.html", 1280, scheme)
    open_everything(browser)
    weak = browser.execute_script(
        """
        const channels = colour => colour.match(/[\\d.]+/g).map(Number);
        const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255)
          .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
          .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const ground = element => {
          for (let at = element; at; at = at.parentElement) {
            const colour = channels(getComputedStyle(at).backgroundColor);
            if (colour.length < 4 || colour[3] > 0) return colour;
          }
          return [255, 255, 255];
        };
        return [...document.querySelectorAll('main *')]
          .filter(element => !element.closest('svg') && element.offsetParent
            && [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
          .map(element => {
            const pair = [luminance(channels(getComputedStyle(element).color)), luminance(ground(element))];
            const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
            return [contrast, element.textContent.trim().slice(0, 40)];
          })
          .filter(([contrast]) => contrast < 4.5);
        """
    )
    assert weak == []


@pytest.mark.parametrize(("words", "width"), [(".entries .why p", 390), (".dispute p", 390), (".strip i", 390), (".strip", 1280)])
def test_what_explains_a_finding_is_read_without_scrolling_sideways(
    browser: webdriver.Chrome, reports: Path, words: str, width: int
) -> None:
    show(browser, reports / "red" / "data_quality.html", width)
    boxes = "[...document.querySelectorAll(arguments[0])].map(e => e.getBoundingClientRect())"
    edges = browser.execute_script(f"return {boxes}.map(box => [box.left, box.right])", words)
    assert edges
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= width


def test_a_section_with_nothing_to_report_is_one_line_and_unfolds(browser: webdriver.Chrome, reports: Path) -> None:
    show(browser, reports / "green" / "data_quality.html", 1280)
    [calm] = browser.find_elements(By.CSS_SELECTOR, "section.calm")
    assert calm.get_attribute("id") == "freshness"
    before = calm.size["height"]
    assert before < 60
    browser.execute_script("arguments[0].querySelector('summary').click()", calm)
    assert calm.size["height"] > 3 * before


def test_what_the_list_of_contents_calls_red_is_on_the_first_screen(browser: webdriver.Chrome, reports: Path) -> None:
    show(browser, reports / "red" / "data_quality.html", 1280)
    red = browser.find_elements(By.CSS_SELECTOR, ".contents .tone-bad .title")
    titles = ["Gates", "Touchpoint audit", "History of gates", "Id match rates", "Gaps in tracking", "Files landed"]
    assert [link.text for link in red] == titles
    assert max(link.location["y"] + link.size["height"] for link in red) < 900


def test_the_sheets_beside_the_page_can_be_had(browser: webdriver.Chrome, reports: Path) -> None:
    show(browser, reports / "red" / "data_quality.html", 1280)
    links = [str(link.get_attribute("href")) for link in browser.find_elements(By.CSS_SELECTOR, "a[download]")]
    assert [link.rsplit("/", 1)[1] for link in links] == ["touchpoint_audit.csv", "rejected_rows.csv"]
    assert len(Path(links[1].removeprefix("file://")).read_text(encoding="utf-8").splitlines()) == 1 + 215


@pytest.mark.parametrize("width", WIDTHS)
def test_the_retention_ages_to_watch_are_seen_without_scrolling(browser: webdriver.Chrome, reports: Path, width: int) -> None:
    show(browser, reports / "green" / "journey.html", width)
    boxes = "[...document.querySelectorAll('#retention > .scroll .stressed')].map(e => e.getBoundingClientRect())"
    edges = browser.execute_script(f"return {boxes}.map(box => [box.left, box.right])")
    assert edges
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_what_a_line_of_the_journey_says_stays_inside_it(browser: webdriver.Chrome, reports: Path, width: int) -> None:
    show(browser, reports / "green" / "journey.html", width)
    open_everything(browser)
    over = browser.execute_script(
        """
        return [...document.querySelectorAll('.line, .ways-taken li, .worst li, .headline')]
          .filter(box => box.scrollWidth > box.clientWidth + 12).map(box => box.textContent.trim().slice(0, 60));
        """
    )
    assert over == []


@pytest.mark.parametrize("width", WIDTHS)
def test_marks_on_the_scale_of_times_do_not_hide_each_other(browser: webdriver.Chrome, reports: Path, width: int) -> None:
    show(browser, reports / "green" / "journey.html", width)
    marks = browser.execute_script(
        "return [...document.querySelectorAll('#velocity .ticks span')].filter(e => e.offsetParent)"
        ".map(e => e.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    assert len(marks) >= 4
    assert all(before[1] <= after[0] + 1 for before, after in pairwise(marks))


def test_every_link_leads_somewhere(browser: webdriver.Chrome, reports: Path) -> None:
    for colour, name in (*(("red", name) for name in NAMES), ("green", "journey")):
        show(browser, reports / colour / f"{name}.html", 1280)
        for link in browser.find_elements(By.TAG_NAME, "a"):
            address = str(link.get_attribute("href"))
            path, _, anchor = address.removeprefix("file://").partition("#")
            assert Path(path).is_file()
            assert not anchor or f'id="{anchor}"' in Path(path).read_text(encoding="utf-8")
