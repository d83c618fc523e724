"""Posters and leaflets on paper, in the largest words that a place may hold: one sheet each, and nothing cut."""

import re

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_map_journeys import findings, scrolls_sideways
from tests.factories import make_permanence, make_place, make_territory
from tests.test_posters import HOSTILE

A4, A3 = (595, 842), (842, 1191)
WEEK = (
    "Mo 08:00-12:00,13:30-17:00; Tu 09:00-12:00; We 10:00-12:00; Th 08:30-17:00; "
    'Fr 09:00-11:00 "sur rendez-vous"; Sa 09:00-11:00'
)
SERVICES = [
    "demarches-administratives",
    "outils-du-quotidien",
    "emploi",
    "se-proteger",
    "parents-enfants",
    "acces-materiel",
    "comprendre",
]
# What a sheet draws outside of itself, or that its own box does not show.
OUTSIDE = """() => [...document.querySelectorAll(".sheet-poster, .sheet-panel")].flatMap((sheet) => {
  const box = sheet.getBoundingClientRect();
  return [...sheet.querySelectorAll("*")].filter((one) => {
    const seen = one.getBoundingClientRect();
    return seen.right > box.right + 1 || seen.left < box.left - 1 || seen.bottom > box.bottom + 1;
  }).map((one) => `${one.tagName} ${one.textContent.slice(0, 40)}`);
})"""


def sheets(paper: bytes) -> list[tuple[int, int]]:
    """The size of every page, in points."""
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
    return [(round(float(width)), round(float(height))) for width, height in boxes]


def test_every_sheet_prints_on_one_and_nothing_is_cut(open_page, transactional_db):
    make_territory("quartier", "Q1", nom="Quartier dont le nom est long / Rue de l’Ommelet / Cul-de-Four / Hutin")
    make_place(nom="Vide", horaires="", telephone="")
    words = "Maison de la solidarité et de l’accompagnement numérique "
    longest = make_place(
        id="long",
        nom=(words * 6)[:300],
        adresse=f"{HOSTILE} " + "W" * 200,
        complement_adresse="Bâtiment B, " * 10,
        telephone="+33320815757",
        horaires=WEEK,
        services=SERVICES,
        langues=["arabe", "turc", "portugais", "polonais", "roumain", "ukrainien", "espagnol", "anglais", "wolof"],
        frais_a_charge=["gratuit", "gratuit-sous-condition"],
    )
    for title in ("Écrivain public", "Atelier " * 14, "Permanence CAF"):
        make_permanence(longest, title=title[:120], horaires="We 14:00-16:00")
    for number in range(58):
        make_place(nom=f"{words} {number}", telephone="+33320815757", horaires=WEEK, services=SERVICES)
    page = open_page(**DESKTOP)

    for address, expected in (
        ("/lieux/vide/affiche/", [A4]),
        (f"/lieux/{longest.slug}/affiche/", [A4]),
        (f"/lieux/{longest.slug}/affiche/?format=a3", [A3]),
        ("/trouver/affiche/Q1/", [A4]),
        ("/trouver/affiche/Q1/?format=a3", [A3]),
        ("/trouver/affiche/Q1/?pliage=oui", [A4[::-1]] * 2),
    ):
        page.emulate_media(media="screen")
        page.goto(address)
        assert findings(page) == [], address
        page.emulate_media(media="print")
        assert sheets(page.pdf(prefer_css_page_size=True)) == expected, address
        assert page.evaluate(OUTSIDE) == [], address

    phone = open_page(**PHONE, java_script_enabled=False)
    phone.goto(f"/lieux/{longest.slug}/affiche/")
    assert not scrolls_sideways(phone)
    phone.get_by_role("link", name="Affiche A3").click()
    assert phone.get_by_role("link", name="Affiche A3").get_attribute("aria-current") == "true"
    phone.get_by_role("link", name="Retour").click()
    phone.get_by_role("link", name="Affiche à imprimer").click()
    assert phone.url.endswith("/affiche/")
