"""The fixed words of messages, by language. {name} stands for the customer, {company} for who writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

__all__ = ["RIGHT_TO_LEFT", "WORDS", "Words", "day_in", "words_of"]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    subject: str
    reminder_subject: str
    hello: str
    hello_name: str
    invitation: str
    reminder: str
    open: str
    one_tap: str
    of_scale: str
    closes: str
    why: str
    unsubscribe: str
    preferences: str
    short: str
    short_reminder: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        subject="{company} would like to hear from you",
        reminder_subject="A reminder: {company} would like to hear from you",
        hello="Hello,",
        hello_name="Hello {name},",
        invitation="your opinion decides what we do better. It takes a moment.",
        reminder="some days ago we asked for your opinion. There is still time: it takes a moment.",
        open="Open the survey",
        one_tap="A tap on your answer opens the survey. Nothing is recorded before you confirm it there.",
        of_scale="{value} of {most}",
        closes="You can answer until {day}.",
        why="You receive this because you are a customer of {company}.",
        unsubscribe="Do not ask me again",
        preferences="Choose what we may write to you about",
        short="{company}: your opinion? {link} Stop: {unsubscribe}",
        short_reminder="{company}, a reminder: your opinion? {link} Stop: {unsubscribe}",
    ),
    "de": Words(
        subject="{company} möchte Ihre Meinung hören",
        reminder_subject="Zur Erinnerung: {company} möchte Ihre Meinung hören",
        hello="Guten Tag,",
        hello_name="Guten Tag {name},",
        invitation="Ihre Meinung entscheidet, was wir besser machen. Es dauert nur einen Moment.",
        reminder="vor einigen Tagen haben wir Sie um Ihre Meinung gebeten. Noch ist Zeit: Es dauert nur einen Moment.",
        open="Zur Umfrage",
        one_tap="Ein Tippen auf Ihre Antwort öffnet die Umfrage. Gespeichert wird erst, was Sie dort bestätigen.",
        of_scale="{value} von {most}",
        closes="Sie können bis zum {day} antworten.",
        why="Sie erhalten diese Nachricht als Kundin oder Kunde von {company}.",
        unsubscribe="Nicht mehr fragen",
        preferences="Auswählen, worüber wir Ihnen schreiben dürfen",
        short="{company}: Ihre Meinung? {link} Abmelden: {unsubscribe}",
        short_reminder="{company}, zur Erinnerung: Ihre Meinung? {link} Abmelden: {unsubscribe}",
    ),
    "fr": Words(
        subject="{company} souhaite connaître votre avis",
        reminder_subject="Rappel : {company} souhaite connaître votre avis",
        hello="Bonjour,",
        hello_name="Bonjour {name},",
        invitation="votre avis décide de ce que nous améliorons. Cela ne prend qu’un instant.",
        reminder="il y a quelques jours, nous vous avons demandé votre avis. Il est encore temps : un instant suffit.",
        open="Ouvrir l’enquête",
        one_tap="Touchez votre réponse pour ouvrir l’enquête. Rien n’est enregistré avant votre confirmation.",
        of_scale="{value} sur {most}",
        closes="Vous pouvez répondre jusqu’au {day}.",
        why="Vous recevez ce message en tant que client de {company}.",
        unsubscribe="Ne plus me solliciter",
        preferences="Choisir les sujets de nos messages",
        short="{company} : votre avis ? {link} Stop : {unsubscribe}",
        short_reminder="{company}, rappel : votre avis ? {link} Stop : {unsubscribe}",
    ),
    "es": Words(
        subject="A {company} le gustaría conocer su opinión",
        reminder_subject="Recordatorio: a {company} le gustaría conocer su opinión",
        hello="Hola:",
        hello_name="Hola, {name}:",
        invitation="su opinión decide qué mejoramos. Solo le llevará un momento.",
        reminder="hace unos días le pedimos su opinión. Todavía hay tiempo: solo le llevará un momento.",
        open="Abrir la encuesta",
        one_tap="Toque su respuesta para abrir la encuesta. No se guarda nada hasta que usted lo confirme allí.",
        of_scale="{value} de {most}",
        closes="Puede responder hasta el {day}.",
        why="Recibe este mensaje porque es cliente de {company}.",
        unsubscribe="No preguntarme más",
        preferences="Elegir sobre qué podemos escribirle",
        short="{company}: ¿su opinión? {link} Baja: {unsubscribe}",
        short_reminder="{company}, recordatorio: ¿su opinión? {link} Baja: {unsubscribe}",
    ),
    "ar": Words(
        subject="يسعد {company} أن تعرف رأيك",
        reminder_subject="تذكير: يسعد {company} أن تعرف رأيك",
        hello="مرحبًا،",
        hello_name="مرحبًا {name}،",
        invitation="رأيك يحدد ما الذي نحسّنه. لن يستغرق الأمر سوى لحظة.",
        reminder="طلبنا رأيك قبل أيام. ما زال هناك وقت، ولن يستغرق الأمر سوى لحظة.",
        open="افتح الاستبيان",
        one_tap="النقر على إجابتك يفتح الاستبيان، ولا يُحفظ شيء قبل أن تؤكده هناك.",
        of_scale="{value} من {most}",
        closes="يمكنك الإجابة حتى {day}.",
        why="تصلك هذه الرسالة لأنك من عملاء {company}.",
        unsubscribe="لا تسألوني مرة أخرى",
        preferences="اختر ما يمكننا مراسلتك بشأنه",
        short="{company}: ما رأيك؟ {link} إيقاف: {unsubscribe}",
        short_reminder="{company}، تذكير: ما رأيك؟ {link} إيقاف: {unsubscribe}",
    ),
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})


def words_of(language: str) -> tuple[str, Words]:
    """Returns the language that is used for a wanted one, such as "de" for "de-CH", and its words; English at last.

    Example:
        >>> words_of("de-CH")[0], words_of("xx")[0], words_of("")[0]
        ('de', 'en', 'en')
    """
    short = language.replace("_", "-").split("-")[0].lower()
    return (short, WORDS[short]) if short in WORDS else ("en", WORDS["en"])


def day_in(language: str, day: date) -> str:
    """Returns a day as the language writes it, so that nobody takes the month for the day.

    Example:
        >>> [day_in(language, date(2026, 6, 1)) for language in ("en", "de", "fr")]
        ['1 June 2026', '01.06.2026', '01/06/2026']
    """
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day:%d/%m/%Y}"
