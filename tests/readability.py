"""How easy a French text is, by the rules of Inclusion Europe (« Information for all », 2009) that a program can see.

Short sentences, one idea each; words that everybody knows; no abbreviation; no parentheses; nothing said by its
contrary twice; people who act rather than what is done. Fifteen words are our limit, the rules give none. A word that
everybody knows is among the 5,000 most frequent of French, or is explained by the site itself: OURS.
"""

import re
from functools import cache
from pathlib import Path

TWICE_NO = r"\bn[e’']\s?.*\b(?:sans|ni|aucun\w*|sauf|à moins)\b.*\bpas\b|\bpas\b.*\b(?:sans|ni|sauf)\b"
DONE_BY = r"\b(?:est|sont|sera|seront|été|être|était)\s+\w+(?:é|ée|és|ées|i|is|ie|ies|u|ue|us|ues)\s+par\b"
LONGEST = 15  # words of a sentence
SHARE = 0.04  # of words that are not frequent, over all texts
FREQUENT = Path(__file__).parent / "data" / "mots_frequents.txt"
PLACEHOLDERS = re.compile(r"%\(\w+\)[a-z]|%0?\d*[sd]|<[^>]+>|\[[^\]]*\]|https?://\S+|\S+@\S+|\b\S+\.(?:fr|html)\S*")
SENTENCE = re.compile(r"[.!?…\n]+|\s:\s")
WORD = re.compile(r"[^\W\d_]+")
# What the whole site is about, said again and again beside its pictogram, and the names on doors.
OURS = frozenset(
    "aujourd bibliothèque cantine connect crèche démarche démarches emmaüs handicap handicapée handicapées hui "
    "imprimer imprimez imprimé impôts jusqu mail métro ordinateur ordinateurs quelqu tablette tram vitale vélo wifi "
    "écran écrans écrivain".split()
)
# Names of files, of offices and of the two words of a filter, which no other word can replace.
NAMES = frozenset(
    "AFPA ANCT BFC CAF CCAS CEDEX CNIL CSV EMBED_HOSTS ET IGN JPEG JSON LABS MIT ODS ORDI OU PNG QR SUD WGS".split()
)


def difficulties(text: str) -> list[str]:
    """Return what makes a text hard to read, the words apart."""
    found = []
    bare = PLACEHOLDERS.sub(" x ", text)
    for sentence in SENTENCE.split(bare):
        if (length := len(WORD.findall(sentence))) > LONGEST:
            found.append(f"{length} words in a sentence")
    if re.search(r"[();]", bare):
        found.append("parentheses or a semicolon")
    if re.search(r"\b(?:etc|cf|ex|art)\.", bare) or {*re.findall(r"\b[A-ZÉ]{2,}\b", bare)} - NAMES:
        found.append("an abbreviation")
    if re.search(
        r"\bn[e’']\s?.*\b(?:sans|ni|aucun\w*|sauf|à moins)\b.*\bpas\b|\bpas\b.*\b(?:sans|ni|sauf)\b", bare, re.I
    ):
        found.append("two negations")
    if re.search(
        r"\b(?:est|sont|sera|seront|été|être|était)\s+\w+(?:é|ée|és|ées|i|is|ie|ies|u|ue|us|ues)\s+par\b", bare
    ):
        found.append("a passive")
    return found


def hard_words(text: str) -> list[str]:
    """Return the words that are neither frequent nor ours; a name begins with a capital inside a sentence."""
    words = WORD.findall(PLACEHOLDERS.sub(" ", text))
    return [
        word
        for word in words
        if word.lower() not in _frequent() and word.lower() not in OURS and not _is_known(word.lower())
    ]


def words_of(text: str) -> list[str]:
    return WORD.findall(PLACEHOLDERS.sub(" ", text))


def _is_known(word: str) -> bool:
    """Tell whether a plural, a feminine or a verb in « -ez » is that of a frequent word."""
    endings = {"s": "", "x": "", "es": "", "e": "", "ez": "er", "ons": "er", "ent": "er"}
    bases = (word.removesuffix(ending) + base for ending, base in endings.items() if word.endswith(ending))
    return any(base in _frequent() or base in OURS for base in bases)


@cache
def _frequent() -> frozenset[str]:
    return frozenset(FREQUENT.read_text(encoding="utf-8").split())
