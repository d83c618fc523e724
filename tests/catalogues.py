"""What the public pages say, and whether each language says it: `python -m tests.catalogues`, or bin/messages.

Read from the sources themselves, Python by its own parser and templates by Django's, so that no gettext is needed.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import polib

from roubaix_map import languages

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
SOURCES = ("places", "templates")
# What only the team of a city reads, in French: its desk, its commands, its mails, and what imports report.
TEAM = (
    *(f"places/{name}/" for name in "accounts admin backups importing management migrations".split()),
    *(
        f"places/{name}.py"
        for name in "api apps copying duplicates files history likeness links merging openapi".split()
    ),
    *(f"places/{name}.py" for name in "preflight quality reverting rights standard".split()),
    *(f"places/moderation/{name}.py" for name in "deciding mail_queue mails review_form".split()),
    "places/near/landmarks.py",
    "places/structure/chasing.py",
    *(f"places/territories/{name}.py" for name in "archives cells correspondences indicators layers numbers".split()),
    *(f"places/territories/{name}.py" for name in "outlines projections reading report".split()),
    *(f"places/transport/{name}.py" for name in "folding gtfs importing network shapes".split()),
    "templates/admin/",
    "templates/places/moderation/mails/",
    "templates/places/structure/mail.txt",
)
# Tables whose choices are shown to everybody; the names of their columns are for the team.
SHOWN_CHOICES = tuple(
    f"places/{name}.py" for name in ("models/place", "models/territory", "moderation/models", "transport/models")
)
TEXT, PLURAL = ("gettext", "gettext_lazy", "gettext_noop", "_"), ("ngettext", "ngettext_lazy")


@dataclass
class Message:
    """One text to translate; `plural` is its second form, `where` the files that say it."""

    text: str
    plural: str = ""
    where: list[str] = field(default_factory=list)


@cache
def messages() -> dict[str, Message]:
    """Return everything that the public pages say, by its text."""
    found: dict[str, Message] = {}
    for where, text, plural in sorted([*_of_sources(), *_of_database()]):
        message = found.setdefault(text, Message(text))
        message.plural = message.plural or plural
        if where not in message.where:
            message.where.append(where)
    return found


def _of_sources() -> Iterator[tuple[str, str, str]]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            where = path.relative_to(ROOT).as_posix()
            if where.startswith(TEAM):
                continue
            if path.suffix == ".py":
                found = of_python(path.read_text(encoding="utf-8"), where)
            elif folder == "templates" and path.is_file():
                found = of_template(path.relative_to(ROOT / "templates").as_posix())
            else:
                continue
            yield from ((where, text, plural) for text, plural in found)


def of_python(source: str, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts of the calls of gettext and ngettext, with their plurals; of a table, only its choices."""
    tree = ast.parse(source)
    if where in SHOWN_CHOICES:
        tree = ast.Module([node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _is_choice(node)], [])
    elif where.startswith("places/models/"):
        return
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        texts = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        if call.func.id in TEXT and texts:
            yield texts[0], ""
        elif call.func.id in PLURAL:
            yield texts[0], texts[1]


def _is_choice(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith("Choices") for base in node.bases)


def of_template(name: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of `translate` and `blocktranslate`, with their plurals."""
    from django.template.loader import get_template
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    nodes = get_template(name).template.nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        text = node.filter_expression.var.literal
        if isinstance(text, str):
            yield text.replace("%", "%%"), ""
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        plural = node.render_token_list(node.plural)[0] if node.plural else ""
        yield node.render_token_list(node.singular)[0], plural


def _of_database() -> Iterator[tuple[str, str, str]]:
    """Yield the words that `places.translated` finds in the base, and the names of the fields that the news tell."""
    from places.feeds import TOLD
    from places.models import Place
    from places.territories.indicators import KNOWN
    from places.typologies import TYPOLOGIES
    from places.vocabularies import VOCABULARIES

    for name, vocabulary in VOCABULARIES.items():
        for seed in vocabulary.seeds:
            for text in filter(None, (seed.short_label, seed.label, seed.help, seed.group)):
                yield f"places/vocabularies.py ({name})", text, ""
        for text in (vocabulary.section, vocabulary.question, vocabulary.verb):
            yield f"places/vocabularies.py ({name})", str(text), ""
    for name in TYPOLOGIES.values():
        yield "places/typologies.py", name, ""
    for label, _unit, _order, explanation in KNOWN.values():
        for text in filter(None, (label, explanation)):
            yield "places/territories/indicators.py", text, ""
    for name in TOLD:
        yield "places/models/place.py", str(Place._meta.get_field(name).verbose_name), ""


# --- catalogues

# How many forms a number gives to a word, and which, as GNU gettext's manual lists them.
PLURALS = {
    "fr-falc": "nplurals=2; plural=(n > 1);",
    "en": "nplurals=2; plural=(n != 1);",
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
    "tr": "nplurals=2; plural=(n > 1);",
    "pt": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "ro": "nplurals=3; plural=(n==1 ? 0 : (n==0 || (n%100>0 && n%100<20)) ? 1 : 2);",
    "uk": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
}
# What a translation has to keep: named and other placeholders, doubled percents, braces, tags.
KEPT = re.compile(r"%\(\w+\)[a-z]|%0?\d*[sd]|%%|\{\w*\}|<[^>]+>")


def path_of(code: str) -> Path:
    return languages.catalogue(LOCALE, code).with_suffix(".po")


def forms_of(code: str) -> int:
    return int(PLURALS[code][len("nplurals=")])


def read(code: str) -> dict[str, polib.POEntry]:
    """Return what a language says, by the French text; nothing of what is not sure."""
    if not path_of(code).exists():
        return {}
    return {entry.msgid: entry for entry in polib.pofile(path_of(code)) if not entry.fuzzy}


def translations(entry: polib.POEntry) -> list[str]:
    """Return every form of a translation."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def problems(code: str, message: Message, said: list[str]) -> list[str]:
    """Return what is wrong with the forms of a translation."""
    found = []
    forms = forms_of(code) if message.plural else 1
    if len(said) != forms:
        found.append(f"{len(said)} forms instead of {forms}")
    wanted = [set(KEPT.findall(text)) for text in (message.text, message.plural) if text]
    for text in said:
        if not text.strip():
            found.append("blank")
            continue
        # « one place » may leave its number out, where it has a name.
        kept = set(KEPT.findall(text))
        dropped = set.intersection(*wanted) - kept
        if message.plural:
            dropped = {mark for mark in dropped if not mark.startswith("%(")}
        if dropped:
            found.append(f"lost {' '.join(sorted(dropped))}: {text}")
        if invented := kept - set.union(*wanted):
            found.append(f"invented {' '.join(sorted(invented))}: {text}")
    return found


def missing(code: str) -> list[Message]:
    """Return what a language does not say yet, or says wrongly."""
    said = read(code)
    return [
        message
        for text, message in messages().items()
        if text not in said or problems(code, message, translations(said[text]))
    ]


def directed(code: str, text: str) -> str:
    """Mark the stops of a right-to-left text that a Latin word follows: without it they are drawn on its wrong side."""
    return re.sub("([،؛»])(?!\u200f)(?=[^\u0621-\u064a]*[A-Za-z%])", "\\1\u200f", text) if code == "ar" else text


def write(code: str, added: Mapping[str, list[str]] | None = None) -> None:
    """Write the catalogue of a language, and compile it: what is said today, in the order of the sources."""
    said = {text: translations(entry) for text, entry in read(code).items()} | dict(added or {})
    catalogue = polib.POFile(wrapwidth=120)
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": code,
        "Plural-Forms": PLURALS[code],
    }
    for message in messages().values():
        blank = [""] * (forms_of(code) if message.plural else 1)
        known = [directed(code, text) for text in said.get(message.text, blank)]
        entry = polib.POEntry(msgid=message.text, occurrences=[(where, "") for where in message.where])
        if message.plural:
            entry.msgid_plural, entry.msgstr_plural = message.plural, dict(enumerate(known))
            entry.flags = ["python-format"]
        else:
            entry.msgstr = known[0]
        catalogue.append(entry)
    path_of(code).parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(path_of(code))
    catalogue.save_as_mofile(languages.catalogue(LOCALE, code))


def main() -> None:
    """Bring every catalogue up to date with the sources, and say what each still lacks."""
    lacks = False
    for code in languages.NAMES:
        if not path_of(code).exists():
            continue
        write(code)
        lacking = missing(code)
        lacks = lacks or bool(lacking)
        print(f"{code} : {len(lacking)} à traduire")  # noqa: T201
        for message in lacking:
            print(f"  {message.where[0]} : {message.text}")  # noqa: T201
    sys.exit(lacks)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    main()
