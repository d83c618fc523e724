"""Opening hours written in French, read into the OpenStreetMap syntax: certain, or a proposal with its doubts.

The rules, from the first character to the last:

1. A text that is already OSM comes back unchanged.
2. The text becomes tokens (a day, a time, "fermé", "sauf"…). Neighbouring tokens become days ("du lundi au vendredi")
   and spans ("de 9h à 12h"). What no rule knows is a word, and a word left over is a doubt.
3. Days and spans become statements: these days, these spans, these weeks, this comment. Days wait for their spans, over
   lines if they must; when a line begins with its spans and ends with its days, the spans wait.
4. Statements become one week. A day told twice with other hours, days without hours, a closing that cuts a span
   somewhere: each is a doubt, never a silent choice. Only consecutive days with the same spans are written together,
   and no rule takes hours away from another.

Nothing is invented: hours that are not written are not proposed. Without any day, hours count only when every other
word was understood, for an address or a bus line also holds numbers.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from itertools import groupby, pairwise
from typing import Any

from places.opening_hours import QUOTED, is_readable, parse_horaires

NOON, MIDNIGHT = 12 * 60, 24 * 60
HOLIDAYS = 7  # the eighth "day"
EVERY_DAY = tuple(range(7))
OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH")
FRENCH_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "jours fériés")
WEEKS = {"": "", "odd": "week 1-53/2 ", "even": "week 2-52/2 "}
MANY = 100  # statements; no place has as many
QUOTES = 6  # so many words left over are quoted, each so long
QUOTE_LENGTH = 60


@dataclass(frozen=True)
class Reading:
    """Hours in the OSM syntax; `doubts`, empty when certain, says in French what was guessed or left out."""

    horaires: str
    certain: bool
    doubts: tuple[str, ...]


def read_french_hours(text: str) -> Reading | None:
    """Return the hours that `text` says; None when it says none: no spans, an address, a bus line."""
    line = _clean(text)
    if reading := _already_osm(text.strip()) or _already_osm(line):
        return reading
    if BUS_LINE.search(_fold(line)):
        return None
    reader = _Reader(line)
    horaires = _joined(_rules(reader))
    if parse_horaires(horaires) is None:
        return None
    if is_readable(line):
        reader.doubt("La syntaxe OSM lirait ce texte autrement.")  # "Mar" is March, "WE" Wednesday
    return Reading(horaires, not reader.doubts, tuple(reader.doubts))


# --- 1. Texts that are already OSM -----------------------------------------------------------------------------------

SAYS_HOURS = re.compile(r"\d:\d\d|24/7|\b(?:off|closed|unknown)\b")
ONLY_OSM_DAYS = re.compile(r"\b(?:Mo|Tu|Th|Fr|Su)\b", re.IGNORECASE)
OSM_MONTHS = re.compile(r"\b(?:Jan|Feb|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")
# "Mar" is mardi and March, "WE" the week-end and Wednesday: alone they prove nothing.
FRENCH_TOO = re.compile(r"\b(?:mar|MAR|Mar|we|WE)\b")
# The syntax has a rare "every so many minutes": 9:00-12:00/14:00. In France it is a day in two halves.
EVERY_SO_OFTEN = re.compile(r":\d\d ?/ ?\d{1,2}:")


def _already_osm(text: str) -> Reading | None:
    if parse_horaires(text) is None:
        return None
    bare = QUOTED.sub("", text)
    if EVERY_SO_OFTEN.search(bare) or (
        FRENCH_TOO.search(bare) and not ONLY_OSM_DAYS.search(bare) and not OSM_MONTHS.search(bare)
    ):
        return None
    if SAYS_HOURS.search(bare):
        return Reading(text, True, ())
    if not ONLY_OSM_DAYS.search(bare):
        return None  # "2026" and "Sa" parse too
    return Reading(text, False, ("Aucune heure n’est dite : la syntaxe OSM y lit « ouvert jour et nuit ».",))


# --- 2. From characters to tokens ------------------------------------------------------------------------------------

BREAKING_TAG = re.compile(r"</?(?:br|p|li|ul|ol|tr|div|h[1-6])\b[^<>]*>", re.IGNORECASE)
TAG = re.compile(r"</?[a-z][^<>]*>|<!--[^<>]*-->", re.IGNORECASE)
MEANINGLESS = {"So", "Sk", "Mn", "Cc", "Cf", "Co", "Cs"}  # emojis, stray accents, control characters
TYPOGRAPHY = str.maketrans(
    dict.fromkeys("‐‑‒–—―−~", "-")
    | dict.fromkeys("’‘‛ʼ´`", "'")
    | dict.fromkeys("“”„«»＂", '"')
    | dict.fromkeys("→➔⇒", ">")
    | dict.fromkeys("•·▪►■●‣*\r\v\f\x85\u2028\u2029", "\n")
    | dict.fromkeys("\u200b\u200c\u200d\ufeff\u00ad", "")
)
BUS_LINE = re.compile(r"(?<!en )\blignes? (?:n ?o? ?)?(?:\d|[a-z]\b)")


def _clean(text: str) -> str:
    """Return plain text: no HTML, one kind of dash, apostrophe, quote and space, lines kept."""
    text = TAG.sub(" ", BREAKING_TAG.sub("\n", unescape(unescape(text)).translate(TYPOGRAPHY)))
    text = unicodedata.normalize("NFKC", text).translate(TYPOGRAPHY)
    text = "".join(c if c == "\n" or unicodedata.category(c) not in MEANINGLESS else " " for c in text)
    return "\n".join(line for part in text.split("\n") if (line := " ".join(part.split())))


def _fold(text: str) -> str:
    """Return the text in lower case without accents, each character in its place."""
    return "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    plain = unicodedata.normalize("NFD", character)[0].lower()
    return plain if len(plain) == 1 else character


@dataclass(frozen=True)
class Token:
    kind: str
    value: Any
    start: int
    end: int


MONTHS = "janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
RDV = r"(?:rendez[- ]?vous|r\.?d\.?v\b\.?|rv\b)"
ONLY = r"(?:uniquement|seulement|exclusivement)"
NOT = r"(?:hors|sauf|excepte|hormis|ferme(?:e|s|es)?|fermetures?)"
WHILE = r"(?:(?:pendant|durant) )?(?:les )?"
DURING = r"(?: (?:pendant|durant|les|le|la|des|aux?|en|lors|toutes)){0,3}"
# Each kind of token and how it is written, lower case and without accents; the first that matches wins.
GRAMMAR = [
    ("word", r"https?://[^ \n]+|www\.[^ \n]+|[a-z0-9._+-]{1,64}@[a-z0-9.-]{1,99}"),
    ("word", r"(?:\+33 ?[1-9]|0[1-9])(?P<phone>[ .-]?)\d\d(?:(?P=phone)\d\d){3}(?!\d)"),
    ("word", r"\d{1,2}/\d{1,2}/(?:\d{4}|\d\d)(?![\d/h])|\d{1,2}(?P<date>[.-])\d{1,2}(?P=date)\d{4}(?!\d)"),
    ("word", rf"\d{{1,2}}(?:er)? (?:{MONTHS})\b(?: \d{{4}}\b)?"),
    (
        "some_vacation",
        rf"{WHILE}vacances (?:scolaires )?(?:de |d'|du |des )(?!(?:lun|mar|mercre|jeu|vendre|same)di)[a-z]+",
    ),
    ("some_vacation", rf"{WHILE}(?:petites|grandes) vacances(?: scolaires)?\b"),
    ("nonstop", r"24 ?h? ?/ ?7 ?j?\b"),
    ("always", r"24 ?h(?:eures)? ?(?:/|sur) ?24(?: ?h(?:eures)?\b)?|24 ?/ ?24\b"),
    ("everyday", r"7 ?j(?:ours)? ?(?:/|sur) ?7(?: ?j(?:ours)?\b)?|7 ?/ ?7\b"),
    ("everyday", r"(?:tous les|chaque) jours?\b(?! (?:de (?:la )?semaine|ouvr|feri))"),
    ("nth", r"(?P<nth>[1-5])(?:ers?|eres?|i?emes?|n?des?|nds?|es?)\b"),
    ("nth", r"(?P<ordinal>premier|deuxieme|second|troisieme|quatrieme|cinquieme|dernier)e?s?\b"),
    (
        "time",
        r"(?P<hour>\d{1,2})(?P<loose> ?)(?:(?:heures?|hrs?|h)(?![a-z])|h(?=a ?\d|lun|mar|mer|jeu|ven|sam|dim))"
        r"(?:(?P<gap> ?)(?:(?P<minute>00|2[5-9]|[3-5]\d)(?: ?(?:h|mn|min|minutes)\b)?(?!\d)"
        r"|(?P<teen>[01]\d|2[0-4])(?!\d| ?h| ?:\d)))?",
    ),
    ("time", r"(?P<hour2>\d{1,2}) ?: ?(?P<minute2>\d\d)(?::00)?(?!\d| ?h)"),
    ("time", r"(?P<hour3>\d{1,2})\.(?P<minute3>\d\d)(?!\d|\.\d)"),
    ("midnight", r"minuit\b"),
    ("parity", r"sem(?:aines?|s?\.?) (?P<odd>im)?paires?\b(?! (?:et|ou|/) (?:semaines? )?(?:im)?paires?)"),
    ("noise", r"semaines? (?:paires? (?:et|/) (?:semaines? )?im|impaires? (?:et|/) (?:semaines? )?)paires?\b"),
    ("weekdays", r"(?:en|la) semaine\b|semaine(?= ?:)"),
    ("perhaps_weekdays", r"toute la semaine\b|jours? de (?:la )?semaine\b|jours? ouvres?\b"),
    ("perhaps_saturday", r"jours? ouvrables?\b"),
    ("weekend", r"week[- ]?ends?\b|w-e\b"),
    ("also_holidays", r"(?:y compris|meme) (?:pendant |durant )?(?:les )?(?:jours? )?feries?\b"),
    ("also_holidays", r"(?:les )?(?:jours? )?feries? (?:y )?(?:compris|inclus)\b"),
    ("holidays", r"(?:jours? )?feries?\b|ph\b"),
    ("vacation", r"hors (?:la |les )?periodes? scolaires?\b"),
    ("term", rf"{NOT}{DURING} vacances(?: scolaires)?\b(?! (?:de|du|des)\b| d')"),
    ("term", r"(?:en |pendant (?:la |les )?|durant (?:la |les )?)?periodes? scolaires?\b"),
    ("vacation", rf"{WHILE}vacances(?: scolaires)?\b"),
    ("part", r"(?P<afternoon>apres[- ]?midis?|aprem)\b|(?P<morning>matinees?|matins?)\b"),
    ("part", r"(?P<evening>soirees?|soirs?)\b|(?:toute )?(?:la )?(?P<whole>journees?)\b(?! continue)"),
    ("noon", r"midis?\b"),
    ("closed", r"(?:ferme(?:e|s|es)?|fermetures?)\b(?P<article> (?:le|les|du)\b)?|clos\b|closed\b|off\b"),
    ("except", r"sauf\b|hors\b|hormis\b|excepte(?:s|e|es)?\b|a l'exception (?:de l'|du|des|de)"),
    ("note", rf"(?P<either>avec ou sans {RDV})"),
    ("note", rf"(?P<without>sans {RDV})"),
    ("note", rf"(?:(?P<only>{ONLY}) )?(?:sur|avec|par) (?:prise de )?{RDV}(?: (?P<only2>{ONLY}|obligatoires?)\b)?"),
    ("note", r"sur (?P<booking>reservation|inscription)\b"),
    ("note", r"(?:en )?(?P<free>acces libre|libre acces|entree libre)\b"),
    ("from", r"a (?:partir|compter) (?:de|d')|des(?= \d{1,2} ?(?:h|:))"),
    ("until", r"jusqu'?(?:a|au)?\b"),
    ("between", r"entre\b"),
    ("monthly", r"(?:du|de chaque|de|par|chaque) mois\b"),
    ("noise", r"sans interruption\b|non[- ]?stop\b|en continu\b|journee continue\b"),
    ("break", r"[.;|\n]|-{2,}"),
    ("colon", r":"),
    ("conn", r"[-/,&+_>=]|(?:et|puis|ainsi que|au|aux|a)\b|a(?=\d)"),
    ("paren", r"[()\[\]]"),
    ("noise", r"['\"]"),
    ("number", r"\d+"),
    ("day", r"(?P<dotted>lun|mar|merc?|jeu|vend?|sam|dim)\."),
    ("letters", r"[a-z]+"),
    ("word", r"[^ ]"),
]
LEXER = re.compile("|".join(f"(?P<{kind}_{n}>{pattern})" for n, (kind, pattern) in enumerate(GRAMMAR)), re.ASCII)
NOISE = frozenset(
    "le la les l de du des d en ouvert ouverte ouverts ouvertes ouverture ouvertures horaire horaires heure heures "
    "jour jours accueil public publics tous toutes tout chaque nous sommes est sont permanence permanences inclus "
    "incluse compris comprise y uniquement seulement".split()
)
ORDINALS = {"premier": 1, "deuxieme": 2, "second": 2, "troisieme": 3, "quatrieme": 4, "cinquieme": 5, "dernier": -1}
DAYS = {
    name: day
    for day, names in enumerate(
        (
            "lundi lundis lun",
            "mardi mardis mar",
            "mercredi mercredis mer merc",
            "jeudi jeudis jeu",
            "vendredi vendredis ven vend",
            "samedi samedis sam",
            "dimanche dimanches dim",
        )
    )
    for name in names.split()
}
# A day only next to another day or before a time: "je", "me" and "sa" are words, "D" and "M" initials.
SHORT_DAYS = {"lu": 0, "ma": 1, "me": 2, "je": 3, "ve": 4, "sa": 5, "di": 6}
CAPITALS = {"L": 0, "M": 1, "J": 3, "V": 4, "S": 5, "D": 6}
CAPITALS |= {"Mo": 0, "Tu": 1, "We": 2, "Th": 3, "Fr": 4, "Su": 6, "Sun": 6}  # in OSM that its parser refuses
GROUPS = {
    "weekend": (5, 6),
    "weekdays": (0, 1, 2, 3, 4),
    "perhaps_weekdays": (0, 1, 2, 3, 4),
    "perhaps_saturday": (0, 1, 2, 3, 4, 5),
    "everyday": EVERY_DAY,
    "holidays": (HOLIDAYS,),
}
DAYISH = {"day", "nth", *GROUPS}
TIMISH = {"time", "number", "noon", "midnight"}
RANGES = {"-", "a", "/", ">", "until"}
SPARE = {"le", "la", "les", "l", "du", "des", "de", "d", "'", "y", "compris", "chaque", "tous"}


@dataclass(frozen=True)
class Clock:
    minutes: int | None  # None: no such time
    sure: bool = True


def _tokens(text: str) -> list[Token]:
    tokens = [_token(match, text) for match in LEXER.finditer(_fold(text))]
    return _settled(tokens, text)


def _token(match: re.Match[str], text: str) -> Token:
    kind = str(match.lastgroup).rsplit("_", 1)[0]
    start, end = match.span()
    value: Any = match[0]
    match kind:
        case "time":
            value = _clock(match)
        case "midnight":
            value = Clock(MIDNIGHT)
        case "noon":
            value = Clock(NOON)
        case "number":
            value = Clock(int(value) * 60 if len(value) <= 2 and int(value) <= 24 else None)
        case "nth":
            value = int(match["nth"]) if match["nth"] else ORDINALS[match["ordinal"]]
        case "parity":
            value = "odd" if match["odd"] else "even"
        case "part":
            value = next(name for name in ("morning", "afternoon", "evening", "whole") if match[name])
        case "note":
            value = _note(match)
        case "closed":
            value = bool(match["article"])
        case "day":
            value = DAYS[match["dotted"]]
        case "letters":
            kind, value = _word(match[0], text[start:end])
        case _ if kind in GROUPS:
            value = GROUPS[kind]
    return Token(kind, value, start, end)


def _clock(match: re.Match[str]) -> Clock:
    hour = int(match["hour"] or match["hour2"] or match["hour3"])
    minute = int(match["minute"] or match["teen"] or match["minute2"] or match["minute3"] or 0)
    if minute > 59 or hour * 60 + minute > MIDNIGHT:
        return Clock(None)
    # "9h 12" is rather 9h-12 than 9:12.
    glued = bool(match["teen"]) and match["gap"] == " " and not match["loose"]
    return Clock(hour * 60 + minute, sure=not (glued and minute % 5))


def _note(match: re.Match[str]) -> str:
    if match["either"]:
        return "avec ou sans rendez-vous"
    if match["without"]:
        return "sans rendez-vous"
    if match["booking"]:
        return "sur réservation" if match["booking"] == "reservation" else "sur inscription"
    if match["free"]:
        return "accès libre"
    return "uniquement sur rendez-vous" if match["only"] or match["only2"] else "sur rendez-vous"


def _word(folded: str, written: str) -> tuple[str, Any]:
    if written in CAPITALS:
        return "short", CAPITALS[written]
    if folded in NOISE:
        return "noise", folded
    if folded in DAYS:
        return "day", DAYS[folded]
    if folded in SHORT_DAYS:
        return "short", SHORT_DAYS[folded]
    if folded == "we":
        return "weekend", GROUPS["weekend"]
    return "word", folded


def _settled(tokens: list[Token], text: str) -> list[Token]:
    """Return the tokens with each short day made a day, noise (`L'`) or a word."""
    settled = list(tokens)
    for n, token in enumerate(tokens):
        if token.kind != "short":
            continue
        written = text[token.start : token.end]
        if text[token.end : token.end + 1] == "'":
            settled[n] = Token("noise", written.lower(), token.start, token.end)
        elif _is_day(tokens, n, written):
            settled[n] = Token("day", token.value, token.start, token.end)
        else:
            settled[n] = Token("word", written, token.start, token.end)
    return settled


def _is_day(tokens: Sequence[Token], n: int, written: str) -> bool:
    kinds = {"day", "short", "weekend"}
    before, joined_before = _neighbour(tokens, n, -1)
    after, joined_after = _neighbour(tokens, n, 1)
    capital = written[0].isupper()
    if before in kinds and (joined_before or capital):
        return True
    if after in kinds and (joined_after or capital):
        return True
    return after in ("time", "closed", "number")[: len(written) + 1] and written not in ("M", "We")


def _neighbour(tokens: Sequence[Token], n: int, step: int) -> tuple[str, bool]:
    """Return the kind of the nearest telling token, and whether a word or a sign joins the two."""
    joined = False
    n += step
    while 0 <= n < len(tokens) and tokens[n].kind in ("conn", "colon", "noise"):
        joined = joined or tokens[n].kind == "conn"
        n += step
    return (tokens[n].kind if 0 <= n < len(tokens) else "", joined)


# --- 3. From tokens to days and spans --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Days:
    days: tuple[int, ...]
    nth: tuple[int, ...] = ()


@dataclass(frozen=True)
class Span:
    """Minutes of the day; after 1440 the next night. `end` None: nobody says."""

    start: int
    end: int | None
    bare: bool = field(default=False, compare=False)  # written without any "h"

    def __str__(self) -> str:
        if self.end is None:
            return f"{_hour(self.start)}+"
        return f"{_hour(self.start)}-{_hour(self.end if self.end <= MIDNIGHT else self.end - MIDNIGHT)}"

    @property
    def until(self) -> int:
        return MIDNIGHT if self.end is None else self.end

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.until and other.start < self.until


WHOLE_DAY = Span(0, MIDNIGHT)
# What each part of the day is called, and from when to when its spans may run.
PARTS = {
    "morning": ("matin", 0, NOON + 90),
    "noon": ("midi", 11 * 60, 15 * 60),
    "afternoon": ("après-midi", NOON, 21 * 60),
    "evening": ("soir", 16 * 60, 2 * MIDNIGHT),
    "whole": ("journée", 0, MIDNIGHT),
}


def _hour(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _within(span: Span, part: str) -> bool:
    _name, start, end = PARTS[part]
    return start <= span.start and span.until <= end


class _Phrases:
    """The tokens of a text, with each group of days and each group of times as one token."""

    def __init__(self, text: str, doubt: Callable[[str], None]):
        self.text = text
        self.doubt = doubt
        self.tokens = _tokens(text)

    def __iter__(self) -> Iterator[Token]:
        n = 0
        while n < len(self.tokens):
            token = self.tokens[n]
            if token.kind in DAYISH:
                found, n = self._days(n)
            elif token.kind in TIMISH or token.kind in ("from", "until", "between"):
                found, n = self._times(n)
            else:
                found, n = self._other(token), n + 1
            yield from found

    def quote(self, first: Token, last: Token | None = None) -> str:
        return self.text[first.start : (last or first).end]

    def _other(self, token: Token) -> list[Token]:
        if token.kind == "always":
            return [Token("times", [WHOLE_DAY], token.start, token.end)]
        if token.kind == "nonstop":
            return [
                Token("days", Days(EVERY_DAY), token.start, token.end),
                Token("times", [WHOLE_DAY], token.start, token.end),
            ]
        return [token]

    def _gap(self, n: int) -> tuple[list[str], int]:
        """Return what joins the token before `n` to the next telling one, and where that one is."""
        joints = []
        while n < len(self.tokens) and (
            self.tokens[n].kind in ("conn", "until")
            or (self.tokens[n].kind == "noise" and self.tokens[n].value in SPARE)
        ):
            if self.tokens[n].kind != "noise":
                joints.append("until" if self.tokens[n].kind == "until" else self.tokens[n].value)
            n += 1
        return joints, n

    # Days: "1er et 3e mardi", "du lundi au mercredi et le vendredi", "L-V".

    def _days(self, n: int) -> tuple[list[Token], int]:
        first = n
        nth = []
        while n < len(self.tokens) and self.tokens[n].kind == "nth":
            nth.append(self.tokens[n].value)
            joints, following = self._gap(n + 1)
            n = following if set(joints) <= {"et", ",", "/", "-", "&"} else n + 1
        if nth and (n >= len(self.tokens) or self.tokens[n].kind != "day"):
            return [Token("word", None, self.tokens[first].start, self.tokens[n - 1].end)], n
        elements, joins = [self.tokens[n]], []
        while not nth:
            joints, following = self._gap(n + 1)
            if following >= len(self.tokens) or self.tokens[following].kind not in DAYISH - {"nth", "everyday"}:
                break
            elements.append(self.tokens[following])
            joins.append(joints)
            n = following
        days = self._united(elements, joins)
        return [Token("days", Days(days, tuple(sorted(set(nth)))), self.tokens[first].start, elements[-1].end)], n + 1

    def _united(self, elements: list[Token], joins: list[list[str]]) -> tuple[int, ...]:
        groups = self._day_groups(elements)
        if elements[0].kind == "everyday" and joins and not joins[0]:
            groups, joins = groups[1:], joins[1:]  # "tous les jours du lundi au vendredi"
        chain = len(joins) > 1 and all(joint == ["-"] for joint in joins)  # "lundi-mardi-jeudi" is a list
        days: list[int] = []
        ranged = False
        for n, group in enumerate(groups):
            joint = joins[n - 1] if n else []
            if not n or chain or not ({"au", "a", ">", "until"} & set(joint) or joint == ["-"]):
                self._doubt_wide_slash(groups, joint, n)
                days += group
                ranged = False
                continue
            if ranged or len(group) > 1 or len(groups[n - 1]) > 1 or group == groups[n - 1] or HOLIDAYS in group:
                self.doubt(f"Jours peu clairs : « {self.quote(elements[0], elements[-1])} ».")
            ranged = True
            day = groups[n - 1][-1]
            while day != group[0] and HOLIDAYS not in (day, group[0]):
                day = (day + 1) % 7
                days.append(day)
        return tuple(sorted(set(days)))

    def _day_groups(self, elements: list[Token]) -> list[tuple[int, ...]]:
        groups: list[tuple[int, ...]] = []
        for n, token in enumerate(elements):
            group = token.value if isinstance(token.value, tuple) else (token.value,)
            if token.kind.startswith("perhaps"):
                self.doubt(f"« {self.quote(token)} » lu {_names(group)}.")
            elif self.quote(token) == "M":
                again = n > 0 and self.quote(elements[n - 1]) == "M"
                sure = again or (n + 1 < len(elements) and self.quote(elements[n + 1]) == "M")
                group = (2,) if again else (1,)
                if not sure:
                    self.doubt("« M » lu mardi : ce peut être mercredi.")
            groups.append(group)
        return groups

    def _doubt_wide_slash(self, groups: list[tuple[int, ...]], joint: list[str], n: int) -> None:
        if joint == ["/"] and len(groups) == 2 and groups[1][0] - groups[0][-1] > 2:
            first, last = groups[0][-1], groups[1][0]
            self.doubt(f"« {FRENCH_DAYS[first]}/{FRENCH_DAYS[last]} » lu comme deux jours, non de l’un à l’autre.")

    # Times: "de 9h à 12h et de 14h à 17h", "8h30 12h00 13h30 17h00", "9-12h".

    def _times(self, n: int) -> tuple[list[Token], int]:
        first = n
        moments: list[tuple[Token, list[str]]] = []
        marks: list[str] = []
        end = n
        while n < len(self.tokens):
            token = self.tokens[n]
            if token.kind in TIMISH:
                moments.append((token, marks))
                marks, end = [], n + 1
            elif token.kind in ("conn", "from", "until", "between"):
                marks.append(token.value if token.kind == "conn" else token.kind)
            elif not (token.kind == "noise" and token.value in ("de", "des", "du", "d")):
                break
            n += 1
        if not moments:
            return [Token("word", None, self.tokens[first].start, self.tokens[n - 1].end)], n
        followed = end < len(self.tokens) and self.tokens[end].kind == "word"
        return list(self._spans(moments, self.tokens[first].start, followed)), end

    def _spans(self, moments: list[tuple[Token, list[str]]], start: int, followed: bool) -> Iterator[Token]:
        n = 0
        while n < len(moments):
            token, marks = moments[n]
            last_pair = n + 2 >= len(moments)
            if n + 1 < len(moments) and self._is_pair(*moments[n], *moments[n + 1], followed and last_pair):
                after, joint = moments[n + 1]
                quote = self.quote(token, after)
                if not joint and len(moments) == 2:
                    self.doubt(f"« {quote} » lu comme une plage, de l’une à l’autre heure.")
                if n and set(marks) & {"a", ">", "until"}:
                    self.doubt(f"Plages peu claires avant « {quote} ».")
                if span := self._span(token, after, quote):
                    yield Token("times", [span], token.start, after.end)
                else:
                    yield Token("lost", None, token.start, after.end)
                n += 2
                continue
            n += 1
            if token.kind == "noon":
                yield Token("part", "noon", token.start, token.end)
            elif "from" in marks and token.kind == "time" and token.value.minutes is not None:
                self.doubt(f"« à partir de {self.quote(token)} » : l’heure de fin n’est pas dite.")
                yield Token("times", [Span(token.value.minutes, None)], token.start, token.end)
            elif "until" in marks and token.kind == "time" and token.value.minutes is not None:
                self.doubt(f"« jusqu’à {self.quote(token)} » : l’heure de début n’est pas dite.")
                yield Token("clue", f"jusqu’à {_hour(token.value.minutes)}", token.start, token.end)
            else:
                kind = "word" if token.kind == "number" or token.value.minutes is None else "lone"
                yield Token(kind, None, start if token is moments[0][0] else token.start, token.end)

    def _is_pair(self, first: Token, before: list[str], second: Token, joint: list[str], followed: bool) -> bool:
        kinds = {first.kind, second.kind}
        if joint == ["et"]:
            return "between" in before
        if not joint:
            return kinds <= {"time", "midnight"}
        if len(joint) > 1 or joint[0] not in RANGES:
            return False
        if kinds == {"number"}:
            start, end = first.value.minutes, second.value.minutes
            plausible = start is not None and end is not None and 6 * 60 <= start < end
            return plausible and joint != ["/"] and not followed  # "9-12 rue …"
        return "number" not in kinds or None not in (first.value.minutes, second.value.minutes)

    def _span(self, first: Token, second: Token, quote: str) -> Span | None:
        start, end = first.value.minutes, second.value.minutes
        if start is None or end is None or start == end:
            self.doubt(f"« {quote} » n’est pas une plage d’heures.")
            return None
        if not (first.value.sure and second.value.sure):
            self.doubt(f"« {quote} » lu {_hour(start)}-{_hour(end)}.")
        start, end = start % MIDNIGHT, end or MIDNIGHT
        bare = first.kind == second.kind == "number"
        afternoon = NOON if start < 6 * 60 else 0
        if start < end and not (afternoon and start >= 60 and end <= 8 * 60):
            return Span(start, end, bare)
        if start >= 17 * 60 and end <= 6 * 60:
            return Span(start, end + MIDNIGHT, bare)
        if start >= 60 and end <= 8 * 60 and start + afternoon < end + NOON:
            self.doubt(f"« {quote} » lu {_hour(start + afternoon)}-{_hour(end + NOON)}, sur douze heures.")
            return Span(start + afternoon, end + NOON, bare)
        self.doubt(f"« {quote} » finit avant de commencer.")
        return None


def _names(days: Sequence[int]) -> str:
    return "tous les jours" if tuple(days) == EVERY_DAY else ", ".join(FRENCH_DAYS[day] for day in days)


# --- 4. From days and spans to statements ----------------------------------------------------------------------------


@dataclass(eq=False)
class Statement:
    """These days, these spans; for a closing, what is taken away, and from which other statement ("sauf")."""

    line: int
    days: tuple[int, ...] = ()
    nth: tuple[int, ...] = ()
    spans: list[Span] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    clues: list[str] = field(default_factory=list)
    parity: str = ""
    note: str = ""
    vacation: bool = False
    joined: "Statement | None" = None  # the one before waits for the same spans: "lundi matin et mardi matin 9h-12h"
    target: "Statement | None" = None
    instead: bool = False  # "sauf le mercredi de 9h à 12h": other hours, not a closing

    @property
    def whole(self) -> bool:
        """Tell whether the days are meant whole, every week."""
        return not (self.spans or self.parts or self.nth or self.parity)

    def receive(self, spans: list[Span]) -> None:
        self.spans += spans
        waiting = self.joined
        while waiting and not waiting.spans and waiting.parts in ([], self.parts):
            waiting.spans = self.spans
            waiting = waiting.joined

    def together(self) -> list["Statement"]:
        """Return the statements that received the same spans at once."""
        statements = [self]
        while (before := statements[-1].joined) and before.spans is self.spans:
            statements.append(before)
        return statements


EXCLUSIONS = {"closed": "fermé", "except": "sauf"}
SIGNS = ("conn", "colon", "paren")
QUALIFIERS = ("parity", "note")


class _Reader:
    """Read the lines one after the other into statements and closings."""

    def __init__(self, text: str):
        self.text = text
        self.doubts: dict[str, None] = {}
        self.opened: list[Statement] = []
        self.closings: list[Statement] = []
        self.words: list[Token] = []
        self.limits: list[tuple[int, bool]] = []  # the lines that say "hors vacances", and whether they begin with it
        self.school_off = self.holidays_off = self.also_holidays = self.day_ranges = False
        self.current: Statement | None = None  # the last one that may receive spans
        self.lasting: dict[str, str] = {}  # "Semaines paires :" alone on its line
        self.headed: dict[str, int] = {}  # the first line that begins so
        self.section, self.section_waits = "", False  # "Le matin :" before its days or spans
        self.vacation = False  # "Vacances scolaires :", whose hours the syntax has but nobody computes
        self.line = 0
        for is_break, line in groupby(_Phrases(text, self.doubt), lambda token: token.kind == "break"):
            tokens = [token for token in line if token.kind != "noise"]
            if tokens and not is_break:
                self._read(tokens)
        self._forget_section()
        self._doubt_words()
        self._doubt_limits()

    def doubt(self, sentence: str) -> None:
        self.doubts[sentence] = None

    def _read(self, tokens: list[Token]) -> None:
        self.line += 1
        self.tail: Statement | None = None  # the last one of this line, that "sur rendez-vous" speaks of
        self.ahead: dict[str, str] = {}  # "Semaines paires :" before the days of its line
        self.qualified = ""  # what was said after the spans of the tail
        self.restart = False
        self.excluding = ""
        telling = [token for token in tokens if token.kind not in SIGNS]
        shape = [token.kind for token in telling if token.kind in ("days", "times", "lone")]
        self.alone = not shape
        self.titled = any(token.kind == "colon" for token in tokens)
        self.spans_first = not self._waits() and shape[:1] == ["times"] and shape[-1:] == ["days"]
        self.before, self.signs = "", []
        following = iter([token.kind for token in telling[1:]] + [""])
        for token, self.next in zip(tokens, [*tokens[1:], None], strict=True):
            if token.kind in SIGNS:
                self.signs.append(token.value)
                continue
            self.after, excluding = next(following), self.excluding
            getattr(self, f"_on_{token.kind}")(token)
            if excluding and token.kind not in EXCLUSIONS:
                self._forget_exclusion()
            self.before, self.signs = token.kind, []
        self._forget_exclusion()
        if self.restart:
            self.doubt(f"« {' '.join(self.ahead.values())} » : on ne sait pas pour quelles heures.")

    def _waits(self) -> bool:
        return self.current is not None and bool(self.current.days) and not self.current.spans

    def _forget_exclusion(self) -> None:
        if self.excluding:
            self.doubt(f"« {EXCLUSIONS[self.excluding]} » : on ne sait pas quand.")
        self.excluding = ""

    def _on_word(self, token: Token) -> None:
        self.words.append(token)

    def _on_lost(self, _token: Token) -> None:
        pass  # the doubt is already said

    def _on_lone(self, token: Token) -> None:
        self.doubt(f"Heure seule, laissée de côté : « {self.text[token.start : token.end]} ».")
        self._forget_closing()

    def _on_clue(self, token: Token) -> None:
        if self.current and not self.current.spans:
            self.current.clues.append(token.value)
        self._forget_closing()

    def _forget_closing(self) -> None:
        if self.before == "days" and self.tail in self.closings[-1:]:
            self.closings.pop()  # "sauf le vendredi jusqu’à 16h" closes nothing

    def _on_also_holidays(self, _token: Token) -> None:
        self.also_holidays = True

    def _on_monthly(self, token: Token) -> None:
        if not (self.tail and self.tail.nth):
            self.words.append(token)

    # Days.

    def _on_days(self, token: Token) -> None:
        days, nth = token.value.days, token.value.nth
        self.day_ranges = self.day_ranges or len(days) > 1
        current = self.current
        if self.before == "term" and self.signs and days == (HOLIDAYS,):
            self.holidays_off = True  # "hors vacances scolaires et jours fériés"
        elif self.excluding:
            self._close(days, nth)
        elif self.before == "part" and "et" in self.signs and self.tail in self.closings[-1:]:
            self.excluding = "except" if self.tail.target else "closed"
            self._close(days, nth)  # "fermé mercredi après-midi et vendredi matin"
        elif self.spans_first and current and current.line == self.line and not current.days:
            current.days, current.nth = days, nth
            self.tail = current
        else:
            if self.before == self.qualified == "note" and self.tail and not self.signs:
                self.doubt(f"« {self.tail.note} » : on ne sait pas pour quels jours.")
            adjoining = self.before in ("days", "part", *QUALIFIERS) and not set(self.signs) & set(":()[]")
            waits = current is self.tail and self._waits() and adjoining
            if waits and current and current.nth and not nth:
                self.doubt(f"On ne sait pas si c’est toutes les semaines : {_names(days)}.")
            self._open(days, nth, current if waits else None)

    def _open(self, days: tuple[int, ...], nth: tuple[int, ...] = (), joined: Statement | None = None) -> Statement:
        statement = Statement(self.line, days, nth, joined=joined, vacation=self.vacation)
        statement.parity, statement.note = (self.ahead.get(name) or self.lasting.get(name, "") for name in QUALIFIERS)
        if self.section and days:
            statement.parts.append(self.section)
            self.section_waits = False
        self.opened.append(statement)
        self.current = self.tail = statement
        self.qualified, self.restart = "", False
        return statement

    # Spans.

    def _on_times(self, token: Token) -> None:
        spans = token.value
        if self.excluding:
            self._close(self._days_of_line(), spans=spans)
            return
        if self.tail and self.tail in self.closings[-1:]:
            self._after_closing(self.tail, spans)
            return
        current = self.current
        if current is None or (self.spans_first and (current.days or current.line != self.line)):
            current = self._open(())
        elif current.spans and (self.restart or self.qualified or (self.ahead and self.tail is None)):
            current = self._again(current)
        elif self.tail is None:
            for name, value in self.ahead.items():  # "Lundi", then on its own line "semaines paires : 9h-12h"
                setattr(current, name, value)
        if self.section_waits:
            current.parts.append(self.section)
            self.section, self.section_waits = "", False
        current.receive(spans)
        self.tail = current

    def _again(self, last: Statement) -> Statement:
        """Return the same days for other spans: "9h-12h sans rendez-vous, 14h-17h sur rendez-vous"."""
        qualified, ahead = self.qualified, self.ahead
        statement = self._open(last.days, last.nth)
        for name in QUALIFIERS:
            setattr(statement, name, ahead.get(name, "") or ("" if name == qualified else getattr(last, name)))
        return statement

    def _after_closing(self, closing: Statement, spans: list[Span]) -> None:
        target = closing.target
        if target and not target.spans:
            target.receive(spans)  # "tous les jours sauf le mercredi de 9h à 12h"
            self.current = self.tail = target
        elif target:
            closing.instead = True
            closing.spans += spans
        elif self.current and self._waits():
            self.current.receive(spans)  # "lundi fermé le matin, 14h-17h", "du lundi au jeudi (fermé mardi) 9h-12h"
            self.tail = self.current
        elif closing.parts:
            self._open(closing.days or self._days_of_line()).receive(spans)
        else:
            closing.spans += spans

    # Closings.

    def _days_of_line(self) -> tuple[int, ...]:
        return self.current.days if self.current and (self.current.line == self.line or self._waits()) else ()

    def _close(self, days: tuple[int, ...], nth: tuple[int, ...] = (), **what: Any) -> None:
        closing = Statement(self.line, days, nth, vacation=self.vacation, **what)
        closing.parity = self.ahead.get("parity") or self.lasting.get("parity", "")
        if self.excluding == "except":
            closing.target = self.current
            if closing.target is None and days != (HOLIDAYS,):
                self.doubt(f"« sauf » {_names(days)} : sauf de quels jours ?")
            if HOLIDAYS in days:
                self.limits.append((self.line, self.tail is None))
        self.closings.append(closing)
        self.tail, self.excluding = closing, ""

    def _on_closed(self, token: Token) -> None:
        if self.before in ("vacation", "some_vacation"):
            return  # said with the vacation
        if self.tail in self.closings[-1:] and self.before == "days":
            return  # "sauf le mercredi (jour de fermeture)"
        if not self._waits() or self._closes_what_follows(token):
            self._forget_exclusion()
            self.excluding = "closed"
            return
        closed = [self.current]
        while (before := closed[-1].joined) and not before.spans:
            closed.append(before)
        for statement in reversed(closed):
            self.opened.remove(statement)
            self.closings.append(statement)
        self.tail, self.current = self.current, None

    def _closes_what_follows(self, token: Token) -> bool:
        """Tell "du lundi au vendredi (fermé le mercredi) 9h-17h" from "Lundi fermé Mardi 9h-17h"."""
        if self.next is None or self.next.kind not in ("days", "part"):
            return False
        among = self.next.kind == "days" and self.current and set(self.next.value.days) < set(self.current.days)
        return bool(token.value or {",", "(", "et"} & set(self.signs) or self.tail is None or among)

    def _on_except(self, _token: Token) -> None:
        self._forget_exclusion()
        self.excluding = "except"

    def _on_part(self, token: Token) -> None:
        if self.excluding:
            self._close(self._days_of_line(), parts=[token.value])
        elif self.tail or self._waits():
            self.tail = self.tail or self.current
            self.tail.parts.append(token.value)
        else:
            self._forget_section()
            self.section, self.section_waits = token.value, True

    def _forget_section(self) -> None:
        if self.section_waits:
            self.doubt(f"« {PARTS[self.section][0]} » : sans heures, laissé de côté.")

    # School time.

    def _on_term(self, token: Token) -> None:
        self.limits.append((self.line, self.tail is None))
        self.vacation = False
        self._school_off(token)

    def _on_vacation(self, token: Token) -> None:
        after_holidays = self.tail in self.closings[-1:] and self.tail.days == (HOLIDAYS,) and self.signs
        if self.excluding or after_holidays or self.after == "closed":
            self._school_off(token)
            self.excluding = ""
        else:
            self._leave_vacation_out()

    def _on_some_vacation(self, token: Token) -> None:
        if self.excluding or self.after == "closed":
            self.words.append(token)
        else:
            self._leave_vacation_out()

    def _school_off(self, token: Token) -> None:
        self.school_off = True
        if "scolaire" not in token.value:
            self.doubt("« vacances » lu « vacances scolaires ».")

    def _leave_vacation_out(self) -> None:
        self.doubt("Les heures des vacances scolaires sont laissées de côté.")
        if self.tail and self.tail.spans and self.after not in ("days", "times", "part"):
            self.tail.vacation = True
        else:
            self.vacation = True
            self.current = self.tail = None

    # "Semaines paires", "sur rendez-vous": before or after what they speak of.

    def _on_parity(self, token: Token) -> None:
        self._qualify("parity", token)

    def _on_note(self, token: Token) -> None:
        self._qualify("note", token)

    def _qualify(self, name: str, token: Token) -> None:
        tail = self.tail
        if tail is None and self.alone:
            self._qualify_lines(name, token.value)
        elif tail is None:
            self.ahead[name] = token.value
            self.headed.setdefault(name, self.line)
        elif getattr(tail, name):
            self.ahead[name] = token.value
            self.restart = True
        else:
            self._qualify_tail(tail, name, token)

    def _qualify_lines(self, name: str, value: str) -> None:
        told = [statement for statement in self.opened if statement.spans]
        if not self.titled and name not in self.lasting:
            for statement in self.opened:
                setattr(statement, name, getattr(statement, name) or value)
            self.headed.setdefault(name, self.line)
        if not told or self.titled or name in self.lasting:
            self.lasting[name] = value

    def _qualify_tail(self, tail: Statement, name: str, token: Token) -> None:
        quote = self.text[token.start : token.end]
        same = tail.together()
        others = [other for other in self.opened if other.line == self.line and other not in same]
        glued = not set(self.signs) & {",", "-", "/"}
        if self.before == "part" and tail.spans and not any(_within(span, tail.parts[-1]) for span in tail.spans):
            self.doubt(f"« {PARTS[tail.parts[-1]][0]} {token.value} » : sans heures, laissé de côté.")
            return
        if tail.spans and not all(getattr(other, name) for other in others):
            self.doubt(f"« {quote} » : on ne sait pas pour quels jours.")
        if name == "note" and ("et" in self.signs or (len(tail.spans) > 1 and glued)):
            self.doubt(f"« {quote} » : on ne sait pas pour quelles heures.")
        for statement in same:
            setattr(statement, name, token.value)
        self.qualified = name if tail.spans else ""

    # What is left over.

    def _doubt_words(self) -> None:
        groups: list[list[int]] = []
        for token in self.words:
            between = self.text[groups[-1][1] : token.start] if groups else ""
            if groups and "\n" not in between and set(_fold(between).replace("'", " ").split()) <= NOISE:
                groups[-1][1] = token.end
            else:
                groups.append([token.start, token.end])
        quotes = [self.text[start : min(end, start + QUOTE_LENGTH)].replace("\n", " ") for start, end in groups]
        if quotes:
            more = " et d’autres" if len(quotes) > QUOTES else ""
            self.doubt(f"Non compris, laissé de côté : {', '.join(f'« {quote} »' for quote in quotes[:QUOTES])}{more}.")

    def _doubt_limits(self) -> None:
        """A limit written beside some hours, or before them, may not speak of the others."""
        for name, line in self.headed.items():
            if any(
                statement.line > line and statement.spans and not getattr(statement, name) for statement in self.opened
            ):
                self.doubt("Semaines ou rendez-vous : on ne sait pas si toutes les heures sont concernées.")
        for line, first in self.limits:
            told = [statement for statement in self.opened if not statement.vacation]
            here = [statement for statement in told if statement.line == line]
            if here and (len(here) < len(told) or (len(here) > 1 and not first)):
                self.doubt("Jours fériés ou vacances : on ne sait pas si toutes les heures sont concernées.")


# --- 5. From statements to rules -------------------------------------------------------------------------------------

Key = tuple[str, tuple[int, ...]]  # which weeks, which days of the month
Slot = tuple[Span, str]  # a span and its comment


@dataclass(frozen=True)
class Rule:
    text: str
    days: frozenset[tuple[str, int]] = frozenset()  # of odd and of even weeks
    overnight: bool = False
    replaces: bool = False  # "off", and the hours of public holidays


def _joined(rules: list[Rule]) -> str:
    """Write the rules; a comma instead of the semicolon where the semicolon would take hours from a rule before."""
    text, days, overnight = "", set[tuple[str, int]](), False
    for rule in rules:
        added = not rule.replaces and (overnight or days & rule.days)
        text += (", " if added else "; ") * bool(text) + rule.text
        days |= rule.days
        overnight = overnight or rule.overnight
    return text


class _Week:
    """What is open each day, for every week or some weeks."""

    def __init__(self, doubt: Callable[[str], None]):
        self.doubt = doubt
        self.slots: dict[Key, dict[int, list[Slot]]] = {}
        self.opened: list[Statement] = []
        self.off: list[Rule] = []

    def open(self, statement: Statement) -> None:
        slots = _in_order(statement.spans, statement.note)
        if any(one.overlaps(other) for (one, _), (other, _) in pairwise(slots)):
            self.doubt(f"Plages qui se chevauchent : {_names(statement.days)}.")
        days = self.slots.setdefault((statement.parity, statement.nth), {})
        kept = {day: self._with(days.get(day, []), slots) for day in statement.days}
        self._doubt_repetition(statement)
        if HOLIDAYS in kept and (statement.parity or statement.nth):
            self.doubt("Jours fériés de certaines semaines, laissés de côté.")
        days.update(kept)
        self.opened.append(statement)

    def _with(self, before: list[Slot], slots: list[Slot]) -> list[Slot]:
        if any(one.overlaps(other) for one, _ in before for other, _ in slots):
            return slots
        return sorted(before + slots, key=lambda slot: slot[0].start)

    def _doubt_repetition(self, statement: Statement) -> None:
        for other in self.opened:
            shared = sorted(set(other.days) & set(statement.days))
            same_weeks = (other.parity, other.nth) == (statement.parity, statement.nth)
            if not shared or {other.parity, statement.parity} == {"odd", "even"}:
                continue
            names = _names(shared)
            if not same_weeks:
                self.doubt(f"Heures de chaque semaine et d’autres de certaines semaines, réunies : {names}.")
            elif any(one.overlaps(two) for one in other.spans for two in statement.spans):
                if (other.spans, other.note) != (statement.spans, statement.note):
                    self.doubt(f"Deux horaires différents, le dernier est gardé : {names}.")
            elif set(other.days) != set(statement.days) and not _told_apart(other, statement):
                self.doubt(f"Deux horaires différents, réunis : {names}.")

    def close(self, closing: Statement) -> None:
        target = closing.target
        keys = [(target.parity, target.nth)] if target else list(self.slots)
        days = [day for day in closing.days if day != HOLIDAYS]
        if not closing.days:
            days = sorted({day for key in keys for day in self.slots.get(key, {})})
        if target and days and (target not in self.opened or not set(days) <= set(target.days)):
            self.doubt(f"« sauf » {_names(days)} : ces jours n’étaient pas dits ouverts.")
        if closing.note or (closing.parts and closing.spans):
            self.doubt(f"Fermeture peu claire : {_names(days)}.")
        if closing.instead:
            slots = _in_order(closing.spans, closing.note or (target.note if target else ""))
            self.slots.setdefault(keys[0], {}).update(dict.fromkeys(closing.days, slots))
        elif closing.nth or (closing.parity and not (target and target.parity)):
            self._close_some_weeks(closing, days)
        elif closing.spans or set(closing.parts) - {"whole"}:
            self._cut(closing, [(key, day) for key in keys for day in days if day in self.slots.get(key, {})])
        else:
            self._close_days(keys, days)

    def _close_some_weeks(self, closing: Statement, days: list[int]) -> None:
        if closing.spans or closing.parts:
            self.doubt(f"Fermé certaines semaines, une partie du jour, laissé de côté : {_names(days)}.")
            return
        for day in days:
            if any(slots.get(day) for slots in self.slots.values()):
                name = _selector((closing.parity, closing.nth), (day,))
                self.off.append(Rule(f"{name} off", replaces=True))

    def _close_days(self, keys: list[Key], days: list[int]) -> None:
        told = {day for statement in self.opened if set(statement.days) <= set(days) for day in statement.days}
        if told:
            self.doubt(f"Ouvert et fermé à la fois : {_names(sorted(told))}.")
        for key in keys:
            for day in days:
                self.slots.get(key, {}).pop(day, None)

    def _cut(self, closing: Statement, cells: list[tuple[Key, int]]) -> None:
        cut, unsure = dict[tuple[Key, int], list[Slot]](), dict[Span, list[int]]()
        for key, day in cells:
            slots = []
            for span, note in self.slots[key][day]:
                left = _left(span, closing)
                if left is None:
                    unsure.setdefault(span, []).append(day)
                slots += [(piece, note) for piece in (left if left is not None else [span])]
            if slots != self.slots[key][day]:
                cut[key, day] = slots
        if not closing.days and cut and len(self.opened) > 1:
            self.doubt("Fermeture peu claire : on ne sait pas pour quels jours.")
            return
        if closing.spans and not {day for _key, day in cut} >= set(closing.days):
            self.doubt(f"Fermeture peu claire : {_names(closing.days)}.")
        for (key, day), slots in cut.items():
            self.slots[key][day] = slots
        names = ", ".join(PARTS[part][0] for part in closing.parts)
        for span, days in unsure.items():
            self.doubt(f"Fermé ({names}), mais ouvert {span} : {_names(days)}.")

    def rules(self) -> list[Rule]:
        rules: list[Rule] = []
        for key in sorted(self.slots, key=lambda key: (key[1], key[0])):
            slots = {day: told for day, told in sorted(self.slots[key].items()) if told and day != HOLIDAYS}
            for days in _runs(slots, alone=bool(key[1])):
                rules += _rules_of(key, days, slots[days[0]])
        holidays = self.slots.get(("", ()), {}).get(HOLIDAYS, [])
        rules += _rules_of(("", ()), (HOLIDAYS,), holidays)
        if [rule.text for rule in rules] == ["Mo-Su 00:00-24:00"] and not self.off:
            return [Rule("24/7")]
        return rules


def _in_order(spans: list[Span], note: str) -> list[Slot]:
    return [(span, note) for span in sorted(dict.fromkeys(spans), key=lambda span: (span.start, span.until))]


def _told_apart(one: Statement, other: Statement) -> bool:
    """Tell whether "le matin" and "l’après-midi", or "sans" and "sur rendez-vous", name both."""
    parts = one.parts and other.parts and not set(one.parts) & set(other.parts)
    return bool(parts or (one.note and other.note and one.note != other.note))


def _without(span: Span, cut: Span) -> list[Span]:
    if span.end is None or cut.end is None or not span.overlaps(cut):
        return [span]
    pieces = [Span(span.start, min(span.end, cut.start)), Span(max(span.start, cut.end), span.end)]
    return [piece for piece in pieces if piece.start < piece.until]


def _left(span: Span, closing: Statement) -> list[Span] | None:
    """Return what a closing leaves of a span; None when nobody knows, as of 9:00-17:00 closed "le midi"."""
    pieces = [span]
    for cut in closing.spans:
        pieces = [left for piece in pieces for left in _without(piece, cut)]
    if closing.spans or any(part != "noon" and _within(span, part) for part in closing.parts):
        return pieces if closing.spans else []
    return pieces if all(_beside(span, part) for part in closing.parts) else None


def _beside(span: Span, part: str) -> bool:
    """Tell whether a span leaves that part of the day alone, give or take the lunch hour."""
    if part == "noon":
        return span.until <= NOON + 30 or span.start >= NOON + 60
    if part == "evening":
        return span.until <= 19 * 60
    return span.start >= NOON if part == "morning" else span.until <= NOON + 90


def _runs(slots: dict[int, list[Slot]], alone: bool) -> Iterator[tuple[int, ...]]:
    """Group consecutive days with the same slots."""
    run: list[int] = []
    for day, told in slots.items():
        if run and (alone or day != run[-1] + 1 or told != slots[run[-1]]):
            yield tuple(run)
            run = []
        run.append(day)
    if run:
        yield tuple(run)


def _selector(key: Key, days: tuple[int, ...]) -> str:
    parity, nth = key
    name = OSM_DAYS[days[0]] if len(days) == 1 else f"{OSM_DAYS[days[0]]}-{OSM_DAYS[days[-1]]}"
    return WEEKS[parity] + name + (f"[{','.join(map(str, nth))}]" if nth else "")


def _rules_of(key: Key, days: tuple[int, ...], slots: list[Slot]) -> list[Rule]:
    rules: list[Rule] = []
    for note, group in groupby(slots, key=lambda slot: slot[1]):
        spans = [span for span, _note in group]
        text = f"{_selector(key, days)} {','.join(map(str, spans))}" + (f' "{note}"' if note else "")
        overnight = any(span.until > MIDNIGHT for span in spans)
        moments = frozenset((week, day) for week in (key[0],) * bool(key[0]) or ("odd", "even") for day in days)
        rules.append(Rule(text, moments, overnight, replaces=days == (HOLIDAYS,) and not rules))
    return rules


def _rules(reader: _Reader) -> list[Rule]:
    """Return the rules of everything read; none when the hours cannot be tied to days."""
    opened = _dated(reader)
    if opened is None or len(opened) > MANY:
        return []
    week = _Week(reader.doubt)
    for statement in opened:
        _doubt_parts(statement, reader.doubt)
        week.open(statement)
    closings = [closing for closing in reader.closings if not closing.vacation]
    for closing in closings:
        week.close(closing)
    _doubt_bare(opened, reader)
    holidays = [closing for closing in reader.closings if HOLIDAYS in closing.days and not closing.instead]
    if not all(closing.whole for closing in holidays):
        reader.doubt("Fermeture peu claire : jours fériés.")
    holidays_off = reader.holidays_off or any(closing.whole for closing in holidays)
    every_week = week.slots.setdefault(("", ()), {})
    if reader.also_holidays:
        if [every_week.get(day) for day in EVERY_DAY] == [every_week.get(0)] * 7 and every_week.get(0):
            every_week[HOLIDAYS] = every_week[0]
        else:
            reader.doubt("Jours fériés compris : on ne sait pas avec quelles heures.")
    if holidays_off and every_week.pop(HOLIDAYS, None):
        reader.doubt("Jours fériés : ouvert et fermé à la fois.")
    if holidays_off:
        week.off.append(Rule("PH off", replaces=True))
    if reader.school_off and not any(statement.vacation for statement in reader.opened):
        week.off.append(Rule("SH off", replaces=True))
    rules = [*week.rules(), *_unknown(reader, week)]
    return [*rules, *week.off] if rules else []


def _dated(reader: _Reader) -> list[Statement] | None:
    opened = [statement for statement in reader.opened if statement.spans and not statement.vacation]
    dated = [statement for statement in opened if statement.days]
    if len(dated) == len(opened):
        return dated
    if dated:
        spans = ", ".join(str(span) for statement in opened if not statement.days for span in statement.spans)
        reader.doubt(f"Heures sans jour, laissées de côté : {spans}.")
        return dated
    if reader.words:
        return None
    reader.doubt("Aucun jour n’est dit : lu tous les jours.")
    for statement in opened:
        statement.days = EVERY_DAY
    return opened


def _doubt_parts(statement: Statement, doubt: Callable[[str], None]) -> None:
    parts = set(statement.parts) - {"whole"}
    spans = statement.spans
    told = all(any(_within(span, part) for span in spans) for part in parts)
    if parts and not (told and all(any(_within(span, part) for part in parts) for span in spans)):
        names = " et ".join(PARTS[part][0] for part in sorted(parts, key=lambda part: PARTS[part][1]))
        doubt(f"« {names} » ne va pas avec {', '.join(map(str, spans))}.")


def _doubt_bare(opened: list[Statement], reader: _Reader) -> None:
    """9-12 after one day may be a date; it is not after several days, nor beside 14-17 or 9h."""
    spans = [span for statement in opened for span in statement.spans]
    if spans and not reader.day_ranges and all(span.bare and span.until <= NOON for span in spans):
        reader.doubt(f"Heures supposées, sans « h » : {', '.join(map(str, spans))}.")


def _unknown(reader: _Reader, week: _Week) -> list[Rule]:
    """Return `unknown` rules for days that are told with a comment and without hours, and doubt them all."""
    rules = []
    for statement in reader.opened:
        days = [day for day in statement.days if not any(slots.get(day) for slots in week.slots.values())]
        if statement.spans or not statement.days or statement.vacation:
            continue
        reader.doubt(f"Sans heures : {_names(statement.days)}.")
        comment = " ".join([*(PARTS[part][0] for part in statement.parts), *statement.clues, statement.note]).strip()
        if comment and days and HOLIDAYS not in days:
            for run in _runs({day: [] for day in days}, alone=bool(statement.nth)):
                selector = _selector((statement.parity, statement.nth), run)
                rules.append(Rule(f'{selector} unknown "{comment}"'))
    return rules
