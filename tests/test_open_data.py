"""The open data page, what search engines may read, and what they read on a card."""

import json
import re
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from places import sitemaps
from places.exporting import FORMATS
from places.finding.needs import NEEDS
from places.importing import import_places
from places.models import DataVersion, Source
from places.standard import COLUMNS
from places.structured_data import describe
from places.vocabularies import Service
from tests.factories import make_permanence, make_place
from tests.test_importing import DEMO

pytestmark = pytest.mark.django_db
PAGES = ("trouver", "ecrivains-publics", "territoires", "diagnostic", "en-chiffres", "donnees-ouvertes")
ANSWERED = [f"/trouver/resultats/?besoin={need}" for need in NEEDS]
SITEMAP = {"": "http://www.sitemaps.org/schemas/sitemap/0.9"}
HOSTILE = "</script><script>alert(1)</script><!--&\"'\u2028"
MONDAY = datetime(2026, 11, 9, 10, tzinfo=UTC)


def text(response) -> str:
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


# --- the page


def test_page_offers_every_file_with_its_name(client):
    make_place()
    DataVersion.objects.update(changed_at="2026-03-01T12:00:00Z")

    page = text(client.get("/donnees-ouvertes/"))

    for name, file in FORMATS.items():
        assert f'href="/{file.address}"' in page, name
        assert f"2026-03-01_roubaix_lieux-de-mediation-numerique_roubaix{file.ending}" in page, name
    for column in COLUMNS:
        assert f"<code>{column}</code>" in page


def test_page_says_licence_day_schema_and_contact(client, settings):
    settings.SUPPORT_EMAIL = "carte@exemple.fr"
    make_place()
    DataVersion.objects.update(changed_at="2026-03-01T12:00:00Z")

    page = text(client.get("/donnees-ouvertes/"))

    assert "Licence Ouverte 2.0" in page
    assert "1er mars 2026, 13 h" in page
    assert 'href="https://schema.data.gouv.fr/LaMedNum/standard-mediation-num/"' in page
    assert page.count('href="mailto:carte@exemple.fr"') == 1
    assert 'href="/api/v1/openapi.json"' in page
    assert 'href="/lieux.atom"' in page


def test_page_says_how_many_places_wait_to_conform(client):
    make_place()
    make_place(adresse="")
    make_place(date_maj=None)
    make_place(status="draft")

    page = text(client.get("/donnees-ouvertes/"))

    assert "3 lieux publiés" in page
    assert "Le CSV du standard contient 1 lieux. 2 lieux n’y sont pas encore" in page


def test_page_names_the_sources_of_what_is_published(client):
    import_places(DEMO, source_name="Démonstration", apply=True)
    Source.objects.filter(name="Démonstration").update(
        licence="Licence Ouverte 2.0", address="https://exemple.fr/f.csv"
    )
    Source.objects.create(name="Vide")
    hidden = Source.objects.create(name="Cachée")
    make_place(status="draft", import_source=hidden, source_id="1")

    page = client.get("/donnees-ouvertes/")

    assert [(source.name, number) for source, number in page.context["sources"]] == [("Démonstration", 40)]
    assert "importée le" in text(page)
    assert 'href="https://exemple.fr/f.csv"' in text(page)


def test_page_asks_no_more_questions_when_the_data_doubles(client):
    numbers = []
    for added in (2, 2, 4):
        for _n in range(added):
            source = Source.objects.create(name=f"Source {Source.objects.count()}")
            make_place(import_source=source, source_id="1")
        with CaptureQueriesContext(connection) as asked:
            client.get("/donnees-ouvertes/")
        numbers.append(len(asked))

    assert numbers[1:] == [numbers[0]] * 2


def test_every_page_leads_to_the_open_data(client):
    place = make_place()

    for address in ("/lieux/", place.get_absolute_url(), "/accessibilite/", "/donnees-ouvertes/"):
        assert 'href="/donnees-ouvertes/">Données ouvertes</a>' in client.get(address).content.decode(), address


def test_results_are_downloaded_with_their_question(client):
    make_place(services=[Service.INSERTION])

    page = client.get("/lieux/?services=emploi&q=lieu&page=1").content.decode()

    for name, file in FORMATS.items():
        assert f'href="/{file.address}?q=lieu&amp;services=emploi" rel="nofollow"' in page, name
    assert 'href="/lieux.atom?q=lieu&amp;services=emploi" rel="nofollow"' in page


# --- search engines


def test_sitemap_lists_every_public_card_with_its_day(client):
    place = make_place(nom="Mairie")
    make_place(nom="Brouillon", status="draft")
    type(place).objects.update(changed_at="2026-03-01T23:30:00Z")
    DataVersion.objects.update(changed_at="2026-04-01T12:00:00Z")

    answer = client.get("/sitemap.xml?p=2&page=7")

    root = ElementTree.fromstring(answer.getvalue())
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    parts = ("loc", "lastmod")
    assert [[url.findtext(part, None, SITEMAP) for part in parts] for url in root.findall("url", SITEMAP)] == [
        *([f"http://testserver/{page}/", "2026-04-01"] for page in ("lieux", *PAGES)),
        *([f"http://testserver{need}", "2026-04-01"] for need in ANSWERED),
        ["http://testserver/lieux/mairie/", "2026-03-02"],
    ]


def test_sitemap_of_a_country_is_an_index_of_sitemaps(client, monkeypatch):
    monkeypatch.setattr(sitemaps, "MOST_PLACES", 2)
    for nom in "abcde":
        make_place(nom=nom)

    index = ElementTree.fromstring(client.get("/sitemap.xml").getvalue())
    parts = [loc.text for loc in index.findall("sitemap/loc", SITEMAP)]
    pages = [ElementTree.fromstring(client.get(part).getvalue()) for part in parts]

    assert parts == [f"http://testserver/sitemap.xml?page={number}" for number in (1, 2, 3)]
    assert [
        [loc.text.removeprefix("http://testserver") for loc in page.findall("url/loc", SITEMAP)] for page in pages
    ] == [
        ["/lieux/", *(f"/{page}/" for page in PAGES), *ANSWERED, "/lieux/a/", "/lieux/b/"],
        ["/lieux/c/", "/lieux/d/"],
        ["/lieux/e/"],
    ]


def test_sitemap_is_tagged_and_asks_no_more_questions_when_the_data_doubles(client):
    numbers = []
    for added in (3, 3, 6):
        for _n in range(added):
            make_place()
        with CaptureQueriesContext(connection) as asked:
            answer = client.get("/sitemap.xml")
            answer.getvalue()
        numbers.append(len(asked))

    assert numbers[1:] == [numbers[0]] * 2
    assert client.get("/sitemap.xml", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


READ = """
/lieux/ /ar/lieux/mairie/ /donnees-ouvertes/ /static/img/logo.svg /sitemap.xml /sitemap.xml?page=2 /territoires/
/en/territoires/quartier/Q1/ /trouver/resultats/?besoin=caf /ar/trouver/resultats/?besoin=caf
""".split()
NOT_READ = (
    """
/admin/ /api/v1/places /lieux.geojson /en/lieux.atom /territoires/qpv.geojson /territoires/quartier/population.json
/lieux/?services=emploi /en/lieux/?page=2 /trouver/resultats/?besoin=caf&page=2 /en/langues/ /selection/ /en/proposer/
/ar/trouver/resultats/?besoin=caf&point=50.69,3.17 /tr/lieux/mairie/affiche/ /lieux/mairie/corriger/
/lieux/mairie/qr.svg
""".split()
    + [f"/{file.address}" for file in FORMATS.values()]
)


def may_be_read(path: str, rules: list[tuple[str, str]]) -> bool:
    """Read robots.txt as large crawlers do: the longest rule that fits, the kinder one of two as long (RFC 9309)."""
    fitting = [
        (len(rule), said == "Allow")
        for said, rule in rules
        if re.match(re.escape(rule).replace(r"\*", ".*").replace(r"\$", "$"), path)
    ]
    return max(fitting, default=(0, True))[1]


def test_robots_read_what_says_something_in_every_language_and_not_questions_files_or_forms(client):
    lines = text(client.get("/robots.txt")).splitlines()
    rules = [tuple(line.split(": ", 1)) for line in lines if line.startswith(("Allow", "Disallow"))]

    assert (lines[0], lines[-1]) == ("User-agent: *", "Sitemap: http://testserver/sitemap.xml")
    assert [path for path in READ if not may_be_read(path, rules)] == []
    assert [path for path in NOT_READ if may_be_read(path, rules)] == []


def test_every_address_of_the_sitemap_may_be_read_and_asks_to_be_found(client):
    make_place(slug="mairie")
    rules = [tuple(line.split(": ", 1)) for line in text(client.get("/robots.txt")).splitlines() if "llow: " in line]
    page = ElementTree.fromstring(client.get("/sitemap.xml").getvalue())
    addresses = [loc.text.removeprefix("http://testserver") for loc in page.findall("url/loc", SITEMAP)]
    answers = {address: client.get(address).content.decode() for address in addresses}

    assert {"/trouver/resultats/?besoin=caf", "/lieux/mairie/"} < {*addresses}
    assert [address for address in addresses if not may_be_read(address, rules)] == []
    assert [address for address, answer in answers.items() if 'content="noindex' in answer] == []
    assert [a for a, answer in answers.items() if f'rel="canonical" href="http://testserver{a}"' not in answer] == []


# --- what machines read on a card


def linked_data(page: str) -> dict:
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(block)


def test_card_describes_itself_in_the_words_of_schema_org(client):
    place = make_place(
        id="coop-1",
        nom="Médiathèque",
        adresse="2 rue Pierre Motte",
        complement_adresse="1er étage",
        typologie=["ASSO", "BIB"],
        telephone="+33320663131",
        courriels=["a@exemple.fr"],
        site_web=["https://exemple.fr"],
        presentation_resume="Des livres et des ordinateurs.",
        structure_parente="Ville de Roubaix",
        services=[Service.ACCES],
        frais_a_charge=["gratuit"],
    )
    make_permanence(place, langues=["arabe"])

    said = linked_data(client.get(f"{place.get_absolute_url()}?services=acces-materiel").content.decode())

    assert said == {
        "@context": "https://schema.org",
        "@type": "Library",
        "@id": "http://testserver/lieux/mediatheque/",
        "url": "http://testserver/lieux/mediatheque/",
        "name": "Médiathèque",
        "identifier": "coop-1",
        "description": "Des livres et des ordinateurs.",
        "address": {
            "@type": "PostalAddress",
            "streetAddress": "2 rue Pierre Motte, 1er étage",
            "postalCode": "59100",
            "addressLocality": "Roubaix",
            "addressCountry": "FR",
        },
        "geo": {"@type": "GeoCoordinates", "latitude": 50.69, "longitude": 3.18},
        "telephone": "+33320663131",
        "email": ["a@exemple.fr"],
        "sameAs": ["https://exemple.fr"],
        "parentOrganization": {"@type": "Organization", "name": "Ville de Roubaix"},
        "knowsLanguage": ["Arabe"],
        "isAccessibleForFree": True,
        "makesOffer": [
            {"@type": "Offer", "itemOffered": {"@type": "Service", "name": "Accès internet et matériel informatique"}}
        ],
    }


def test_blank_fields_are_not_invented():
    place = make_place(adresse="", code_postal="", latitude=None, longitude=None)

    said = describe(place, "https://exemple.fr/x", MONDAY)

    assert said == {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "@id": "https://exemple.fr/x",
        "url": "https://exemple.fr/x",
        "name": place.nom,
        "identifier": place.pk,
        "address": {"@type": "PostalAddress", "addressLocality": "Roubaix", "addressCountry": "FR"},
    }


def test_hours_are_those_of_this_week_dated_and_without_the_holiday():
    """Wednesday 11 November is a public holiday that these hours do not mention."""
    place = make_place(horaires="Mo,We 09:00-12:00,14:00-18:00; week 45-53/2 Fr 20:00-24:00")

    hours = describe(place, "https://exemple.fr/x", MONDAY).get("openingHoursSpecification")

    assert [(day["dayOfWeek"], day["opens"], day["closes"], day["validFrom"]) for day in hours] == [
        ("https://schema.org/Monday", "09:00", "12:00", "2026-11-09"),
        ("https://schema.org/Monday", "14:00", "18:00", "2026-11-09"),
    ]
    next_week = describe(place, "https://exemple.fr/x", datetime(2026, 11, 16, 10, tzinfo=UTC))
    assert [(day["dayOfWeek"][-9:], day["opens"], day["closes"]) for day in next_week["openingHoursSpecification"]][
        -1
    ] == (
        "rg/Friday",
        "20:00",
        "23:59",
    )


def test_hours_that_cannot_be_read_are_not_told():
    place = make_place(horaires="du lundi au vendredi", date_maj=date(2026, 1, 1))

    assert "openingHoursSpecification" not in describe(place, "https://exemple.fr/x", MONDAY)


def test_hostile_text_does_not_leave_the_block_of_data(client):
    place = make_place(nom=HOSTILE, presentation_resume=HOSTILE, horaires=HOSTILE, site_web=[HOSTILE])

    page = client.get(place.get_absolute_url()).content.decode()

    assert "<script>alert" not in page
    said = linked_data(page)
    assert (said["name"], said["description"], said["sameAs"]) == (HOSTILE, HOSTILE, [HOSTILE.strip()])
