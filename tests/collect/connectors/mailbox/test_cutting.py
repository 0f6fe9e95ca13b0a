"""What is kept of a mail is what its sender wrote: mails as programs of five languages lay them out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.collect.connectors.mailbox.cutting import cut

SAID = "The parcel is broken.\nWhat now?"

HISTORIES = {
    "gmail en": "On Mon, 1 Jun 2026 at 10:00, Acme Support <help@acme.example> wrote:\n\n> Hello Jo,\n> how is it?\n",
    "gmail en, broken": "On Mon, 1 Jun 2026 at 10:00, Acme Support\n<help@acme.example> wrote:\n\n> Hello Jo,\n",
    "apple en": "> On 1 Jun 2026, at 10:00, Acme <help@acme.example> wrote:\n> \n> Hello Jo,\n",
    "gmail de": "Am Mo., 1. Juni 2026 um 10:00 Uhr schrieb Acme <help@acme.example>:\n\n> Hallo Jo,\n",
    "thunderbird de": "Am 01.06.26 um 10:00 schrieb Acme:\n> Hallo Jo,\n> wie geht es?\n",
    "gmx de": 'Gesendet: Montag, 01. Juni 2026 um 10:00 Uhr\nVon: "Acme" <help@acme.example>\nAn: jo@mail.example\n'
    "Betreff: Ihr Paket\nHallo Jo,\n",
    "gmail fr": "Le lun. 1 juin 2026 à 10:00, Acme <help@acme.example> a écrit :\n\n> Bonjour Jo,\n",
    "gmail es": "El lun, 1 jun 2026 a las 10:00, Acme (<help@acme.example>) escribió:\n\n> Hola Jo,\n",
    "gmail pt": "Em seg., 1 de jun. de 2026 às 10:00, Acme <help@acme.example> escreveu:\n\n> Olá Jo,\n",
    "outlook en": "________________________________\nFrom: Acme Support <help@acme.example>\nSent: Monday\n"
    "To: Jo <jo@mail.example>\nSubject: Your parcel\n\nHello Jo,\nhow is it?\n",
    "outlook de": "Von: Acme <help@acme.example>\nGesendet: Montag, 1. Juni\nAn: Jo\nBetreff: Ihr Paket\n\nHallo\n",
    "outlook fr": "De : Acme <help@acme.example>\nEnvoyé : lundi 1 juin 2026\nÀ : Jo\nObjet : Votre colis\n\nBonjour\n",
    "outlook es": "De: Acme <help@acme.example>\nEnviado el: lunes, 1 de junio\nPara: Jo\nAsunto: Su pedido\n\nHola\n",
    "outlook pt": "De: Acme <help@acme.example>\nEnviado: segunda-feira\nPara: Jo\nAssunto: Pedido\n\nOlá\n",
    "old outlook en": "-----Original Message-----\nFrom: Acme\nHello Jo\n",
    "old outlook de": "-----Ursprüngliche Nachricht-----\nVon: Acme\nHallo Jo\n",
    "old outlook fr": "-----Message d'origine-----\nDe : Acme\nBonjour Jo\n",
    "old outlook es": "-----Mensaje original-----\nDe: Acme\nHola Jo\n",
    "old outlook pt": "-----Mensagem original-----\nDe: Acme\nOlá Jo\n",
    "only marks": "> Hello Jo,\n> how is it?\n>> and before that\n",
}


@pytest.mark.parametrize("program", HISTORIES)
def test_the_mails_quoted_below_are_cut(program: str) -> None:
    found = cut(f"{SAID}\n\n{HISTORIES[program]}")

    assert found.text == SAID
    assert found.quoted > 0


def test_answers_below_and_between_quotes_are_kept() -> None:
    mail = "On Mon, Acme <help@acme.example> wrote:\n> Which one?\nThe blue one.\n> And when?\nYesterday."

    assert cut(mail).text == "The blue one.\nYesterday."


SIGNATURES = (
    "-- \nJo Mer\nSales, Mail Ltd.\n+49 30 1234",
    "Best regards,\nJo Mer",
    "Kind regards\nJo\n+49 30 1234",
    "Mit freundlichen Grüßen\nJo Mer\nMail GmbH",
    "Viele Grüße aus Berlin\nJo",
    "LG\nJo",
    "Cordialement,\nJo Mer",
    "Saludos cordiales,\nJo",
    "Atenciosamente,\nJo",
    "Thanks,\nJo",
    "Sent from my iPhone",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Get Outlook for Android",
    "This e-mail and its attachments are confidential and for its recipient only.",
)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_signatures_are_cut(signature: str) -> None:
    found = cut(f"{SAID}\n\n{signature}\n")

    assert found.text == SAID
    assert found.signature > 0


KEPT = (
    "On the web it wrote: payment failed.",
    "From: Berlin to Hamburg it took three weeks.",
    "Thanks for nothing.",
    "Thank you!",
    "Best product ever, but the best regards go to your courier, who threw it over the fence and left.",
    "I sent it from my iPhone and it arrived twice.",
    "- first\n-- second\n- third",
    "Am Montag schrieb ich schon: nichts passiert.",
    "PS: it is blue",
)


@pytest.mark.parametrize("text", KEPT)
def test_words_that_only_look_like_a_cut_are_kept(text: str) -> None:
    assert cut(text).text == text


def test_a_postscript_below_a_signature_is_still_said() -> None:
    assert cut(f"{SAID}\n\nBest regards,\nJo\n\nPS: it was blue").text == f"{SAID}\n\nPS: it was blue"


def test_a_mail_that_is_only_a_forward_is_kept_whole() -> None:
    forward = "---------- Forwarded message ---------\nFrom: Jo\nDate: 1 June\nTo: help\nSubject: X\n\nIt is broken."

    assert "It is broken." in cut(forward).text


@given(st.text(max_size=2_000))
def test_any_text_is_cut_to_no_more_than_it_was(text: str) -> None:
    found = cut(text)

    assert len(found.text) <= len(text)
    assert found.quoted >= 0
    assert found.signature >= 0


_LINES = st.sampled_from(
    [*"\n".join(HISTORIES.values()).split("\n"), *"\n".join(SIGNATURES).split("\n"), SAID, "", "   ", ">", "\t"]
)


@given(st.lists(_LINES, max_size=40))
def test_what_is_left_are_lines_that_were_there_in_their_order(lines: list[str]) -> None:
    text = "\n".join(lines)

    left = cut(text).text.split("\n")

    there = iter([line.rstrip(" \t") for line in text.split("\n")])
    assert all(any(line == each or line == each.lstrip() for each in there) for line in left if line)


@pytest.mark.parametrize(
    "text", ["On " * 200_000, "> " * 100_000, "-- \n" * 50_000, "\n" * 200_000, "From: " + "a" * 500_000]
)
def test_a_mail_made_to_be_slow_is_not(text: str) -> None:
    # a pattern that backtracks would take hours here, and end in pytest's own time limit
    assert len(cut(text).text) <= len(text)
