"""The words of the preference pages, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["WORDS", "PageWords", "language_of"]


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words of one language, under its own name."""

    own_name: str
    preferences: str
    intro: str
    unknown: str
    yes: str
    no: str
    as_it_is: str
    needed: str
    nothing_declared: str
    how: str
    any_channel: str
    email: str
    sms: str
    whatsapp: str
    language: str
    any_language: str
    pause: str
    no_pause: str
    keep_pause: str
    days: str
    save: str
    saved: str
    stop: str
    stop_text: str
    stop_all: str
    stop_button: str
    stopped: str
    broken: str
    broken_text: str
    reached: str


WORDS: Mapping[str, PageWords] = {
    "en": PageWords(
        own_name="English",
        preferences="What may we write to you about?",
        intro="What you choose here counts at once.",
        unknown="What is on file cannot be shown at the moment. What you choose here counts all the same.",
        yes="Yes",
        no="No",
        as_it_is="Leave it as it is",
        needed="Needed for what you have ordered or asked for; it cannot be switched off here.",
        nothing_declared="We write to you about nothing that you would have to agree to.",
        how="How",
        any_channel="Any way",
        email="E-mail",
        sms="Text message",
        whatsapp="WhatsApp",
        language="Language",
        any_language="Any language",
        pause="A pause",
        no_pause="No pause",
        keep_pause="Keep the pause until {day}",
        days="{count} days",
        save="Save",
        saved="Saved. Thank you.",
        stop="No more of these messages?",
        stop_text="Press the button, and we will not write to you about “{purpose}” any more.",
        stop_all="Press the button, and we will not write to you any more.",
        stop_button="No more of these messages",
        stopped="Done. We will not write to you about this any more.",
        broken="This link does not work",
        broken_text="A part of it may be missing. Open it from the message, or reply to the message.",
        reached="We reach you at {addresses}.",
    ),
    "de": PageWords(
        own_name="Deutsch",
        preferences="Worüber dürfen wir Ihnen schreiben?",
        intro="Was Sie hier wählen, gilt sofort.",
        unknown="Was gespeichert ist, lässt sich gerade nicht zeigen. Was Sie hier wählen, gilt trotzdem.",
        yes="Ja",
        no="Nein",
        as_it_is="So lassen, wie es ist",
        needed="Nötig für das, was Sie bestellt oder gewünscht haben; hier nicht abzuschalten.",
        nothing_declared="Wir schreiben Ihnen über nichts, dem Sie zustimmen müssten.",
        how="Wie",
        any_channel="Beliebig",
        email="E-Mail",
        sms="SMS",
        whatsapp="WhatsApp",
        language="Sprache",
        any_language="Beliebige Sprache",
        pause="Eine Pause",
        no_pause="Keine Pause",
        keep_pause="Pause bis {day} behalten",
        days="{count} Tage",
        save="Speichern",
        saved="Gespeichert. Vielen Dank.",
        stop="Keine solchen Nachrichten mehr?",
        stop_text="Ein Druck auf den Knopf, und wir schreiben Ihnen nicht mehr über „{purpose}“.",
        stop_all="Ein Druck auf den Knopf, und wir schreiben Ihnen nicht mehr.",
        stop_button="Keine solchen Nachrichten mehr",
        stopped="Erledigt. Wir schreiben Ihnen darüber nicht mehr.",
        broken="Dieser Link geht nicht",
        broken_text="Vielleicht fehlt ein Teil. Öffnen Sie ihn aus der Nachricht, oder antworten Sie auf sie.",
        reached="Wir erreichen Sie unter {addresses}.",
    ),
    "fr": PageWords(
        own_name="Français",
        preferences="À quel sujet pouvons-nous vous écrire ?",
        intro="Vos choix prennent effet immédiatement.",
        unknown="Vos choix enregistrés ne peuvent pas être affichés pour l’instant. Ceux d’ici comptent quand même.",
        yes="Oui",
        no="Non",
        as_it_is="Ne rien changer",
        needed="Nécessaire à ce que vous avez commandé ou demandé ; ne peut pas être désactivé ici.",
        nothing_declared="Nous ne vous écrivons sur aucun sujet qui demande votre accord.",
        how="Comment",
        any_channel="Peu importe",
        email="E-mail",
        sms="SMS",
        whatsapp="WhatsApp",
        language="Langue",
        any_language="Peu importe la langue",
        pause="Une pause",
        no_pause="Pas de pause",
        keep_pause="Garder la pause jusqu’au {day}",
        days="{count} jours",
        save="Enregistrer",
        saved="Enregistré. Merci.",
        stop="Ne plus recevoir ces messages ?",
        stop_text="Appuyez sur le bouton, et nous ne vous écrirons plus au sujet de « {purpose} ».",
        stop_all="Appuyez sur le bouton, et nous ne vous écrirons plus.",
        stop_button="Ne plus recevoir ces messages",
        stopped="C’est fait. Nous ne vous écrirons plus à ce sujet.",
        broken="Ce lien ne fonctionne pas",
        broken_text="Il en manque peut-être une partie. Ouvrez-le depuis le message, ou répondez au message.",
        reached="Nous vous joignons à {addresses}.",
    ),
    "es": PageWords(
        own_name="Español",
        preferences="¿Sobre qué podemos escribirle?",
        intro="Lo que elija aquí vale de inmediato.",
        unknown="Lo que está guardado no se puede mostrar ahora. Lo que elija aquí vale igualmente.",
        yes="Sí",
        no="No",
        as_it_is="Dejarlo como está",
        needed="Necesario para lo que usted ha pedido; no se puede desactivar aquí.",
        nothing_declared="No le escribimos sobre nada que requiera su consentimiento.",
        how="Cómo",
        any_channel="De cualquier manera",
        email="Correo electrónico",
        sms="SMS",
        whatsapp="WhatsApp",
        language="Idioma",
        any_language="Cualquier idioma",
        pause="Una pausa",
        no_pause="Sin pausa",
        keep_pause="Mantener la pausa hasta el {day}",
        days="{count} días",
        save="Guardar",
        saved="Guardado. Gracias.",
        stop="¿No quiere más mensajes de este tipo?",
        stop_text="Pulse el botón y no le escribiremos más sobre «{purpose}».",
        stop_all="Pulse el botón y no le escribiremos más.",
        stop_button="No quiero más mensajes de este tipo",
        stopped="Hecho. No le escribiremos más sobre esto.",
        broken="Este enlace no funciona",
        broken_text="Puede que falte una parte. Ábralo desde el mensaje o responda al mensaje.",
        reached="Le escribimos a {addresses}.",
    ),
    "ar": PageWords(
        own_name="العربية",
        preferences="ما الذي يمكننا مراسلتك بشأنه؟",
        intro="ما تختاره هنا يسري فورًا.",
        unknown="لا يمكن عرض ما هو محفوظ الآن، لكن ما تختاره هنا يسري على أي حال.",
        yes="نعم",
        no="لا",
        as_it_is="اتركه كما هو",
        needed="ضروري لما طلبته، ولا يمكن إيقافه هنا.",
        nothing_declared="لا نراسلك بشأن أي شيء يتطلب موافقتك.",
        how="الطريقة",
        any_channel="أي طريقة",
        email="البريد الإلكتروني",
        sms="رسالة نصية",
        whatsapp="واتساب",
        language="اللغة",
        any_language="أي لغة",
        pause="توقف مؤقت",
        no_pause="بلا توقف",
        keep_pause="إبقاء التوقف حتى {day}",
        days="{count} يومًا",
        save="حفظ",
        saved="تم الحفظ. شكرًا لك.",
        stop="ألا تريد هذه الرسائل بعد الآن؟",
        stop_text="اضغط الزر ولن نراسلك بعد الآن بشأن «{purpose}».",
        stop_all="اضغط الزر ولن نراسلك بعد الآن.",
        stop_button="لا أريد هذه الرسائل",
        stopped="تم. لن نراسلك بشأن هذا بعد الآن.",
        broken="هذا الرابط لا يعمل",
        broken_text="ربما ينقصه جزء. افتحه من الرسالة أو ردّ على الرسالة.",
        reached="نراسلك على {addresses}.",
    ),
}


def language_of(asked: str, preferred: str | None, accepted: str) -> str:
    """Returns the language of a page: what was asked for, else what the person prefers, else what their browser takes.

    Example:
        >>> language_of("", None, "fr-CH, en;q=0.5"), language_of("xx", "de", "")
        ('fr', 'de')
    """
    wanted = [asked, preferred or "", *(part.split(";")[0] for part in accepted.split(","))]
    found = (each.strip().replace("_", "-").split("-")[0].lower() for each in wanted)
    return next((each for each in found if each in WORDS), "en")
