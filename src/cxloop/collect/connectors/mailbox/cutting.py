"""What somebody wrote in a mail, without the mails quoted below it and without the signature.

Heuristics for English, German, French, Spanish and Portuguese. Each pattern is bounded, and the result consists of
lines of the text in their order: cutting never adds a word, and where nothing would be left, it gives up cutting.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Cut", "cut"]

_FLAGS = re.IGNORECASE
_BLANKS = " \t\r\u00a0\u200b\ufeff"
_LOOK_AHEAD = 4
"""Mail programs break the line "On … wrote:" into so many lines at most."""
_TAIL = 12
"""A sign-off stands in so many last lines."""

_ATTRIBUTION = re.compile(
    r"^[\s>*_]*(?:"
    r"on\b.{6,300}\bwrote|"
    r"(?:am|on)\b.{6,300}\b(?:schrieb|hat geschrieben)\b.{0,200}|"
    r".{3,200}\bschrieb am\b.{6,200}|"
    r"le\b.{6,300}\ba [ée]crit|"
    r"el\b.{6,300}\bescribi[óo]|"
    r"(?:em|a|no dia)\b.{6,300}\bescreveu"
    r")[\s*_]*:[\s*_]*$",
    _FLAGS,
)
_ATTRIBUTION_START = re.compile(r"^[\s>*_]*(?:on|am|le|el|em|a|no dia)\b.{4,}", _FLAGS)
_SEPARATOR = re.compile(
    r"^[\s>*_]*-{2,20}\s*(?:"
    r"original message|original appointment|urspr(?:ü|ue)ngliche (?:nachricht|mail|e-mail)|originalnachricht|"
    r"message d['’]origine|mensaje original|mensagem original"
    r")\s*-{0,20}[\s*_]*$",
    _FLAGS,
)
_FORWARD = re.compile(
    r"^[\s>*_]*(?:-{2,20}\s*(?:forwarded message|weitergeleitete nachricht|message transf[ée]r[ée]|"
    r"mensaje reenviado|mensagem (?:encaminhada|reencaminhada))\s*-{0,20}|"
    r"(?:begin forwarded message|anfang der weitergeleiteten nachricht|d[ée]but du message r[ée]exp[ée]di[ée])\s*:)"
    r"[\s*_]*$",
    _FLAGS,
)
_RULE = re.compile(r"^[\s>]*[_\u2500-]{10,200}\s*$")
_FROM = re.compile(r"^[\s>*_]*(?:from|von|de|da|expéditeur|remitente|remetente)[\s*_]*:[\s*_]*\S.{0,300}$", _FLAGS)
_HEADER = re.compile(
    r"^[\s>*_]*(?:sent|date|to|cc|subject|gesendet|datum|an|betreff|envoy[ée]|à|objet|enviad[oa](?: el| em)?|fecha|"
    r"data|para|asunto|assunto|reply-to|antwort an)[\s*_]*:.{0,500}$",
    _FLAGS,
)
_QUOTED = re.compile(r"^\s{0,3}(?:>|\|\s)")
_SIGNATURE = re.compile(r"^\s{0,3}--\s*$")
_MOBILE = re.compile(
    r"^[\s>*_]*(?:sent (?:from|via|with) (?:my|mail|outlook|yahoo|gmail|proton|blackberry|samsung|an? )|"
    r"get outlook for|von meinem .{2,60} gesendet|gesendet (?:von|mit|über) |diese nachricht wurde von mein|"
    r"hol(?:e|en sie sich)? (?:dir )?outlook f|envoy[ée] (?:de|depuis|à partir de) (?:mon|ma|mail|outlook|yahoo)|"
    r"t[ée]l[ée]charger outlook|enviado (?:desde|con) (?:mi|el|mail|outlook|yahoo)|obtener outlook|"
    r"enviad[oa] (?:do|de|da|a partir do|pelo|via) (?:meu|minha|mail|outlook|yahoo|iphone|samsung)|"
    r"obter o? ?outlook).{0,160}$",
    _FLAGS,
)
_SIGN_OFF = re.compile(
    r"^\s*(?:(?:with |mit )?(?:my |many |the |kind|kindest|best|warm|warmest|freundlich(?:en|e|em)|beste[nr]?|lieben?|"
    r"viele[n]?|sch(?:ö|oe)ne[n]?|herzliche[n]?|sonnige)?\s*"
    r"(?:regards|wishes|gr(?:ü|ue)(?:ß|ss)(?:e|en)?|gru(?:ß|ss))(?: aus \w{2,30})?|"
    r"(?:all the )?best|cheers|yours(?: sincerely| faithfully| truly)?|sincerely(?: yours)?|mfg|lg|vg|hochachtungsvoll|"
    r"(?:bien )?cordialement|(?:bien )?à vous|salutations(?: distinguées)?|"
    r"meilleures salutations|bonne (?:journée|soirée)|"
    r"(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|un abrazo|"
    r"(?:com os )?(?:melhores )?cumprimentos|atenciosamente|att|abraços?|abs)\s*[,.!]?\s*$",
    _FLAGS,
)
_THANKS = re.compile(
    r"^\s*(?:many thanks|thanks(?: a lot| in advance| again)?|thank you(?: very much| in advance)?|thx|"
    r"(?:vielen |besten |herzlichen )?dank(?:e)?(?: im voraus)?|merci(?: d['’]avance| beaucoup)?|"
    r"(?:muchas )?gracias(?: de antemano)?|(?:muito )?obrigad[oa](?: desde já)?)\s*,\s*$",
    _FLAGS,
)
_POSTSCRIPT = re.compile(r"^\s*p\.?\s?s\.?\s?[:.]?\s", _FLAGS)
_NOTICE = re.compile(
    r"^\s*(?:confidentiality (?:notice|note)|disclaimer\s*:|this (?:e-?mail|message)\b.{0,80}\bconfidential|"
    r"diese e-?mail\b.{0,80}\bvertraulich|ce (?:message|courriel)\b.{0,80}\bconfidentiel|"
    r"este (?:mensaje|correo)\b.{0,80}\bconfidencial|esta mensagem\b.{0,80}\bconfidencial)",
    _FLAGS,
)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of a text, and how many characters were taken as quoted history and as signature."""

    text: str
    quoted: int = 0
    signature: int = 0


def cut(text: str) -> Cut:
    """Returns what the sender of a mail wrote.

    Args:
        text: the plain text of the mail, quotes marked with ">".

    Example:
        >>> cut("It broke.\\n\\nOn Mon, 1 Jun 2026 Acme <help@acme.example> wrote:\\n> How is it?").text
        'It broke.'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    own = _without_history(lines)
    if not _filled(own):
        # Only a forwarded mail, or an answer between quotes that could not be told apart: better too much than nothing.
        own = [line for line in lines if not _QUOTED.match(line)]
    signed = _without_signature(own)
    result = _joined(signed if _filled(signed) else own)
    before, after = _joined(lines), _joined(own)
    return Cut(result, max(0, len(before) - len(after)), max(0, len(after) - len(result)))


def _joined(lines: Sequence[str]) -> str:
    """The lines as a text: without blanks at ends of lines, and no more than one empty line in a row."""
    kept: list[str] = []
    for line in lines:
        clean = line.rstrip(_BLANKS)
        if clean.strip(_BLANKS) or (kept and kept[-1]):
            kept.append(clean)
    return "\n".join(kept).strip(_BLANKS + "\n")


def _filled(lines: Sequence[str]) -> bool:
    return any(line.strip(_BLANKS) for line in lines)


def _without_history(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(lines):
        taken = _attribution(lines, at)
        if taken:
            after = _next_filled(lines, at + taken)
            if after is None or not _QUOTED.match(lines[after]):
                break  # quoted without marks: all below is history
            at += taken
        elif _history_starts(lines, at):
            break
        else:
            if not _QUOTED.match(lines[at]):
                kept.append(lines[at])
            at += 1
    return kept


def _attribution(lines: Sequence[str], at: int) -> int:
    """How many lines from `at` say "On … wrote:"; 0 where none do."""
    if not _ATTRIBUTION_START.match(lines[at][:400]) and not _ATTRIBUTION.match(lines[at][:400]):
        return 0
    joined = ""
    for taken in range(1, _LOOK_AHEAD + 1):
        if at + taken > len(lines) or (taken > 1 and not lines[at + taken - 1].strip(_BLANKS)):
            return 0
        joined = f"{joined} {lines[at + taken - 1][:400].strip(_BLANKS + '>')}".strip()
        if _ATTRIBUTION.match(joined):
            return taken
    return 0


def _history_starts(lines: Sequence[str], at: int) -> bool:
    line = lines[at][:600]
    if _SEPARATOR.match(line) or _FORWARD.match(line):
        return True
    if _RULE.match(line):
        after = _next_filled(lines, at + 1)
        return after is not None and _header_block(lines, after)
    return _header_block(lines, at)


def _header_block(lines: Sequence[str], at: int) -> bool:
    """Whether the headers of a quoted mail stand here: who it was from, then at least two more within six lines."""
    line, below = lines[at][:600], lines[at + 1 : at + 7]
    # some programs say first when it was sent
    second = bool(below) and _HEADER.match(line) and _FROM.match(below[0][:400])
    if not second and not _FROM.match(line[:400]):
        return False
    return sum(1 for each in below if _HEADER.match(each[:600])) >= 2


def _next_filled(lines: Sequence[str], at: int) -> int | None:
    return next((place for place in range(at, len(lines)) if lines[place].strip(_BLANKS)), None)


def _without_signature(lines: list[str]) -> list[str]:
    first = _next_filled(lines, 0)
    if first is None:
        return lines
    for place in range(first + 1, len(lines)):
        line = lines[place][:400]
        if _SIGNATURE.match(line) or _MOBILE.match(line) or _NOTICE.match(line):
            lines = lines[:place]
            break
    return _without_sign_off(lines, first)


def _without_sign_off(lines: list[str], first: int) -> list[str]:
    filled = [place for place in range(first + 1, len(lines)) if lines[place].strip(_BLANKS)]
    for place in filled[-_TAIL:]:
        below = [each for each in filled if each > place]
        line = lines[place][:200]
        signs = _SIGN_OFF.match(line) or (_THANKS.match(line) and 1 <= len(below) <= 3)
        if signs and all(len(lines[each]) <= 80 or _POSTSCRIPT.match(lines[each]) for each in below):
            said_after = next((each for each in below if _POSTSCRIPT.match(lines[each])), len(lines))
            return lines[:place] + lines[said_after:]
    return lines
