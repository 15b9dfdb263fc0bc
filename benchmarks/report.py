"""How big is a report on 300 pages, how long does it take, and how soon does a filter answer? Needs Chromium and selenium for the last.

    python benchmarks/report.py

Prints the figures: a report's time from a cold start, its bytes, and the milliseconds from a click on each filter to the next picture.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

LABELS = Path(__file__).resolve().parent.parent / "labels" / "train.jsonl"
SENTENCES, PARAGRAPH, RUNS = 6000, 5, 5
CLICK = """
const done = arguments[1], start = performance.now();
arguments[0].click();
requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
"""


def book(path: Path) -> None:
    """Write 6,000 written sentences as a text, about 300 pages of print."""
    texts = [json.loads(line)["text"] for line in LABELS.read_text(encoding="utf-8").splitlines()[:SENTENCES]]
    path.write_text("\n\n".join(" ".join(texts[i : i + PARAGRAPH]) for i in range(0, SENTENCES, PARAGRAPH)), encoding="utf-8")


def seconds(text: Path, page: Path) -> float:
    """Return how long a report takes in a process of its own."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "migclass", "report", str(text), "-o", str(page), "--force"], check=True)
    return time.perf_counter() - start


def answers(page: Path) -> list[float]:
    """Return the milliseconds that each filter takes in a browser."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900"):
        options.add_argument(argument)
    with webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver"))) as browser:
        browser.get(page.as_uri())
        browser.execute_script("document.getElementById('text').scrollIntoView()")
        return [browser.execute_async_script(CLICK, button) for button in browser.find_elements(By.CSS_SELECTOR, ".filter button") * 2]


@click.command()
def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        text, page = Path(folder, "book.txt"), Path(folder, "book.html")
        book(text)
        times = sorted(seconds(text, page) for _ in range(RUNS))
        click.echo(f"report: {statistics.median(times):.2f} s ({times[0]:.2f} to {times[-1]:.2f}), {page.stat().st_size / 1e6:.2f} MB")
        found = answers(page)
        click.echo(f"filter: median {statistics.median(found):.0f} ms, longest {max(found):.0f} ms, of {len(found)} clicks")


if __name__ == "__main__":
    main()
