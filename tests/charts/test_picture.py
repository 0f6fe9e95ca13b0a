"""Pictures of a page show what Altair's charts show, at the same places."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from cxloop import charts

SVG = "{http://www.w3.org/2000/svg}"


def texts(drawn: str) -> list[str]:
    """Returns what stands in the picture, without title and description."""
    return [item.text or "" for item in ElementTree.fromstring(drawn).iter(f"{SVG}text")]


def numbers_in(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", text)]


def dots_of_vega(drawn: str, least: float) -> list[tuple[float, float]]:
    """Returns where Vega put the circles, in pixels of its plot."""
    found = re.findall(r'<path transform="translate\(([-\d.]+),([-\d.]+)\)" d="M([\d.]+),0A', drawn)
    return sorted((float(x), float(y)) for x, y, radius in found if float(radius) > least)


def assert_same_places(found: list[tuple[float, float]], expected: list[tuple[float, float]], pixels: float) -> None:
    assert len(found) == len(expected) > 0
    assert [x for x, _ in found] == pytest.approx([x for x, _ in expected], abs=pixels)
    assert [y for _, y in found] == pytest.approx([y for _, y in expected], abs=pixels)


@pytest.mark.parametrize("width", [570, 190])
def test_lines_have_their_points_where_vega_has_them(over_time: Any, width: int) -> None:
    result = over_time(("web", [50, 50, 3, 50, 3, 50, 50]), ("app", [60] * 7), ("desk", [70] * 7))

    drawn = charts.picture(result, width=width)

    dots = re.findall(r'd="([^"]*)" stroke-width="4.2"', drawn)
    found = sorted((x, y) for path in dots for x, y, _ in zip(*[iter(numbers_in(path))] * 3, strict=True))
    assert_same_places(found, dots_of_vega(charts.svg(charts.draw(result, width=width)), 1), 0.06)


def test_dots_stand_where_vega_has_them(grouped: Any) -> None:
    result = grouped(("web", 31.2, 4812), ("app", -3.0, 90), (None, 12, 40), ("kiosk", 0, 4))

    drawn = charts.picture(result, width=570)

    found = sorted((float(x), float(y)) for x, y in re.findall(r'<circle cx="([-\d.]+)" cy="([-\d.]+)"', drawn))
    assert_same_places(found, dots_of_vega(charts.svg(charts.draw(result, width=570)), 4), 1)


@pytest.mark.parametrize("width", [570, 190])
def test_the_words_are_those_of_the_altair_chart(grouped: Any, width: int) -> None:
    result = grouped(("web & app <b>", 31.2, 4812), ("app", -3.0, 90), (None, 12, 40), ("kiosk", 0, 4))

    page, vega = charts.picture(result, width=width), charts.svg(charts.draw(result, width=width))

    words = [{item for item in texts(drawn) if re.search("[a-z]", item)} for drawn in (page, vega)]
    assert words[0] == words[1]
    about = [ElementTree.fromstring(drawn).findtext(f"{SVG}desc") for drawn in (page, vega)]
    assert about[0] == about[1]


def test_numbers_of_the_axis_are_those_of_the_altair_chart(over_time: Any) -> None:
    result = over_time(("web", [50] * 20))

    page, vega = charts.picture(result, width=570), charts.svg(charts.draw(result, width=570))

    ticks = [{item for item in texts(drawn) if re.fullmatch(r"[+−]?\d+", item)} for drawn in (page, vega)]
    assert ticks[0] == ticks[1]


def test_a_week_with_too_few_answers_breaks_line_and_band(over_time: Any) -> None:
    broken = charts.picture(over_time(("web", [50, 50, 50, 3, 50, 50])), width=570)

    line, band = (
        re.findall(pattern, broken) for pattern in (r'd="([^"]*)" stroke-width="1.8"/>', r'd="([^"]*)" fill="var')
    )
    assert [path.count("M") for path in line + band] == [2, 2]
    assert texts(broken).count("×") == 1
    assert "95 % intervals · × too few answers" in texts(broken)


def test_a_number_between_gaps_keeps_its_interval(over_time: Any) -> None:
    drawn = charts.picture(over_time(("web", [50, 50, 3, 50, 3, 50, 50])), width=570)

    (rules,) = re.findall(r'd="([^"]*)" stroke="[^"]*" stroke-width="1.8" opacity=".4"', drawn)
    assert rules.count("M") == 1


def test_many_groups_get_a_small_chart_each_and_the_rest_is_said_to_be_left_out(over_time: Any) -> None:
    found = texts(charts.picture(over_time(*[(f"shop {n}", [50 + n] * 4) for n in range(30)]), width=570))

    assert [name for name in found if name.startswith("shop")] == [f"shop {n}" for n in range(6, 30)]
    assert "95 % intervals · 24 of 30 groups, those with most answers" in found


def test_a_page_gets_variables_one_image_and_no_scripts(grouped: Any) -> None:
    drawn = charts.picture(grouped(("</title><script>alert(1)</script>", 10, 50)), width=570)

    root = ElementTree.fromstring(drawn)
    name, about = (root.find(f"{SVG}{tag}") for tag in ("title", "desc"))
    assert name is not None
    assert about is not None
    assert root.get("aria-labelledby") == f"{name.get('id')} {about.get('id')}"
    assert "<script" not in drawn
    assert not re.search(r'(?:fill|stroke)="#', drawn)


def test_wide_and_narrow_pictures_have_ids_of_their_own(over_time: Any) -> None:
    result = over_time(("web", [50] * 4))

    wide, narrow = (re.findall(r' id="(\w+)"', charts.picture(result, width=width)) for width in (570, 190))

    assert not set(wide) & set(narrow)


def test_a_long_name_is_cut_beside_its_row_and_whole_in_the_description(grouped: Any) -> None:
    name = "the shop with the longest name of the whole country"
    drawn = charts.picture(grouped((name, 31.2, 4812), ("web", 3, 50)), width=570)

    assert name not in texts(drawn)
    assert any(item.startswith("the shop") and item.endswith("…") for item in texts(drawn))
    assert name in (ElementTree.fromstring(drawn).findtext(f"{SVG}desc") or "")


def test_a_picture_for_a_phone_is_narrow(over_time: Any, grouped: Any) -> None:
    results = (over_time(("a rather long name", [50] * 9)), grouped(("web", 31.2, 4812)))

    roots = [ElementTree.fromstring(charts.picture(result, width=190)) for result in results]

    assert all(190 < float(root.get("width", 0)) < 400 for root in roots)


def test_a_single_moment_and_a_single_value_can_be_drawn(over_time: Any) -> None:
    drawn = ElementTree.fromstring(charts.picture(over_time(("web", [50])), width=570))

    assert "nan" not in ElementTree.tostring(drawn, encoding="unicode").lower()
    assert drawn.tag == f"{SVG}svg"
