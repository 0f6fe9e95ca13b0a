"""Charts show what the result holds, and only that."""

from __future__ import annotations

from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from cxloop import charts
from cxloop.charts.theme import SERIES
from cxloop.core.errors import InputError
from cxloop.core.results import Records

SVG = "{http://www.w3.org/2000/svg}"


def texts(drawn: str) -> list[str]:
    """Returns what stands in the picture, without title and description."""
    return [item.text or "" for item in ElementTree.fromstring(drawn).iter(f"{SVG}text")]


def test_dots_stand_beside_their_figures(grouped: Any) -> None:
    drawn = charts.svg(charts.draw(grouped(("web", 31.2, 4812), ("app", -3.0, 90))))

    assert "+31.2 [+26.2, +36.2] · n 4,812" in texts(drawn)
    assert "−3.0 [−8.0, +2.0] · n 90" in texts(drawn)


def test_too_few_answers_are_shown_as_too_few_and_below_the_rest(grouped: Any) -> None:
    found = texts(charts.svg(charts.draw(grouped(("kiosk", 0, 4), ("web", 31.2, 80), (None, 12, 40)))))

    assert "too few: 4 of 10" in found
    assert [name for name in found if name in ("kiosk", "web", "not said")] == ["web", "not said", "kiosk"]


def test_a_result_of_only_too_few_is_still_a_chart(grouped: Any) -> None:
    assert "too few: 4 of 10" in texts(charts.svg(charts.draw(grouped(("kiosk", 0, 4)))))


def test_a_narrow_chart_writes_names_and_figures_above_the_rows(grouped: Any) -> None:
    result = grouped(("a channel with a long name", 31.2, 4812))

    narrow, wide = (ElementTree.fromstring(charts.svg(charts.draw(result, width=width))) for width in (190, 640))

    assert float(narrow.get("width", 0)) < 400 < 640 < float(wide.get("width", 0))
    assert any(
        "a channel with a long name" in (item.text or "") and "n 4,812" in (item.text or "") for item in narrow.iter()
    )


def test_an_empty_result_is_still_a_chart(grouped: Any) -> None:
    assert "NPS by channel" in texts(charts.svg(charts.draw(grouped())))


def test_more_groups_than_can_be_read_are_cut_and_said_to_be(grouped: Any) -> None:
    found = texts(charts.svg(charts.draw(grouped(*[(f"shop {n}", 10, 100 + n) for n in range(60)]))))

    assert "95 % intervals · 40 of 60 groups, those with most answers" in found
    assert "shop 59" in found
    assert "shop 19" not in found


def test_lines_carry_their_names_and_last_values(over_time: Any) -> None:
    found = texts(charts.svg(charts.draw(over_time(("web", [50] * 6), ("app", [60] * 6)))))

    assert "web +25.0" in found
    assert "app +25.0" in found


def test_what_happened_is_a_numbered_rule_and_its_words_stand_below_the_title(over_time: Any) -> None:
    result = over_time(("web", [50] * 6))
    day, long_ago = result.rows[2].period, date(1999, 1, 1)
    drawn = charts.draw(result, notes=((long_ago, "Before all"), (day, "New prices")))
    found = charts.svg(drawn)

    assert ">1: New prices<" in found
    assert "1" in texts(found)
    assert "Before all" not in found
    assert "vega-lite" in drawn.to_dict(validate=True)["$schema"]


def test_a_week_with_too_few_answers_breaks_the_line(over_time: Any) -> None:
    whole = charts.svg(charts.draw(over_time(("web", [50, 50, 50, 50, 50, 50]))))
    broken = charts.svg(charts.draw(over_time(("web", [50, 50, 50, 3, 50, 50]))))

    lines = [drawn.count('stroke-width="1.8"') for drawn in (whole, broken)]
    assert lines == [1, 2]
    assert texts(broken).count("×") == 1
    assert "95 % intervals · × too few answers" in texts(broken)


def test_an_old_last_value_is_not_written_at_the_end(over_time: Any) -> None:
    found = texts(charts.svg(charts.draw(over_time(("web", [50] * 12), ("app", [60] * 11 + [3])))))

    assert "web +31.0" in found
    assert "app" in found


def test_a_number_between_gaps_keeps_its_interval(over_time: Any) -> None:
    spec = charts.draw(over_time(("web", [50, 50, 3, 50, 3, 50, 50]))).to_dict()

    (points,) = (
        [rows for rows in spec["datasets"].values() if "alone" in rows[0]]
        if "datasets" in spec
        else [spec["data"]["values"]]
    )
    assert [point["alone"] for point in points if point["value"] is not None] == [False, False, True, False, False]


def test_lines_that_are_only_pieces_get_a_small_chart_each(over_time: Any) -> None:
    found = texts(charts.svg(charts.draw(over_time(("web", [50, 3] * 4), ("app", [3, 60] * 4)))))

    assert {"web", "app"} <= set(found)


def test_many_groups_over_time_get_a_small_chart_each(over_time: Any) -> None:
    groups = [(f"region {n}", [50] * 4) for n in range(7)]

    found = texts(charts.svg(charts.draw(over_time(*groups))))

    assert [name for name in found if name.startswith("region")] == [name for name, _ in groups]


def test_the_picture_has_a_name_and_a_description(grouped: Any) -> None:
    root = ElementTree.fromstring(charts.svg(charts.draw(grouped(("web & app <b>", 31.2, 4812)))))

    name, about = (root.find(f"{SVG}{tag}") for tag in ("title", "desc"))
    assert name is not None
    assert about is not None
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{name.get('id')} {about.get('id')}"
    assert name.text == "NPS by channel"
    assert "web & app <b>: +31.2" in (about.text or "")
    assert [item.tag for item in root.iter() if item is not root and "role" in item.attrib] == []


def test_a_page_gets_variables_and_no_fixed_colours_of_ink(over_time: Any) -> None:
    chart = charts.draw(over_time(("web", [50] * 4), ("app", [60] * 4)))

    page, light, dark = (charts.svg(chart, theme) for theme in ("page", "light", "dark"))

    assert "var(--accent)" in page
    assert "light-dark(" in page
    assert "#1d1c1a" not in page
    assert SERIES[0] in light
    assert SERIES[0] not in dark


def test_hostile_labels_stay_text(grouped: Any) -> None:
    drawn = charts.svg(charts.draw(grouped(("</title><script>alert(1)</script>", 10, 50))), "page")

    assert "<script" not in drawn
    ElementTree.fromstring(drawn)


def test_images_are_what_they_say(grouped: Any) -> None:
    chart = charts.draw(grouped(("web", 31.2, 4812)))

    assert charts.png(chart).startswith(b"\x89PNG")
    assert charts.pdf(chart).startswith(b"%PDF")


@pytest.mark.parametrize("groups", [1, 3, 7])
def test_charts_are_valid_vega_lite(over_time: Any, grouped: Any, groups: int) -> None:
    # draw() leaves out Altair's checks for speed: here they run
    lines = charts.draw(over_time(*[(f"region {n}", [50, 4, 50]) for n in range(groups)])).to_dict(validate=True)
    dots = charts.draw(grouped(*[(f"region {n}", 5, 50) for n in range(groups)])).to_dict(validate=True)

    assert all("vega-lite" in drawn["$schema"] for drawn in (lines, dots))


def test_a_result_plots_itself(grouped: Any) -> None:
    result = grouped(("web", 31.2, 4812))

    assert result.plot().to_dict() == charts.draw(result).to_dict()


def test_a_result_without_a_chart_says_what_else_there_is() -> None:
    with pytest.raises(InputError, match="to_pandas"):
        charts.draw(Records("A list.", ("a",), ((1,),)))
