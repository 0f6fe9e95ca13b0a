"""Bars of shares: as long as the share, with the interval across the end."""

from __future__ import annotations

import re

from cxloop.charts import share_bar


def test_a_bar_is_as_long_as_its_share_of_the_whole() -> None:
    assert re.findall(r'rect width="([\d.]+)"', share_bar(0.25)) == ["25.00"]
    assert re.findall(r'rect width="([\d.]+)"', share_bar(0.25, most=0.5)) == ["50.00"]


def test_the_interval_reaches_from_its_lower_to_its_upper_limit() -> None:
    assert 'd="M10.00,7H40.00M10.00,4V10M40.00,4V10"' in share_bar(0.25, 0.1, 0.4)


def test_nothing_is_still_a_line_and_what_cannot_be_said_is_empty() -> None:
    assert 'width="0.60"' in share_bar(0.0)
    assert "<rect" not in share_bar(None)


def test_screen_readers_are_spared_the_picture() -> None:
    assert 'aria-hidden="true"' in share_bar(0.5)
