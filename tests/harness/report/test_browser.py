"""The report in a real browser: from disk, without a word on the console."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

from harness.report import make_report
from tests.filmed_runs import suite
from tests.harness.report.conftest import Reader

CLEAN, SECOND, TWIN, HURRY, LONG = (s.id for s in suite().scenarios)
HZ = 10

WATCH = """async (seconds) => {
  const videos = [...document.querySelectorAll('.screen video')], shown = videos.map(() => null), samples = [];
  videos.forEach((video, k) => {
    const next = (now, frame) => { shown[k] = frame.mediaTime; video.requestVideoFrameCallback(next); };
    video.requestVideoFrameCallback(next);
  });
  const begin = performance.now();
  while (performance.now() - begin < 1000 * seconds) {
    await new Promise(requestAnimationFrame);
    samples.push([...videos.map((video) => video.currentTime), ...shown]);
  }
  return samples;
}"""


def test_it_opens_from_disk_and_asks_nobody(reader: Reader, compared: Path):
    page = reader.open(compared)
    assert "Pointing vs Slow" in page.title()
    for chart in page.locator(".chart").all():  # drawn as they come into view
        chart.scroll_into_view_if_needed()
        expect(chart.locator(".main-svg").first).to_be_visible()
    expect(page.locator("#comparison .verdict")).to_contain_text("exact McNemar p 1.000")
    assert all(url.startswith((compared.as_uri(), "data:", "blob:")) for url in reader.asked)


def test_the_table_filters_sorts_and_pages(reader: Reader, many: Path):
    page = reader.open(many)
    assert reader.count() == "2000 scenarios"
    assert len(reader.rows()) == 50
    page.click("#page-on")
    expect(page.locator("#page-now")).to_have_text("51 to 100 of 2000")
    page.select_option("#filter-task", "stack")
    assert reader.count() == "500 of 2000 scenarios"
    page.select_option("#filter-axis", "camera")
    page.select_option("#filter-flip", "broken")
    assert all(row[1:3] == ["stack", "camera"] and row[-3] == "broken" for row in reader.rows())
    kept = len(reader.rows())
    assert 0 < kept < 100
    page.click("#browser thead [data-key=steps0] button")
    steps = [int(row[6]) for row in reader.rows()]
    assert steps == sorted(steps)
    assert page.get_attribute("#browser thead [data-key=steps0]", "aria-sort") == "ascending"
    page.click("#browser thead [data-key=steps0] button")
    assert [int(row[6]) for row in reader.rows()] == sorted(steps, reverse=True)
    page.reload()  # the address holds the filters
    page.wait_for_selector("html[data-ready]")
    assert [int(row[6]) for row in reader.rows()] == sorted(steps, reverse=True)
    page.fill("#filter-text", "no such words")
    expect(page.locator("#page-now")).to_have_text("nothing fits these filters")
    page.click("#filter-clear")
    assert reader.count() == "2000 scenarios"


def test_outcomes_and_modes_are_filters(reader: Reader, many: Path):
    page = reader.open(many, "#/episodes?outcome=1:2")
    assert set(row[7] for row in reader.rows()) == {"error"}
    page.click("#failures tbody a >> nth=0")
    reader.wait("document.querySelector('#filter-mode').value !== ''")
    mode = page.input_value("#filter-mode")
    assert mode
    assert reader.rows()
    assert all(mode[2:].replace("_", " ") in row[-2] for row in reader.rows())


def test_an_episode_opens_and_both_videos_play_in_step(reader: Reader, compared: Path):
    page = reader.open(compared)
    page.fill("#filter-text", LONG)
    page.click("#browser tbody a")
    page.wait_for_selector(".screen video >> nth=1")
    reader.wait("[...document.querySelectorAll('.screen video')].every(v => v.readyState >= 2)")
    page.click("#play")
    samples: list[list[Any]] = page.evaluate(WATCH, 2.5)
    frames: list[list[Any]] = [[None if value is None else int(value * HZ + 1e-3) for value in row] for row in samples]
    assert frames[-1][0] - frames[0][0] >= 15, "the left video does not play"
    assert frames[-1][1] - frames[0][1] >= 15, "the right video does not play"
    assert max(abs(left - right) for left, right, _, _ in frames) <= 1
    shown = [(left, right) for _, _, left, right in frames if left is not None and right is not None]
    assert len(shown) > 20
    assert max(abs(left - right) for left, right in shown) <= 1
    reader.wait("document.querySelector('#play').textContent === 'Play'")
    ends = page.evaluate("[...document.querySelectorAll('.screen video')].map(v => v.currentTime)")
    steps = page.evaluate("Gauntlet.episodePage.player.slots.map(s => s.steps)")
    assert steps[0] < steps[1]  # the shorter one waits on its last frame
    assert [int(end * HZ) for end in ends] == steps


def test_the_scrubber_the_keys_and_the_timeline_move_both(reader: Reader, compared: Path):
    page = reader.open(compared, f"#/episode/{LONG}?step=7")
    times = "[...document.querySelectorAll('.screen video')].map(v => Math.floor(v.currentTime * 10))"
    reader.wait(f"{times}.join() === '7,7'")
    page.keyboard.press("ArrowRight")
    reader.wait(f"{times}.join() === '8,8'")
    page.keyboard.press("End")
    page.keyboard.press("Home")
    reader.wait(f"{times}.join() === '0,0'")
    page.locator("#scrubber").fill("20")
    reader.wait(f"{times}.join() === '20,20'")
    assert "step=20" in page.url
    page.keyboard.press("Escape")
    expect(page.locator("#report")).to_be_visible()
    reader.wait(f"document.activeElement.getAttribute('href') === '#/episode/{LONG}'")
    page.go_back()
    expect(page.locator("#episode h1")).to_contain_text("go to the green square")


def test_what_was_thought_is_shown_and_drawn(reader: Reader, compared: Path):
    page = reader.open(compared, f"#/episode/{SECOND}?step=2")
    page.wait_for_selector(".screen video")
    expect(page.locator(".now >> nth=0")).to_contain_text("the green square is <b>there</b>")
    assert page.locator(".now b").count() == 0
    expect(page.locator(".timeline button >> nth=0")).to_have_text("go on")
    assert page.locator(".screen >> nth=0 >> svg circle").count() == 1  # filmed without overlays: drawn here
    assert page.locator(".screen >> nth=1 >> svg").count() == 0  # filmed with them: not drawn twice
    expect(page.locator("#facts")).to_contain_text("Diagnosis")
    expect(page.locator("#facts")).to_contain_text("correction")
    page.select_option(".slot header select >> nth=0", "0/bev")
    assert "left=0%2Fbev" in page.url or page.evaluate("document.querySelector('.screen video').src").endswith("bev.mp4")


def test_pointing_is_held_against_the_truth(reader: Reader, copied: Callable[[str], Path]):
    """Also on a video with overlays: the true box is drawn, the point not again."""
    run = copied("slow")
    path = run / "episodes" / SECOND / "steps.parquet"
    table = pq.read_table(path)
    said = json.dumps({"points": [{"object": "<i>wall</i>", "expected": "goal", "box": [10, 20, 30, 40]}], "boxes": []})
    pq.write_table(table.append_column("grounding", pa.array([None, said] + [None] * (table.num_rows - 2), pa.string())), path)
    page = reader.open(make_report([run]).folder, f"#/episode/{SECOND}")
    expect(page.locator(".now >> nth=0")).to_contain_text("points at: <i>wall</i> instead of goal")
    box = page.locator(".screen >> nth=0 >> svg rect.truth")
    assert box.count() == 1
    assert page.locator(".screen >> nth=0 >> svg circle").count() == 0
    assert float(box.get_attribute("width") or 0) == pytest.approx(20 * 192 / 64)


def test_the_next_episode_is_the_table_s(reader: Reader, compared: Path):
    page = reader.open(compared, "#/episodes?sort=steps0")
    order = page.eval_on_selector_all("#browser tbody a", "links => links.map(a => a.getAttribute('href').split('/').pop())")
    page.click("#browser tbody a >> nth=0")
    reader.wait(f"Gauntlet.episodePage.id === '{order[0]}'")  # the page follows its address a moment later
    page.keyboard.press("n")
    reader.wait(f"Gauntlet.episodePage.id === '{order[1]}'")
    page.keyboard.press("p")
    reader.wait(f"Gauntlet.episodePage.id === '{order[0]}'")


def test_a_single_run_sets_twins_side_by_side(reader: Reader, filmed: dict[str, Path], tmp_path: Path):
    page = reader.open(make_report([filmed["quick"]], tmp_path / "one").folder, f"#/episode/{TWIN}")
    titles = page.locator(".slots >> nth=0 >> h2")
    expect(titles.nth(1)).to_have_text("Pointing (clean twin)")
    page.goto(page.url.split("#")[0] + f"#/episode/{CLEAN}")
    expect(page.locator(".slot header select >> nth=1")).to_have_value("0/bev")  # no twin: its second camera


def test_links_to_what_is_not_there_say_so(reader: Reader, compared: Path):
    page = reader.open(compared, "#/episode/0000")
    expect(page.locator("#episode")).to_contain_text("This report has no scenario 0000.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_themes_follow_the_system_and_the_button(browser: Any, compared: Path, scheme: Any):
    context = browser.new_context(color_scheme=scheme)
    page = Reader(context.new_page()).open(compared)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 29)"}[scheme]
    before = page.evaluate("document.querySelector('#chart-tasks').layout.paper_bgcolor")
    page.click("#theme")
    assert page.evaluate("document.querySelector('#chart-tasks').layout.paper_bgcolor") != before
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") != scheme  # the choice is kept
    context.close()


def test_ways_out_of_an_episode(reader: Reader, compared: Path):
    page = reader.open(compared, f"#/episode/{LONG}")
    page.wait_for_selector(".screen video")
    page.keyboard.press("Tab")
    page.focus(".skip")
    page.keyboard.press("Enter")  # goes to the content, not away from it
    reader.wait("document.activeElement.id === 'content'")
    expect(page.locator("#episode")).to_be_visible()
    page.click("nav[aria-label=Sections] >> text=Latency")
    expect(page.locator("#latency-title")).to_be_in_viewport()
    assert page.locator("#episode video").count() == 0
    page.go_back()
    page.wait_for_selector(".screen video")


def test_everything_can_be_named_and_reached_by_keys(reader: Reader, compared: Path):
    page = reader.open(compared, f"#/episode/{LONG}")
    page.wait_for_selector(".screen video")
    nameless = """[...document.querySelectorAll('button, a[href], input, select')].filter(e => !(e.getAttribute('aria-label') || e.labels?.length || e.textContent.trim()))
      .map(e => e.outerHTML).filter(html => !html.includes('data-'))"""
    assert page.evaluate(nameless) == []
    assert page.evaluate("[...document.querySelectorAll('.scroll')].every(e => e.tabIndex === 0 && e.getAttribute('aria-label'))")
    page.goto(page.url.split("#")[0])
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    levels = page.eval_on_selector_all("#report h1, #report h2, #report h3", "all => all.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_colours_have_contrast():
    """Text on its ground: at least 4.5 (WCAG 2, AA), in both themes."""
    import harness.report

    css = (Path(harness.report.__file__).parent / "assets" / "report.css").read_text()
    themes = re.findall(r":root(?:\[[^\]]*\])? \{(.*?)\}", css, re.S)
    assert len(themes) == 2

    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for theme in themes:
        roles = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", theme))
        pairs = [(ink, ground) for ink in ("ink", "faint", "link", "good", "bad") for ground in ("ground", "raised")]
        pairs += [("good", "good-plate"), ("bad", "bad-plate"), ("warn", "warn-plate"), ("ink", "now")]
        for ink, ground in pairs:
            one, two = sorted((luminance(roles[ink]), luminance(roles[ground])))
            assert (two + 0.05) / (one + 0.05) >= 4.5, (ink, ground)
