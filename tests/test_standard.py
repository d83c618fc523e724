"""One row per rule: what a cell holds, what becomes of it."""

from datetime import date
from random import Random

import pytest
from stdnum.fr import siret

from places import standard
from places.standard import RefusedRow, folded_lists, is_siret, read_row
from places.vocabularies import VOCABULARIES

LISTS = folded_lists(
    {name: [(str(seed.value), seed.slug) for seed in vocabulary.seeds] for name, vocabulary in VOCABULARIES.items()}
)


def read(**cells):
    return read_row({"id": "1", "nom": "Mairie", "commune": "Roubaix"} | cells, LISTS)


@pytest.mark.parametrize(
    ("column", "text", "value", "kinds"),
    [
        # pivot: schema, and the 14 zeros the reference ETL writes for "unknown"
        ("pivot", "43493312300029", "43493312300029", []),
        ("pivot", "401 092 267 00020", "40109226700020", ["correction"]),
        ("pivot", "", "00000000000000", ["correction"]),
        ("pivot", "?", "00000000000000", ["correction"]),
        ("pivot", "12", "00000000000000", ["refus"]),
        # code_postal: five digits, numbers that lost their zero or gained a decimal
        ("code_postal", "59100", "59100", []),
        ("code_postal", "1000", "01000", ["correction"]),
        ("code_postal", "26130.0", "26130", ["correction"]),
        ("code_postal", "ABCDE", "", ["refus"]),
        ("code_postal", "５１１００", "", ["refus"]),
        # code_insee: five characters, Corsica included
        ("code_insee", "59512", "59512", []),
        ("code_insee", "2a004", "2A004", ["correction"]),
        ("code_insee", "380546", "", ["refus"]),
        # date_maj: ISO, day first when slashed, never 1970
        ("date_maj", "2024-04-02", date(2024, 4, 2), []),
        ("date_maj", "02/04/2024", date(2024, 4, 2), ["correction"]),
        ("date_maj", "2020/06/30 14:16:50.898", date(2020, 6, 30), ["correction"]),
        ("date_maj", "2024-4-2", date(2024, 4, 2), ["correction"]),
        ("date_maj", "09/0102023", None, ["refus"]),
        ("date_maj", "31/02/2024", None, ["refus"]),
        ("date_maj", "1970-01-01", None, ["refus"]),
        ("date_maj", "", None, []),
        # telephone: E.164, overseas by postcode
        ("telephone", "+33320815757", "+33320815757", []),
        ("telephone", "03 20 81 57 57", "+33320815757", ["correction"]),
        ("telephone", "02.41.43.28.13", "+33241432813", ["correction"]),
        ("telephone", "3949", "", ["refus"]),
        ("telephone", "01 80 05 98 8O", "", ["refus"]),
        ("telephone", "-", "", []),
        ("telephone", "33630392518", "+33630392518", ["correction"]),
        ("telephone", "320815757.0", "+33320815757", ["correction"]),
        ("telephone", "03 20 81 57 57 / 06 30 39 25 18", "+33320815757", ["correction"]),
        ("telephone", "+687", "", ["refus"]),
        ("telephone", "standard de la mairie", "", ["refus"]),
        # courriels
        ("courriels", "a@exemple.fr|b@exemple.fr", ["a@exemple.fr", "b@exemple.fr"], []),
        ("courriels", "a@exemple.fr - b@exemple.fr", ["a@exemple.fr", "b@exemple.fr"], ["correction"]),
        ("courriels", "a@exemple.fr ou b@exemple.fr", ["a@exemple.fr", "b@exemple.fr"], ["correction"]),
        ("courriels", "a@exemple.fr / b@exemple.fr", ["a@exemple.fr", "b@exemple.fr"], ["correction"]),
        ("courriels", "twitter@cpam49", [], ["correction"]),
        # links: only http and https with a host
        ("site_web", "https://a.fr|http://b.fr/X", ["https://a.fr", "http://b.fr/X"], []),
        ("site_web", "abracodabra.fr", ["https://abracodabra.fr"], ["correction"]),
        ("site_web", "javascript:alert(1)", [], ["correction"]),
        ("prise_rdv", "data:text/html,x", "", ["refus"]),
        ("prise_rdv", "https://rdv.fr/org/1", "https://rdv.fr/org/1", []),
        ("fiche_acces_libre", "https//acceslibre", "", ["refus"]),
        ("prise_rdv", "https//rdv.fr/org/1", "https://rdv.fr/org/1", ["correction"]),
        ("site_web", "HTTPS://A.fr/Page", ["https://A.fr/Page"], ["correction"]),
        ("site_web", "https://a.frhttps://b.fr", ["https://a.fr", "https://b.fr"], ["correction"]),
        ("commune", "ROUBAIX CEDEX 1", "ROUBAIX", ["correction"]),
        ("commune", "Amplepuis 69550", "Amplepuis", ["correction"]),
        ("adresse", "0 Rue de la RÃ©publique", "Rue de la République", ["correction"]),
        ("pivot", "43493312300020", "43493312300020", ["remarque"]),
        ("pivot", "434933123", "434933123", ["remarque"]),
        # horaires: kept whatever they hold, told when they cannot be read
        ("horaires", "Mo-Fr 09:00-12:00", "Mo-Fr 09:00-12:00", []),
        ("horaires", "du lundi au vendredi", "du lundi au vendredi", ["remarque"]),
        ("horaires", "du lundi au vendredi 9h-12h et 14h-17h", "Mo-Fr 09:00-12:00,14:00-17:00", ["correction"]),
        ("horaires", "Lundi : 9h-12h, sauf exception", "Lundi : 9h-12h, sauf exception", ["remarque"]),
        ("horaires", "Mo-Fr :undefined-undefined:undefined", "Mo-Fr :undefined-undefined:undefined", ["remarque"]),
        ("horaires", "Mo-Fr  09:00-12:00", "Mo-Fr 09:00-12:00", ["correction"]),
        # lists: official texts, by `|` or the old `;`
        ("services", "Aide aux démarches administratives", ["Aide aux démarches administratives"], []),
        ("services", "aide aux demarches administratives", ["Aide aux démarches administratives"], ["correction"]),
        ("services", "Comprehension du monde numérique", ["Compréhension du monde numérique"], ["correction"]),
        ("services", "Faire du café", [], ["refus"]),
        ("frais_a_charge", "Gratuit;Payant", ["Gratuit", "Payant"], []),
        ("frais_a_charge", "|Gratuit|Gratuit|", ["Gratuit"], []),
        ("frais_a_charge", "Gratuit ,;, ,\nPayant,", ["Gratuit", "Payant"], []),
        ("frais_a_charge", "zut ,", [], ["refus"]),
        ("formations_labels", "Étapes numériques(La Poste)", ["Étapes numériques (La Poste)"], ["correction"]),
        ("formations_labels", "Étapes numériques (La Poste)", ["Étapes numériques (La Poste)"], []),
        ("demarches", "caf|impots", ["caf", "impots"], []),
        ("demarches", "caf|zzz", ["caf"], ["refus"]),
        # typologie: unknown codes are kept and told
        ("typologie", "CCAS|CS", ["CCAS", "CS"], []),
        ("typologie", "PE", ["FT"], ["correction"]),
        ("typologie", "COMMUNE", ["COMMUNE"], ["remarque"]),
        ("typologie", "Bibliothèque - Médiathèque", ["BIB"], ["correction"]),
        ("typologie", '{EPN,"Promeneur du net"}', ["EPN", "Promeneur du net"], ["correction"]),
        ("typologie", "cs, PE EPN", ["CS", "FT", "EPN"], ["correction"]),
        ("typologie", "{", [], ["refus"]),
        ("services", "Compréhension du monde numérique ;,", ["Compréhension du monde numérique"], []),
        # text: placeholders are nothing, lines are one line, control characters go
        ("adresse", "null null", "", []),
        ("adresse", "6 Rue Zola\nAppt 4", "6 Rue Zola Appt 4", ["correction"]),
        ("adresse", "6 rue | Zola; bis", "6 rue | Zola; bis", []),
        ("presentation_detail", "un\ndeux", "un\ndeux", []),
        ("structure_parente", "Vi\x00lle\x92", "Ville", []),
        ("structure_parente", "Vi\ud800lle", "Ville", []),
    ],
)
def test_cell_is_accepted_corrected_or_refused(column, text, value, kinds):
    record = read(**{column: text})

    assert record.values[column] == value
    assert [note.kind for note in record.notes] == kinds
    assert all(note.reason and note.column == column for note in record.notes)
    assert [note.value for note in record.notes] == [note.value.strip() for note in record.notes]


def test_keys_of_a_siret_are_those_of_the_library():
    chance = Random(1)
    heads = ["35600000000048", "356000000", *("".join(chance.choices("0123456789", k=9)) for _ in range(40))]

    numbers = [f"{head}{chance.randrange(10**5):05}"[:14] for head in heads for _ in range(50)]

    assert [is_siret(number) for number in numbers] == [siret.is_valid(number) for number in numbers]
    assert len({is_siret(number) for number in numbers}) == 2


@pytest.mark.parametrize(
    ("code_postal", "text", "number"),
    [
        ("97110", "0590 12 34 56", "+590590123456"),
        ("98800", "25 12 34", "+687251234"),
        ("97600", "0639 69 12 34", "+262639691234"),
    ],
)
def test_phone_is_read_in_the_region_of_its_postcode(code_postal, text, number):
    assert read(code_postal=code_postal, telephone=text).values["telephone"] == number


@pytest.mark.parametrize(
    ("latitude", "longitude", "point", "kinds"),
    [
        ("50.69", "3.17", (50.69, 3.17), []),
        ("50,69", "3,17", (50.69, 3.17), ["correction"]),
        ("", "", (None, None), []),
        ("50.69", "", (None, None), ["refus"]),
        ("0", "0", (None, None), ["refus"]),
        ("48.85", "0", (48.85, 0.0), []),
        ("nan", "3.17", (None, None), ["refus"]),
        ("inf", "3.17", (None, None), ["refus"]),
        ("91", "3.17", (None, None), ["refus"]),
        ("7065000", "704000", (50.69, 3.06), ["correction"]),
        ("704000", "7065000", (50.69, 3.06), ["correction"]),
        ("3.17", "50.69", (50.69, 3.17), ["correction"]),
        ("[50.69, 3.17]", "", (50.69, 3.17), ["correction"]),
        ("POINT (3.17 50.69)", "", (50.69, 3.17), ["correction"]),
        ("-21.1", "55.5", (-21.1, 55.5), []),
        ("91", "45.77", (None, None), ["refus"]),
        ("4.83", "181", (None, None), ["refus"]),
        ("nord", "est", (None, None), ["refus"]),
    ],
)
def test_point_is_both_or_none_finite_and_in_range(latitude, longitude, point, kinds):
    record = read(latitude=latitude, longitude=longitude)

    found = record.values["latitude"], record.values["longitude"]
    assert found == (pytest.approx(point, abs=0.01) if "7065000" in (latitude, longitude) else point)
    assert [note.kind for note in record.notes] == kinds


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"id": ""}, "id"),
        ({"id": "é" * 1400}, "id"),
        ({"nom": "  "}, "nom"),
        ({"commune": "", "code_postal": ""}, "commune"),
    ],
)
def test_row_without_identity_name_or_place_is_refused_whole(cells, column):
    with pytest.raises(RefusedRow) as refused:
        read(**cells)

    assert refused.value.note.column == column
    assert refused.value.note.reason


def test_row_with_a_point_and_no_town_is_a_place():
    record = read(commune="", latitude="50.69", longitude="3.17")

    assert record.values["latitude"] == 50.69


def test_summary_too_long_is_cut_and_kept_whole_elsewhere():
    long = "mot " * 100

    record = read(presentation_resume=long)

    assert len(record.values["presentation_resume"]) <= standard.RESUME_LENGTH
    assert record.values["presentation_detail"] == long.strip()
    assert [note.column for note in record.notes] == ["presentation_resume"]


def test_columns_absent_from_the_file_are_not_in_the_record():
    assert "telephone" not in read().values
