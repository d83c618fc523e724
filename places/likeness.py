"""How alike two descriptions of places are, in a number and in words, and which pairs of many are worth comparing.

Six signals: the name (50), the street (25), the distance (25), and the telephone (15), e-mail (10) and SIRET (10),
which speak only when they are equal. The score is the mean of those that speak, so that what is missing says nothing.
Two kinds of body (`places.kinds`) or two towns are never proposed, whatever the score.

Beside the reference ETL (mednum-cli), whose scores stay close on clean pairs: a missing point is not the same spot,
metres are metres, abbreviations are read, generic words and comments in the street weigh little, contacts count.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import floor, log
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from places import geo, kinds
from places.enumerations import all_of
from places.text import fold

THRESHOLD = 70
CROWD = 200  # places of one town that share one thing: more are not all compared with one another
ABREAST = CROWD // 4  # on each side, in each of two orders: no more than in the largest group that is not a crowd
WEIGHTS = {"name": 50, "street": 25, "distance": 25, "telephone": 15, "courriel": 10, "pivot": 10}
SAME_SPOT, ELSEWHERE = 50, 1000  # metres: as good as the same point; nothing in common any more
NEIGHBOURS = 200  # metres, up to which two towns may be one town written differently

# What a word weighs in a name or a street, and the most that names with no distinctive word in common can reach.
DISTINCTIVE, KIND, GENERIC = 1.0, 0.5, 0.25
CONFLICT = 35
SMALL_WORDS = frozenset(
    "a au aux avec chez d dans de des du en et l la le les lez n ou par pour s sous sur un une the".split()
)
GENERIC_WORDS = frozenset(
    "accueil action agence agglomeration aide annexe antenne asso association associations atelier base bis bureau ca "
    "cc centre commun communal communale commune communes comite cooperative culture culturel culturelle departement "
    "departemental departementale direction distanciel emploi equipe espace etablissement federation fixe formation "
    "francais francaise france general groupe guichet habitat intercommunal intercommunale lieu local locale loisirs "
    "maison mediateur mediation multi multisite multisites municipal municipale national nationale numerique "
    "numeriques pays permanence permanences pole point public publique publics quartier quartiers region regional "
    "regionale relais reseau saint sainte salle secteur service services siege site social sociale sociaux solidaire "
    "solidaires solidarite solidarites structure territoire territorial territoriale union unite ville".split()
)
STREET_WORDS = dict(
    pair.split(":")
    for pair in (
        "all:allee av:avenue ave:avenue bd:boulevard bld:boulevard bvd:boulevard che:chemin chem:chemin crs:cours "
        "fg:faubourg fbg:faubourg imp:impasse pl:place qu:quai r:rue res:residence rte:route sq:square "
        "cdt:commandant cne:capitaine col:colonel dr:docteur gal:general gen:general gl:general mal:marechal "
        "pdt:president pres:president st:saint ste:sainte"
    ).split()
)
GENERIC_STREET_WORDS = frozenset(
    "allee avenue boulevard chaussee chemin cite cour cours cv espace esplanade faubourg impasse lieu dit mail parvis "
    "passage place quai residence rond point route rue sentier square voie abbe capitaine colonel commandant docteur "
    "general grand grande madame marechal monsieur president professeur saint sainte".split()
)


@dataclass(frozen=True)
class Candidate:
    """What is compared of a place; `key` tells it from the others."""

    key: str
    nom: str
    adresse: str = ""
    code_postal: str = ""
    commune: str = ""
    code_insee: str = ""
    point: geo.Point | None = None
    pivot: str = ""
    telephone: str = ""
    courriels: tuple[str, ...] = ()
    typologie: tuple[str, ...] = ()
    source: str = ""

    @classmethod
    def of(cls, key: str, values: Mapping[str, Any]) -> "Candidate":
        """Build from the clean values of a row of the standard, or from the columns of a place."""
        latitude, longitude = values.get("latitude"), values.get("longitude")
        texts = ("nom", "adresse", "code_postal", "commune", "code_insee", "pivot", "telephone", "source")
        return cls(
            key=key,
            point=None if latitude is None or longitude is None else geo.Point(latitude, longitude),
            courriels=tuple(values.get("courriels") or ()),
            typologie=tuple(values.get("typologie") or ()),
            **{name: values.get(name) or "" for name in texts},
        )

    @cached_property
    def kinds(self) -> kinds.Kinds:
        return kinds.kinds_of(self.nom, self.typologie)

    @cached_property
    def town(self) -> tuple[str, ...]:
        """The words of its town: `AMIENS CEDEX 1` → amiens, `St Quentin` → saint quentin."""
        name = re.sub(r"\b(?:cedex|bp|cs|arrondissement)\b.*|\b\d+(?:er?|eme)?\b", " ", fold(self.commune))
        return tuple(STREET_WORDS.get(word, word) for word in name.split())

    @property
    def written_address(self) -> str:
        """Street, then postcode and town: what tells it to a person."""
        return ", ".join(part for part in (self.adresse, f"{self.code_postal} {self.commune}".strip()) if part)

    @property
    def county(self) -> str:
        return (self.code_insee or self.code_postal)[:2].replace("2A", "20").replace("2B", "20")

    @cached_property
    def words(self) -> dict[str, float]:
        """The words of the name and what each weighs; kinds come as one word each, in capitals."""
        words = {kind.upper(): KIND for kind in self.kinds.said}
        written = [*self.kinds.rest.split()]
        for position, word in enumerate(written, start=1):
            # « Maison des habitants A » : a letter at the end tells it from B.
            if word not in SMALL_WORDS or (len(word) == 1 and position == len(written) and words):
                words[word] = GENERIC if word in GENERIC_WORDS or word in self.town else DISTINCTIVE
        return words

    @cached_property
    def distinctive(self) -> frozenset[str]:
        return frozenset(word for word, weight in self.words.items() if weight == DISTINCTIVE)

    @cached_property
    def marks(self) -> frozenset[str]:
        """The numbers and single letters of the name, which tell apart what is otherwise named alike."""
        return frozenset(word for word in self.distinctive if len(word) == 1 or word.isdigit())

    @cached_property
    def street(self) -> tuple[dict[str, float], frozenset[int]]:
        """The words of the street and its house numbers: `9-11 rue Foch (chez Ida)` gives rue, foch and 9, 11."""
        text = fold(re.sub(r"\([^)]*\)?", " ", self.adresse))
        text = re.sub(r"\b(?:bp|cs|tsa|cedex)(?: \d+)*\b", " ", text)
        found = re.match(r"(?:(?:\d+|bis|ter|quater|[a-d]|et|n|no) |\d+(?:bis|ter|[a-d]) )*", f"{text} ")
        numbers = frozenset(map(int, re.findall(r"\d+", found[0])))
        words = {}
        for word in text[found.end() :].split():
            word = STREET_WORDS.get(word, word)
            if word not in SMALL_WORDS:
                words[word] = GENERIC if word in GENERIC_STREET_WORDS else DISTINCTIVE
        return words, numbers

    @cached_property
    def phone(self) -> str:
        """Blank for a number that stands for none, such as +33 6 00 00 00 00."""
        return "" if re.search(r"0{6}$|(\d)\1{7}$", self.telephone) else self.telephone

    @cached_property
    def emails(self) -> frozenset[str]:
        """Without those that stand for nobody, such as prenom.nom@…"""
        return frozenset(email.casefold() for email in self.courriels if not email.startswith("prenom.nom@"))

    @cached_property
    def siret(self) -> str:
        return self.pivot if self.pivot.strip("0") else ""


class Evidence(NamedTuple):
    """What one signal says: a score from 0 to 100, None when it only remarks, and a sentence."""

    signal: str
    score: int | None
    words: str


@dataclass(frozen=True)
class Likeness:
    """`guard` names the two kinds that forbid the pair; blank when nothing forbids it."""

    score: int
    evidence: tuple[Evidence, ...]
    guard: str = ""

    @property
    def proposed(self) -> bool:
        return self.score >= THRESHOLD and not self.guard


class Pair(NamedTuple):
    one: Candidate
    other: Candidate
    likeness: Likeness


def compare(one: Candidate, other: Candidate) -> Likeness:
    """Say how alike two places are; the order does not matter."""
    one, other = sorted((one, other), key=lambda candidate: candidate.key)
    scores = _scores(one, other)
    return Likeness(_mean(scores), tuple(_told(one, other, scores)), _guard(one, other))


def _guard(one: Candidate, other: Candidate) -> str:
    if kinds.differ(one.kinds, other.kinds):
        said = [all_of(candidate.kinds.said) for candidate in (one, other)]
        return _("Deux genres de lieux : %(one)s ; %(other)s.") % {"one": said[0], "other": said[1]}
    if not in_one_town(one, other):
        said = [candidate.commune or candidate.code_postal or "?" for candidate in (one, other)]
        return _("Deux communes : %(one)s ; %(other)s.") % {"one": said[0], "other": said[1]}
    return ""


def in_one_town(one: Candidate, other: Candidate) -> bool:
    """Say whether both are in the same town, whichever way it is written; unknown towns are not the same.

    A postcode is not a town: it serves up to forty. Points a few steps apart are in one town whatever is written.
    """
    if one.code_insee and one.code_insee == other.code_insee:
        return True
    same_code = bool(one.code_postal) and one.code_postal == other.code_postal
    if one.town and other.town:
        if one.town == other.town and (one.county == other.county or not one.county or not other.county):
            return True
        if same_code and ({*one.town} <= {*other.town} or {*other.town} <= {*one.town}):
            return True
    elif same_code:
        return True
    return bool(one.point and other.point) and geo.distance(one.point, other.point) <= NEIGHBOURS


# --- the signals


def _scores(one: Candidate, other: Candidate, least: int = 0) -> dict[str, float]:
    """Return the signals that speak; the street is not even read when `least` is out of reach without it."""
    scores = {"name": _name_score(one, other)}
    if one.point and other.point:
        scores["distance"] = _distance_score(geo.distance(one.point, other.point))
    if one.phone and one.phone == other.phone:
        scores["telephone"] = 100
    if one.emails & other.emails:
        scores["courriel"] = 100
    if one.siret and one.siret == other.siret:
        scores["pivot"] = 100
    if _mean(scores | {"street": 100}) >= least and (street := _street_score(one.street, other.street)) is not None:
        scores["street"] = street
    return scores


def _mean(scores: Mapping[str, float]) -> int:
    total = sum(WEIGHTS[signal] for signal in scores)
    return int(sum(WEIGHTS[signal] * score for signal, score in scores.items()) / total + 1e-9)


def _name_score(one: Candidate, other: Candidate) -> float:
    score = _shared(one.words, other.words)
    if one.marks and other.marks and one.marks.isdisjoint(other.marks):
        return min(score, CONFLICT)
    if one.distinctive and other.distinctive and not _any_alike(one.distinctive, other.distinctive):
        return min(score, CONFLICT)
    return score


def _street_score(one, other) -> float | None:
    """Compare two streets; None when one of them names none. House numbers apart by little are the same gate."""
    (words, numbers), (others, other_numbers) = one, other
    if not words or not others:
        return None
    names, other_names = (
        {word for word, weight in street.items() if weight == DISTINCTIVE} for street in (words, others)
    )
    if names and other_names and not _any_alike(names, other_names):
        return 0
    score = _shared(words, others)
    if not numbers or not other_numbers:
        return score * (1 if numbers == other_numbers else 0.9)
    apart = min(abs(number - other) for number in numbers for other in other_numbers)
    return score * (1 if apart == 0 else 0.8 if apart <= 4 else 0.5)


def _distance_score(metres: float) -> float:
    """100 up to 50 m, then less for each doubling: 77 at 100 m, 54 at 200 m, 23 at 500 m, 0 from 1 km on."""
    if metres <= SAME_SPOT:
        return 100
    return max(0, 100 * (1 - log(metres / SAME_SPOT) / log(ELSEWHERE / SAME_SPOT)))


def _shared(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return how much of two weighted bags of words is shared: half by their sum, half by the smaller one."""
    totals = sum(one.values()), sum(other.values())
    if not all(totals):
        return 0
    left = {word: weight for word, weight in other.items() if word not in one}
    shared = 0.0
    for word, weight in one.items():
        if word in other:
            shared += min(weight, other[word])
        elif (twin := next((rival for rival in left if alike(word, rival)), None)) is not None:
            shared += min(weight, left.pop(twin))
    return 100 * (shared / sum(totals) + shared / min(totals) / 2)


def _any_alike(one: Iterable[str], other: Iterable[str]) -> bool:
    return any(alike(word, rival) for word in one for rival in other)


def alike(one: str, other: str) -> bool:
    """Say whether two words are the same but for one letter added, lost, changed or swapped with its neighbour.

    Words of fewer than five letters must be equal.
    """
    if one == other:
        return True
    if one[0] != other[0] and one[-1] != other[-1]:
        return False
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    middle, rival = one[start : len(one) - end], other[start : len(other) - end]
    return max(len(middle), len(rival)) <= 1 or (len(middle) == 2 and middle == rival[::-1])


# --- the evidence in words


def _told(one: Candidate, other: Candidate, scores: Mapping[str, float]) -> Iterator[Evidence]:
    def evidence(signal: str, words: str) -> Evidence:
        return Evidence(signal, int(scores[signal]) if signal in scores else None, words)

    name = scores["name"]
    yield evidence(
        "name", _("Même nom.") if name > 99 else _("Noms proches.") if name >= 60 else _("Noms peu semblables.")
    )
    street = scores.get("street")
    if street is None:
        yield evidence("street", _("Rue absente d’un côté : elle ne dit rien."))
    elif street > 99:
        yield evidence("street", _("Même rue."))
    else:
        yield evidence("street", _("Adresses proches.") if street >= 60 else _("Adresses différentes."))
    if one.point and other.point:
        metres = geo.distance(one.point, other.point)
        yield evidence("distance", _("À %s l’un de l’autre.") % in_metres(metres))
    else:
        yield evidence("distance", _("Position absente d’un côté : elle ne dit rien."))
    if "telephone" in scores:
        yield evidence("telephone", _("Même téléphone."))
    elif one.phone and other.phone:
        yield evidence("telephone", _("Téléphones différents : cela ne dit rien."))
    if "courriel" in scores:
        yield evidence("courriel", _("Même adresse e-mail."))
    if "pivot" in scores:
        yield evidence("pivot", _("Même SIRET (indice faible)."))
    elif one.siret and other.siret:
        yield evidence("pivot", _("SIRET différents : cela ne dit rien."))


def in_metres(metres: float) -> str:
    """Write a distance as people say it: `34 m`, `1,2 km`."""
    if metres < 1000:
        return _("%d m") % round(metres)
    return _("%s km") % f"{metres / 1000:.1f}".replace(".", ",")


# --- which pairs to compare


def proposed_pairs(candidates: Sequence[Candidate], new: int | None = None) -> list[Pair]:
    """Return the pairs to show to a human, best first; with `new`, only those of the first `new` candidates.

    Not quadratic, and nothing is missed: to reach the threshold, two places of one town must share a distinctive word
    of their names (but for a letter), or a telephone, e-mail or SIRET; or one of the names has nothing distinctive
    (« Médiathèque »), and then they share one of its other words. Only where more than CROWD places of a town share
    the same thing is each compared with the ABREAST nearest ones alone, in the order of names and in that of streets.
    """
    found = []
    for one, other in _worth_comparing(candidates, len(candidates) if new is None else new):
        if kinds.differ(one.kinds, other.kinds) or _mean(_scores(one, other, THRESHOLD)) < THRESHOLD:
            continue
        likeness = compare(one, other)
        if likeness.proposed:
            found.append(Pair(*sorted((one, other), key=lambda candidate: candidate.key), likeness))
    return sorted(found, key=lambda pair: (-pair.likeness.score, pair.one.key, pair.other.key))


def _worth_comparing(candidates: Sequence[Candidate], new: int) -> Iterator[tuple[Candidate, Candidate]]:
    """Yield each pair once, those of the first `new` candidates with each other and with the rest."""
    twins = _twins(word for candidate in candidates for word in candidate.words)
    everybody: dict[tuple, list[int]] = defaultdict(list)  # who has this word, contact… in this town
    vague: dict[tuple, list[int]] = defaultdict(list)  # the same, for names with nothing distinctive
    for number, candidate in enumerate(candidates):
        for town, sign in product(_towns(candidate), _signs(candidate)):
            everybody[town, sign].append(number)
            if not candidate.distinctive:
                vague[town, sign].append(number)
    near = [
        {key: _Crowd(candidates, group) for key, group in groups.items() if len(group) > CROWD}
        for groups in (everybody, vague)
    ]
    for number, candidate in enumerate(candidates[:new]):
        met: set[int] = set()
        for town, sign in product(_towns(candidate), _signs(candidate)):
            weak = candidate.words.get(sign, DISTINCTIVE) < DISTINCTIVE and bool(candidate.distinctive)
            groups, crowds = (vague, near[1]) if weak else (everybody, near[0])
            for key in ((town, twin) for twin in twins.get(sign, (sign,))):
                if key in crowds:
                    met.update(rival for rival in crowds[key].beside(number) if rival > number)
                elif key in groups:
                    group = groups[key]
                    met.update(group[bisect_right(group, number) :])
        for rival in met:
            yield candidate, candidates[rival]


class _Crowd:
    """Too many places that share one thing in one town, side by side in two orders."""

    def __init__(self, candidates: Sequence[Candidate], group: Sequence[int]):
        self._orders = []
        for order in (_by_name, _by_street):
            ordered = sorted(group, key=lambda number, order=order: order(candidates[number]))
            self._orders.append((ordered, {number: rank for rank, number in enumerate(ordered)}))

    def beside(self, number: int) -> Iterator[int]:
        """Yield the nearest ones of a place on both sides; nobody when it is not one of them."""
        for ordered, ranks in self._orders:
            if (rank := ranks.get(number)) is not None:
                yield from ordered[max(0, rank - ABREAST) : rank + ABREAST + 1]


def _by_name(candidate: Candidate) -> tuple:
    return sorted(candidate.distinctive), *_by_street(candidate)


def _by_street(candidate: Candidate) -> tuple:
    words, numbers = candidate.street
    return sorted(words), sorted(numbers), candidate.phone, candidate.point or (0, 0), sorted(candidate.words)


def _signs(candidate: Candidate) -> list[str]:
    return [*candidate.words, *filter(None, [candidate.phone, *candidate.emails, candidate.siret])]


def _towns(candidate: Candidate) -> list[tuple]:
    """Return keys of which any two places of one town share at least one (see `in_one_town`).

    Two points NEIGHBOURS apart are in one cell of at least one of four grids, shifted by half a cell.
    """
    keys = [("insee", candidate.code_insee), ("postcode", candidate.code_postal), ("town", *candidate.town)]
    keys = [key for key in keys if any(key[1:])]
    if candidate.point:
        latitude, longitude = candidate.point
        side = 2.1 * NEIGHBOURS / 111_000  # degrees of latitude; twice as many of longitude suffice up to 60° north
        row, column = latitude / side, longitude / side / 2
        keys += [("cell", floor(row + south), floor(column + west)) for south in (0, 0.5) for west in (0, 0.5)]
    return keys


def _twins(words: Iterable[str]) -> dict[str, set[str]]:
    """Return for each word those written almost the same, itself included; words without any are left out.

    Words that differ by one letter are equal once the right letter is dropped from one or both.
    """
    written = {word for word in words if len(word) >= 5}
    shortened: dict[str, set[str]] = defaultdict(set)
    for word in written:
        for form in {word, *(word[:n] + word[n + 1 :] for n in range(len(word)))}:
            shortened[form].add(word)
    twins: dict[str, set[str]] = defaultdict(set)
    for group in shortened.values():
        for word in group if len(group) > 1 else ():
            twins[word].update(rival for rival in group if alike(word, rival))
    return {word: rivals for word, rivals in twins.items() if len(rivals) > 1}
