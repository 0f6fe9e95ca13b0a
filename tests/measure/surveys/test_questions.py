"""What was answered to each question: shares, ranks, means; what stays unseen."""

from __future__ import annotations

import pytest
from tests.measure.surveys.conftest import Surveyed, choice, nps

from cxloop.core.results import Estimate, InsufficientData
from cxloop.measure.results import QuestionAnswers
from cxloop.measure.surveys.verbs import survey_questions


def only(ws: Surveyed) -> QuestionAnswers:
    """The one question that was answered."""
    (found,) = survey_questions(ws.done(), "delivery").questions
    return found


def test_a_share_of_a_choice_has_wilsons_interval(ws: Surveyed) -> None:
    for number in range(50):
        ws.respond(f"r{number}", {"how": choice("post" if number < 20 else "shop")}, customer=number)
    post = only(ws).answers[1]

    assert isinstance(post.share, Estimate)
    # scipy 1.17: binomtest(20, 50).proportion_ci(method="wilson")
    assert (post.value, post.n) == ("post", 20)
    assert (post.share.low, post.share.high) == pytest.approx((0.2760839, 0.5381856), abs=1e-6)


def test_of_several_choices_each_is_a_share_of_those_who_answered(ws: Surveyed) -> None:
    for number in range(20):
        ws.respond(f"r{number}", {"what": choice("a|b" if number % 2 else "b", "several")}, customer=number)
    found = only(ws)

    assert found.kind == "several"
    assert [(said.value, said.n) for said in found.answers] == [("b", 20), ("a", 10)]
    assert found.n == 20
    assert isinstance(found.answers[1].share, Estimate)
    assert found.answers[1].share.value == 0.5


def test_answers_of_one_customer_widen_the_interval(ws: Surveyed) -> None:
    for number in range(40):
        ws.respond(f"r{number}", {"how": choice("post" if number % 4 < 2 else "shop")}, customer=number % 4)
    share = only(ws).answers[0].share

    assert isinstance(share, Estimate)
    assert (share.n, share.customers) == (40, 4)
    assert share.high - share.low > 0.6


def test_a_ranking_gives_mean_ranks_and_first_places(ws: Surveyed) -> None:
    for number in range(30):
        ws.respond(f"r{number}", {"order": choice("x|y|z" if number % 3 else "z|x|y", "ranking")}, customer=number)
    found = only(ws)

    ranks = [(item.value, item.mean_rank, item.first) for item in found.ranking]
    told = [(v, r.value, f.value) for v, r, f in ranks if isinstance(r, Estimate) and isinstance(f, Estimate)]
    assert [value for value, _, _ in told] == ["x", "y", "z"]
    # 20 times x y z, 10 times z x y
    assert [number for _, *numbers in told for number in numbers] == pytest.approx(
        [4 / 3, 2 / 3, 7 / 3, 0, 7 / 3, 1 / 3]
    )
    mean = ranks[0][1]
    assert isinstance(mean, Estimate)
    # scipy 1.17: ttest_1samp([1] * 20 + [2] * 10, 0).confidence_interval()
    assert (mean.low, mean.high) == pytest.approx((1.154299, 1.512368), abs=1e-5)


def test_numbers_have_a_mean_and_quartiles(ws: Surveyed) -> None:
    # R's data set `sleep` (Student 1908); scipy 1.17: ttest_1samp(extra, 0).confidence_interval()
    extra = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0, 1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    for number, value in enumerate(extra):
        answer = {"answer_value": str(value), "properties": {"type": "number"}}
        ws.respond(f"r{number}", {"hours": answer}, customer=number)
    found = only(ws)

    assert isinstance(found.mean, Estimate)
    assert (found.mean.value, found.mean.low, found.mean.high) == pytest.approx((1.54, 0.5955845, 2.4844155))
    assert found.spread == pytest.approx((-1.6, -0.025, 0.95, 3.4, 5.5))


def test_dates_are_told_by_month(ws: Surveyed) -> None:
    for number in range(12):
        day = {"answer_value": f"2026-0{1 + number // 8}-{10 + number}", "properties": {"type": "date"}}
        ws.respond(f"r{number}", {"when": day}, customer=number)

    assert [(said.value, said.n) for said in only(ws).answers] == [("2026-01", 8), ("2026-02", 4)]


def test_every_point_of_a_scale_is_there_in_its_order(ws: Surveyed) -> None:
    for number in range(12):
        ws.respond(f"r{number}", {"recommend": nps(10 if number else 3)}, customer=number)
    found = only(ws)

    assert [said.value for said in found.answers] == [str(point) for point in range(11)]
    assert [said.n for said in found.answers if said.n] == [1, 11]


def test_words_are_counted_and_never_shown(ws: Surveyed) -> None:
    for number in range(15):
        ws.respond(f"r{number}", {"why": {"text": f"My name is Ann {number}"}}, customer=number)
    found = survey_questions(ws.done(), "delivery")

    assert (found.questions[0].kind, found.questions[0].texts) == ("text", 15)
    assert "Ann" not in str(found.to_dict())


def test_answers_of_which_hardly_two_are_alike_are_words_too(ws: Surveyed) -> None:
    for number in range(70):
        ws.respond(f"r{number}", {"who": {"answer_value": f"Ann {number}"}}, customer=number)
    found = survey_questions(ws.done(), "delivery")

    assert (found.questions[0].kind, found.questions[0].hidden) == ("text", 70)
    assert "Ann" not in str(found.to_dict())


def test_a_row_of_a_matrix_is_a_question_of_its_own(ws: Surveyed) -> None:
    for number in range(10):
        answers = {"rate.speed": choice("good"), "rate.price": choice("bad" if number else "good")}
        ws.respond(f"r{number}", answers, customer=number)

    found = survey_questions(ws.done(), "delivery").questions
    assert [(each.question, each.answers[0].value, each.answers[0].n) for each in found] == [
        ("rate.speed", "good", 10),
        ("rate.price", "bad", 9),
    ]


def test_another_wording_or_scale_is_another_question(ws: Surveyed) -> None:
    for number in range(30):
        wording = "aa" if number < 10 else "bb"
        high = 10.0 if number < 20 else 5.0
        answer = {"metric": "rating", "score": 4.0, "scale_min": 1.0, "scale_max": high}
        ws.respond(f"r{number}", {"stars": {**answer, "properties": {"wording": wording}}}, customer=number)

    found = survey_questions(ws.done(), "delivery").questions
    assert {(each.wording, each.scale, each.n) for each in found} == {
        ("aa", (1.0, 10.0), 10),
        ("bb", (1.0, 10.0), 10),
        ("bb", (1.0, 5.0), 10),
    }


def test_few_answers_have_counts_and_no_share(ws: Surveyed) -> None:
    for number in range(3):
        ws.respond(f"r{number}", {"how": choice("post")}, customer=number)

    assert only(ws).answers[0].share == InsufficientData(3, 10)


def test_left_out_and_withdrawn_answers_do_not_count(ws: Surveyed) -> None:
    for number in range(12):
        ws.respond(f"r{number}", {"how": choice("post")}, customer=number)
    gone = {"question_id": "how", "customer": 0, "response_id": "r0", "properties": {"left_out": True}}
    back = {"question_id": "how", "customer": 1, "response_id": "r1", "properties": {"withdrawn": True}}
    ws.write("answer", "answer_left_out", "r0.how.2", revises="r0.how.1", **gone)
    ws.write("answer", "answer_withdrawn", "r1.how.2", revises="r1.how.1", **back)
    found = survey_questions(ws.done(), "delivery")

    assert found.questions[0].n == 10
    assert found.left_out == 1
