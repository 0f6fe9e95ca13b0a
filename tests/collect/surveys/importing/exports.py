"""Small exports, written after the formats that the products' help pages describe."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

Rows = list[list[str]]


def as_csv(rows: Sequence[Sequence[str]], sign: str = ",") -> str:
    """The rows as a product writes them."""
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerows(rows)
    return text.getvalue()


_QUALTRICS = [
    ("StartDate", "Start Date", {"ImportId": "startDate", "timeZone": "America/Denver"}),
    ("EndDate", "End Date", {"ImportId": "endDate", "timeZone": "America/Denver"}),
    ("Status", "Response Type", {"ImportId": "status"}),
    ("IPAddress", "IP Address", {"ImportId": "ipAddress"}),
    ("Progress", "Progress", {"ImportId": "progress"}),
    ("Duration (in seconds)", "Duration (in seconds)", {"ImportId": "duration"}),
    ("Finished", "Finished", {"ImportId": "finished"}),
    ("RecordedDate", "Recorded Date", {"ImportId": "recordedDate", "timeZone": "America/Denver"}),
    ("ResponseId", "Response ID", {"ImportId": "_recordId"}),
    ("RecipientEmail", "Recipient Email", {"ImportId": "recipientEmail"}),
    ("ExternalReference", "External Data Reference", {"ImportId": "externalDataReference"}),
    ("DistributionChannel", "Distribution Channel", {"ImportId": "distributionChannel"}),
    ("UserLanguage", "User Language", {"ImportId": "userLanguage"}),
    ("Q1_NPS_GROUP", "How likely are you to recommend us? - Group", {"ImportId": "QID1_NPS_GROUP"}),
    ("Q1", "How likely are you to\nrecommend us?", {"ImportId": "QID1"}),
    ("Q2", "How satisfied are you with the delivery?", {"ImportId": "QID2"}),
    ("Q3", "Which of these did you use? - Selected Choice", {"ImportId": "QID3"}),
    ("Q3_5_TEXT", "Which of these did you use? - Other - Text", {"ImportId": "QID3_5_TEXT"}),
    ("Q4_1", "Please rate - Speed", {"ImportId": "QID4_1"}),
    ("Q4_2", "Please rate - Price", {"ImportId": "QID4_2"}),
    ("Q5_1", "Put in order - Price", {"ImportId": "QID5_1"}),
    ("Q5_2", "Put in order - Speed", {"ImportId": "QID5_2"}),
    ("Q6", "Why?", {"ImportId": "QID6_TEXT"}),
]


def qualtrics(*responses: dict[str, str]) -> Rows:
    """Three header rows, then responses; what they leave out has usual values."""
    rows = [[name for name, _, _ in _QUALTRICS], [title for _, title, _ in _QUALTRICS]]
    rows.append([json.dumps(about, separators=(",", ":")) for _, _, about in _QUALTRICS])
    for number, given in enumerate(responses, 1):
        usual = {
            "StartDate": "2026-03-05 09:00:00",
            "EndDate": "2026-03-05 09:03:20",
            "Status": "IP Address",
            "IPAddress": "203.0.113.9",
            "Progress": "100",
            "Duration (in seconds)": "200",
            "Finished": "True",
            "RecordedDate": "2026-03-05 09:03:21",
            "ResponseId": f"R_{number}",
            "DistributionChannel": "anonymous",
            "UserLanguage": "EN",
            "Q1": "9",
            "Q2": "Somewhat satisfied",
            "Q3": "Web,App",
            "Q4_1": "Good",
            "Q4_2": "Bad" if number % 2 else "Good",
            "Q5_1": "1",
            "Q5_2": "2",
            "Q6": f"Because of reason number {number}.",
        }
        rows.append([{**usual, **given}.get(name, "") for name, _, _ in _QUALTRICS])
    return rows


def surveymonkey(responses: int = 6) -> Rows:
    """Two header rows: questions, then choices; one column per choice."""
    head = [
        "Respondent ID",
        "Collector ID",
        "Date Created",
        "Date Modified",
        "IP Address",
        "Email Address",
        "First Name",
        "Last Name",
        "Custom Data 1",
        "How likely is it that you would recommend us to a friend?",
        "Which of these did you use?",
        "",
        "",
        "How do you rate",
        "",
        "Anything else?",
        "Anything else?",
    ]
    below = [
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "Response",
        "Web",
        "App",
        "Other (please specify)",
        "Speed",
        "Price",
        "Open-Ended Response",
        "Open-Ended Response",
    ]
    rows = [head, below]
    rows += [
        [
            f"1180000000{number}",
            "4410",
            f"03/{number + 12}/2026 02:0{number}:10 PM",
            f"03/{number + 12}/2026 02:0{number}:55 PM",
            "203.0.113.9",
            f"ann{number}@example.org",
            "Ann",
            "Lee",
            "",
            str(10 - number % 3),
            "Web",
            "App" if number % 2 else "",
            "By phone" if number == 2 else "",
            "Good",
            "Bad" if number % 2 else "Fair",
            f"I would like more of number {number}, please.",
            "",
        ]
        for number in range(1, responses + 1)
    ]
    return rows


def typeform(responses: int = 6) -> Rows:
    """One header row; each choice of a question with several is a column of its own."""
    head = [
        "#",
        "How likely are you to recommend us?",
        "Web",
        "App",
        "Other",
        "Were you helped?",
        "Tell us more",
        "Start Date (UTC)",
        "Submit Date (UTC)",
        "Network ID",
        "Tags",
    ]
    rows = [head]
    rows += [
        [
            f"tok{number}",
            str(10 - number % 4),
            "Web" if number != 3 else "",
            "App" if number % 2 else "",
            "By phone" if number == 3 else "",
            str(number % 2),
            f"More words of number {number}, quite a lot.",
            f"2026-03-0{number} 10:00:00",
            f"2026-03-0{number} 10:02:30",
            "net",
            "",
        ]
        for number in range(1, responses + 1)
    ]
    return rows


def google(responses: int = 8, *, stamp: str = "{day:02d}.03.2026 14:22:10", joined: str = ", ") -> Rows:
    """One header row; several choices in one cell; a grid as "Question [Row]"; a title that comes twice."""
    head = [
        "Zeitstempel",
        "E-Mail-Adresse",
        "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?",
        "Was haben Sie genutzt?",
        "Bewerten Sie [Tempo]",
        "Bewerten Sie [Preis]",
        "Warum?",
        "Warum?",
    ]
    rows = [head]
    for number in range(1, responses + 1):
        used = ["Web"] if number % 3 else ["Web", "Ja, sehr gern"]
        rows.append(
            [
                stamp.format(day=number + 12),
                f"ann{number}@example.org",
                str(10 - number % 5),
                joined.join(used),
                "gut",
                "schlecht" if number % 2 else "gut",
                f"Weil Nummer {number} so gut war.",
                "",
            ]
        )
    return rows
