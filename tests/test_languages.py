"""Every language of the public pages: its catalogue, its addresses, and nothing left in French."""

import re
from datetime import date, time
from html import unescape

import polib
import pytest
from django.apps import apps
from django.conf import settings as site_settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import translation

from places import spoken
from places.languages import in_language, split
from places.models import KnownWord, Mail, Place, Synonym, Term, Territory
from roubaix_map import languages
from tests import catalogues, pseudo
from tests.factories import make_place
from tests.submissions import send

OFFERED = [code for code, _name in site_settings.LANGUAGES if code != "fr"]


@pytest.fixture(scope="session")
def bracketed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locale")
    pseudo.write(folder)
    return folder


@pytest.fixture
def speaking(bracketed, settings):
    """The site in French and in two languages made of brackets, English and Arabic by name."""
    settings.LOCALE_PATHS, settings.LANGUAGES = [bracketed], pseudo.LANGUAGES
    yield
    translation.activate("fr")


# --- catalogues


def test_language_is_offered_once_its_catalogue_is_there():
    assert [code for code, _name in languages.offered(catalogues.LOCALE)] == [
        code for code in languages.NAMES if code == "fr" or catalogues.path_of(code).exists()
    ]


@pytest.mark.parametrize("code", OFFERED)
def test_catalogue_says_every_text_of_the_public_pages_and_no_other(code):
    catalogue = polib.pofile(catalogues.path_of(code))

    assert {entry.msgid for entry in catalogue} == set(catalogues.messages())
    assert [message.text for message in catalogues.missing(code)] == []
    assert catalogue.metadata["Plural-Forms"] == catalogues.PLURALS[code]


@pytest.mark.parametrize("code", OFFERED)
def test_compiled_catalogue_is_that_of_its_texts(code):
    compiled = polib.mofile(languages.catalogue(catalogues.LOCALE, code))

    said = {entry.msgid: catalogues.translations(entry) for entry in polib.pofile(catalogues.path_of(code))}
    assert {entry.msgid: catalogues.translations(entry) for entry in compiled} == said


def test_texts_are_found_in_python_and_in_templates():
    source = '_("un"); ngettext("%d lieu", "%d lieux", n); other("non"); gettext_lazy("deux " "mots")'

    assert sorted(catalogues.of_python(source)) == [("%d lieu", "%d lieux"), ("deux mots", ""), ("un", "")]
    assert ("Roubaix") not in catalogues.messages()
    assert catalogues.messages()["Aller au contenu"].where[0] == "templates/base.html"
    assert catalogues.messages()["<strong>%(number)s</strong> lieu"].plural == "<strong>%(number)s</strong> lieux"
    assert "Faire défaut" not in catalogues.messages()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%(day)s à %(time)s", ["on %(day)s"]),
        ("%d h %02d", ["%d:%d"]),
        ("Lieux %s", ["Places"]),
        ("Descendre à <strong>%(stop)s</strong>", ["Get off at %(stop)s"]),
        ("Ouvert", [" "]),
        ("Ouvert", ["Open %(now)s"]),
    ],
)
def test_translation_that_loses_or_invents_something_is_refused(text, said):
    assert catalogues.problems("en", catalogues.Message(text), said)


def test_translation_of_a_number_has_the_forms_of_its_language():
    message = catalogues.Message("%(number)s lieu", "%(number)s lieux")

    assert catalogues.problems("en", message, ["one place", "%(number)s places"]) == []
    assert catalogues.problems("ar", message, ["%(number)s"] * 6) == []
    assert catalogues.problems("ar", message, ["%(number)s"] * 2) == ["2 forms instead of 6"]


# --- nothing left in French

# Names that are the same in every language, and what English pages and opening hours write of days.
SAME = set(
    "English IRIS QPV CSV ODS Google Maps Plans Apple OpenStreetMap "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday "
    "January February March April May June July August September October November December Tu Fr Sa".split()
)


@pytest.mark.django_db
def test_no_page_leaves_a_word_in_french(client, speaking):
    call_command("load_demo", verbosity=0)
    names = sorted(_data(), key=len, reverse=True)

    left = {}
    for address in _pages():
        answer = client.get(address, follow=True)
        page = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        for text in pseudo.left_behind(page):
            if words := _words(unescape(text), names):
                left.setdefault(address, set()).update(words)

    assert left == {}


def _pages():
    place = Place.objects.published().exclude(horaires="").first()
    asked = "services=emploi&langues=arabe&demarches=caf&quand=demain&q=ecrivan&autour=eurotéléport&quartier=0"
    yield from (f"/en/lieux/?{asked}", "/en/lieux/?autour=rue&qpv=oui", "/en/lieux/?quand=maintenant&services_op=et")
    yield from (f"/en/{name}/" for name in "lieux langues selection territoires arrets diagnostic en-chiffres".split())
    yield from (f"/en/{name}/" for name in "ecrivains-publics integrer donnees-ouvertes mentions-legales".split())
    yield from (f"/en/{name}/" for name in "donnees-personnelles accessibilite proposer un-probleme rien".split())
    yield from ("/en/diagnostic/methode/", "/en/couches/insertion/", f"/en/selection/?lieux={place.slug}")
    yield from ("/en/trouver/", "/en/trouver/ou/", "/en/trouver/quand/", "/en/trouver/resultats/")
    yield "/en/trouver/resultats/?besoin=caf&quand=maintenant&autour=gare&point=50.69,3.18"
    yield from (f"/en/lieux/{place.slug}/{name}" for name in ("", "corriger/", "signaler/", "ferme/", "affiche/"))
    yield f"/en/trouver/lieu/{place.slug}/?besoin=caf&quand=maintenant&autour=gare&point=50.69,3.18"
    quartier = Territory.objects.current().filter(kind="quartier").first().code
    yield from (f"/en/trouver/affiche/{quartier}/{asked}" for asked in ("", "?format=a3", "?pliage=oui"))
    for kind in ("qpv", "iris", "quartier", "commune"):
        yield f"/en/territoires/{kind}/{Territory.objects.current().filter(kind=kind).first().code}/"
    yield f"/en/arrets/{apps.get_model('places', 'Stop').objects.current().first().slug}/"


def _data() -> set[str]:
    """Return every text of the database."""
    texts = set()
    for model in apps.get_app_config("places").get_models():
        names = [field.name for field in model._meta.fields if field.get_internal_type() in ("CharField", "TextField")]
        if model not in (Term, Synonym, KnownWord) and names:
            for row in model.objects.values_list(*names):
                texts |= {text for text in row if isinstance(text, str) and len(text) > 2}
    comments = {comment for text in texts for comment in re.findall('"([^"]+)"', text)}  # of opening hours
    names = (site_settings.SITE_NAME, site_settings.SITE_CITY, site_settings.LICENCE, site_settings.TILES_ATTRIBUTION)
    return texts | comments | {*names}


def _words(text: str, names: list[str]) -> set[str]:
    """Return the words of a text that are neither names, nor those of an address of the web or of a file."""
    text = re.sub(r"\S+://\S+|\S+@\S+", " ", text)
    for name in names:
        if name in text:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text)
    text = re.sub(r"\S+_\S+|\b[\w-]+\.(?:fr|org|com|eu)\b|\b[a-z]+-[\w-]+\b", " ", text)
    return set(re.findall(r"[^\W\d_]+", text)) - SAME


# --- addresses


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "opening"), [("en", '<html lang="en"'), ("ar", '<html lang="ar" dir="rtl"')])
def test_page_says_its_language_and_where_the_others_are(client, speaking, code, opening):
    place = make_place(nom="Maison des langues")

    for path in ("/lieux/", place.get_absolute_url(), "/trouver/"):
        answer = client.get(f"/{code}{path}", headers={"Accept-Language": "es"})
        page = answer.content.decode()

        assert opening in page
        assert answer.headers["Content-Language"] == code
        assert f'<link rel="canonical" href="http://testserver/{code}{path}">' in page
        others = re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', page)
        assert dict(others) == {
            "fr": f"http://testserver{path}",
            "en": f"http://testserver/en{path}",
            "ar": f"http://testserver/ar{path}",
        }
        assert f'href="/{code}/langues/"' in page
        assert 'href="/lieux/' not in page


@pytest.mark.django_db
def test_french_keeps_its_addresses_whatever_the_browser_prefers(client, speaking):
    answer = client.get("/lieux/", headers={"Accept-Language": "ar"})

    assert '<html lang="fr">' in answer.content.decode()
    assert answer.headers["Content-Language"] == "fr"
    assert "Accept-Language" not in answer.headers.get("Vary", "")
    assert answer.cookies == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/fr/lieux/", "/de/lieux/", "/en-gb/lieux/", "/en/admin/", "/en/api/v1/places", "/enlieux/"]
)
def test_address_in_a_language_that_is_not_there_is_not_found(client, speaking, path):
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_chosen_language_is_remembered_at_the_entrances_until_french_is_chosen(client, speaking):
    first = client.get("/trouver/")
    assert first.status_code == 200
    assert "Cookie" in first.headers["Vary"]
    assert "Cookie" not in client.get("/en/trouver/").headers["Vary"]

    chosen = client.get("/en/langues/", {"langue": "ar", "page": "/en/lieux/?services=emploi&page=2"})

    assert chosen.headers["Location"] == "/ar/lieux/?services=emploi&page=2"
    assert (client.cookies["langue"].value, client.cookies["langue"]["samesite"]) == ("ar", "Lax")
    assert client.get("/trouver/?besoin=caf").headers["Location"] == "/ar/trouver/?besoin=caf"
    assert client.get("/").headers["Location"] == "/ar/"
    assert "private" in client.get("/").headers["Cache-Control"]
    assert client.get("/lieux/").status_code == client.get("/en/trouver/").status_code == 200

    client.get("/ar/langues/", {"langue": "fr", "page": "/ar/trouver/"})

    assert client.get("/trouver/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("page", "leads_to"),
    [
        ("http://testserver/en/lieux/?q=rsa", "/ar/lieux/?q=rsa"),
        ("/lieux/un-lieu/", "/ar/lieux/un-lieu/"),
        ("/admin/", "/ar/"),
        ("/api/v1/places", "/ar/"),
        ("https://ailleurs.example/lieux/", "/ar/"),
        ("//ailleurs.example/lieux/", "/ar/"),
        ("/en/langues/?page=/", "/ar/"),
        ("javascript:alert(1)", "/ar/"),
        ("\x00", "/ar/"),
    ],
)
def test_switch_keeps_the_page_and_its_question_and_leads_nowhere_else(client, speaking, page, leads_to):
    assert client.get("/en/langues/", {"langue": "ar", "page": page}).headers["Location"] == leads_to


@pytest.mark.django_db
def test_switch_offers_the_page_one_comes_from_in_every_language(client, speaking):
    page = client.get("/langues/", headers={"Referer": "http://testserver/lieux/?q=rsa"}).content.decode()

    for code, name in pseudo.LANGUAGES:
        assert f"?langue={code}&amp;page=%2Flieux%2F%3Fq%3Drsa" in page
        assert f">{name}</a>" in page


def test_path_and_language_are_taken_apart_and_put_together_again(speaking):
    assert split("/ar/lieux/") == ("ar", "/lieux/")
    assert split("/arrets/") == ("fr", "/arrets/")
    assert in_language("/ar/lieux/?q=ar", "en") == "/en/lieux/?q=ar"
    assert in_language("/", "en") == "/en/"


@pytest.mark.django_db
def test_answer_kept_by_a_browser_or_by_us_is_that_of_its_language(client, speaking):
    call_command("load_demo", verbosity=0)
    french = client.get("/lieux.atom")
    indicator = client.get("/territoires/iris/fragilite_numerique.json").json()["titre"]

    english = client.get("/en/lieux.atom", headers={"If-None-Match": french.headers["ETag"]})

    assert english.status_code == 200
    assert "<title>⟦" in english.content.decode()
    assert client.get("/en/territoires/iris/fragilite_numerique.json").json()["titre"] == f"⟦{indicator}⟧"
    assert '"panel-page"' not in client.get("/en/lieux/").content.decode()
    assert 'data-figures="/en/territoires/iris/CLE.json"' in client.get("/en/lieux/").content.decode()
    assert 'data-figures="/territoires/iris/CLE.json"' in client.get("/lieux/").content.decode()


@pytest.mark.django_db
def test_sitemap_names_each_page_in_every_language(client, speaking):
    place = make_place()

    page = client.get("/sitemap.xml").getvalue().decode()

    address = f"http://testserver/en{place.get_absolute_url()}"
    assert f'<xhtml:link rel="alternate" hreflang="en" href="{address}"/>' in page


# --- words


@pytest.mark.django_db
def test_term_that_the_city_renames_is_shown_in_french_and_said_to_be(client, speaking):
    make_place(services=["Insertion professionnelle via le numérique"], adresse="3 rue d’Alger")
    assert '<span class="option-label">⟦' in client.get("/en/lieux/").content.decode()

    term = Term.objects.get(vocabulary="services", slug="emploi")
    term.label = "Boulot à Roubaix"
    term.save()

    page = client.get("/en/lieux/").content.decode()
    assert '<span class="option-label"><span lang="fr" dir="ltr">Boulot à Roubaix</span></span>' in page
    assert '<span lang="fr" dir="ltr">3 rue d’Alger, 59100 Roubaix</span>' in page
    assert '<span class="option-label">Boulot à Roubaix</span>' in client.get("/lieux/").content.decode()


@pytest.mark.django_db
def test_city_says_itself_what_a_word_that_it_renames_is_called_elsewhere(client, speaking):
    term = Term.objects.get(vocabulary="services", slug="emploi")
    term.label = term.short_label = "Boulot à Roubaix"
    for wrong in ("Jobs", "fr : Boulot", "de : Arbeit", "en :"):
        term.translations = wrong
        with pytest.raises(ValidationError):
            term.full_clean()

    term.translations = "en : Jobs in Roubaix\n\n ar:وظائف"
    term.full_clean()
    term.save()

    for code, name in (("en", "Jobs in Roubaix"), ("ar", "وظائف")):
        page = client.get(f"/{code}/lieux/", {"services": "emploi"}).content.decode()
        assert f'<span class="option-label">{name}</span>' in page
        assert "Boulot à Roubaix" not in page
    assert client.get("/en/lieux/", {"q": "jobs"}).context["question"].said.units[0].entries[0].slug == "emploi"


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("fr", "mardi 1er\u00a0décembre"),
        ("fr-falc", "mardi 1er\u00a0décembre"),
        ("en", "Tuesday, 1\u00a0December"),
        ("ar", "الثلاثاء 1\u00a0ديسمبر"),
        ("tr", "1\u00a0Aralık Salı"),
        ("pt", "Terça-feira, 1\u00a0de Dezembro"),
        ("es", "martes 1\u00a0de diciembre"),
        ("ro", "Marți, 1\u00a0Decembrie"),
        ("uk", "вівторок, 1\u00a0грудня"),
        ("pl", "wtorek, 1\u00a0grudnia"),
    ],
)
def test_day_is_written_as_its_language_writes_it(code, day):
    with translation.override(code):
        assert spoken.spoken_day(date(2026, 12, 1)).lower() == day.lower()


def test_hours_are_written_as_their_language_writes_them(speaking):
    assert spoken.clock(time(9, 30)) == "9\u00a0h\u00a030"
    with translation.override("en"):
        assert spoken.clock(time(9, 30)) == "⟦9\u00a0h\u00a030⟧"


@pytest.mark.django_db
def test_mail_to_somebody_who_wrote_in_another_language_is_in_french(client, speaking):
    send(client, "/en/un-probleme/", text="The map is late", email="a@exemple.fr")

    assert [mail.to for mail in Mail.objects.all()] == ["a@exemple.fr"]
    assert "⟦" not in Mail.objects.get().subject + Mail.objects.get().text
