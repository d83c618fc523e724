"""A visitor proposes, corrects, reports and confirms: what is typed is kept as typed, or comes back as it was."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from places import history, lexicon
from places.models import Place, Revision, Source, Submission, Term
from places.vocabularies import FormationLabel
from tests.factories import make_permanence, make_place
from tests.submissions import a_while_ago, fields_of, opened, send, sent_by
from tests.test_logos import png

pytestmark = pytest.mark.django_db

NEW = "/proposer/"
HOSTILE = "<script>alert(1)</script>{% widthratio 4321 1 7654 %}{% debug %}' OR 1=1; --\"><img src=x onerror=alert(2)>"


@pytest.fixture
def place():
    return make_place(
        id="ccas",
        nom="CCAS de Roubaix",
        adresse="9 rue Pellart",
        telephone="+33320815757",
        courriels=["contact@ccas.example"],
        site_web=["http://ccas.example/"],
        horaires="Mo-Fr 08:30-12:00,13:30-17:00; PH off",
        services=["Aide aux démarches administratives"],
        presentation_resume="Une aide\npour tous.",
        latitude=50.6931,
        longitude=3.1742,
    )


def page_of(place, form):
    return f"/lieux/{place.slug}/{form}/"


def problems(answer) -> list[str]:
    return [sentence for _id, sentence in answer.context["form"].problems()]


# --- a new place
def test_new_place_is_kept_field_by_field_and_changes_nothing_public(client):
    answer = send(
        client,
        NEW,
        nom="Maison des jeunes",
        adresse="12 rue de l’Épeule",
        code_postal="59100",
        latitude="50,6912",
        longitude="3.16",
        services=["demarches-administratives", "acces-materiel"],
        langues=["arabe"],
        telephone="03 20 00 00 01",
        typologie="CCAS",
        structure_parente="Ville de Roubaix",
        fiche_acces_libre="acceslibre.beta.gouv.fr/x",
        formations_labels=["duplex"],
        courriels="a@exemple.fr, b@exemple.fr",
        site_web="www.exemple.fr",
        **{"horaires-0-0-de": "09:00", "horaires-0-0-a": "12:00", "horaires-feries": "oui"},
        **{"permanences-0-title": "Écrivain public", "permanences-0-horaires-mots": "mardi de 14 h à 16 h"},
        text="Ouvert en mai.",
        role="structure",
    )

    submission = sent_by(answer)
    assert (submission.kind, submission.state, submission.place) == ("new", "waiting", None)
    assert submission.base == {}
    assert submission.proposed == {
        "nom": "Maison des jeunes",
        "adresse": "12 rue de l’Épeule",
        "code_postal": "59100",
        "commune": "Roubaix",
        "latitude": 50.6912,
        "longitude": 3.16,
        "services": ["Aide aux démarches administratives", "Accès internet et matériel informatique"],
        "langues": ["arabe"],
        "telephone": "+33320000001",
        "courriels": ["a@exemple.fr", "b@exemple.fr"],
        "site_web": ["https://www.exemple.fr"],
        "horaires": "Mo 09:00-12:00; PH off",
        "typologie": ["CCAS"],
        "structure_parente": "Ville de Roubaix",
        "fiche_acces_libre": "https://acceslibre.beta.gouv.fr/x",
        "formations_labels": [FormationLabel.DUPLEX.value],
        "permanences": [
            {
                "title": "Écrivain public",
                "horaires": "Tu 14:00-16:00",
                "details": "",
                "by_appointment": None,
                "host": "",
                "contact": "",
            }
        ],
    }
    assert (submission.text, submission.role, submission.links) == ("Ouvert en mai.", "structure", 0)
    assert not Place.objects.exists()


def test_new_place_can_be_set_on_a_place_as_it_is(client):
    """What a submission holds is what the columns take."""
    submission = sent_by(
        send(client, NEW, nom="Un lieu", services=["emploi"], telephone="03 20 00 00 01", courriels="a@exemple.fr")
    )

    place = Place(pk="nouveau")
    for name, value in submission.proposed.items():
        if name != "permanences":
            setattr(place, name, value)
    place.slug = "nouveau"

    place.full_clean(exclude=["slug"])
    assert place.services.values == ["Insertion professionnelle via le numérique"]


def test_new_place_comes_back_as_typed_with_a_sentence_for_each_mistake(client):
    answer = send(
        client,
        NEW,
        nom="",
        code_postal="591",
        latitude="50.69",
        telephone="12",
        courriels="personne",
        site_web="javascript:alert(1)",
        email="moi",
        presentation_resume="x" * 281,
        services=["emploi"],
        **{"horaires-2-0-de": "14:00", "horaires-2-0-a": "09:00", "horaires-3-1-de": "bientôt"},
        **{"permanences-0-horaires-mots": "mardi matin"},
    )

    assert answer.status_code == 422
    assert not Submission.objects.exists()
    assert problems(answer) == [
        "Il manque le nom du lieu.",
        "Le code postal a cinq chiffres.",
        "Ce texte est trop long\u00a0: 280 signes au plus.",
        "Mercredi\u00a0: l’heure de fin vient avant l’heure de début.",
        "Jeudi\u00a0: «\u00a0bientôt\u00a0» n’est pas une heure. Écrivez par exemple 9:30.",
        "Ce numéro de téléphone n’existe pas. Il s’écrit comme 03 20 00 00 00.",
        "L’e-mail du lieu n’est pas complet : il ressemble à contact@exemple.fr.",
        "«\u00a0javascript:alert(1)\u00a0» n’est pas une adresse web (http ou https).",
        "Votre e-mail n’est pas complet\u00a0: il ressemble à prenom.nom@exemple.fr.",
        "La latitude et la longitude vont ensemble\u00a0: les deux, ou aucune.",
        "Dites ce qu’est cette permanence, par exemple «\u00a0Écrivain public\u00a0».",
    ]
    again = fields_of(answer.content.decode())
    assert again["code_postal"] == ["591"]
    assert again["site_web"] == ["javascript:alert(1)"]
    assert again["services"] == ["emploi"]
    assert again["horaires-2-0-de"] == ["14:00"]
    assert again["horaires-3-1-de"] == ["bientôt"]
    assert again["permanences-0-horaires-mots"] == ["mardi matin"]
    assert again["email"] == ["moi"]


def test_every_mistake_is_linked_to_its_field_and_told_by_it(client):
    html = send(client, NEW, nom="", telephone="12").content.decode()

    for field in ("id_nom", "id_telephone"):
        assert f'<a href="#{field}">' in html
        assert f'<p class="wrong" id="{field}_error">' in html
    assert 'aria-invalid="true" aria-describedby="id_nom_error"' in html or (
        'aria-describedby="id_nom_error"' in html and 'aria-invalid="true"' in html
    )


def test_new_place_shows_its_lookalikes_first_and_takes_it_all_the_same_when_told_so(client, place):
    filled = {"nom": "C.C.A.S. Roubaix", "adresse": "9 rue Pellart", "code_postal": "59100", "telephone": "0320815757"}

    asked = send(client, NEW, **filled)

    assert asked.status_code == 422
    assert [other.pk for other in asked.context["alike"]] == ["ccas"]
    assert not Submission.objects.exists()
    assert fields_of(asked.content.decode())["nom"] == ["C.C.A.S. Roubaix"]

    submission = sent_by(client.post(NEW, a_while_ago(fields_of(asked.content.decode())) | {"quand_meme": "oui"}))

    assert submission.alike == ["ccas"]
    assert submission.proposed["nom"] == "C.C.A.S. Roubaix"


def test_lookalikes_never_show_what_is_not_published(client):
    make_place(nom="CCAS de Roubaix", adresse="9 rue Pellart", status=Place.Status.DRAFT)

    answer = send(client, NEW, nom="CCAS de Roubaix", adresse="9 rue Pellart")

    assert sent_by(answer).alike == []


def test_another_permanence_is_given_without_judging_the_rest(client):
    fields = opened(client, NEW)

    answer = client.post(NEW, fields | {"autre_permanence": "oui", "permanences-0-title": "Bus"})

    assert (answer.status_code, problems(answer)) == (200, [])
    again = fields_of(answer.content.decode())
    assert again["permanences-0-title"] == ["Bus"]
    assert again["permanences-1-title"] == [""]


# --- a correction
def test_correction_of_nothing_proposes_nothing(client, place):
    make_permanence(place, title="Écrivain public", horaires="Tu 09:00-12:00", langues=["arabe"], services=["emploi"])

    submission = sent_by(send(client, page_of(place, "corriger"), text="Rien à dire"))

    assert submission.proposed == {}
    assert submission.base["telephone"] == "+33320815757"


def test_correction_keeps_only_what_changed_beside_everything_that_was_shown(client, place):
    submission = sent_by(
        send(
            client,
            page_of(place, "corriger"),
            telephone="03 20 81 57 58",
            services=["emploi"],
            **{"horaires-4-1-a": "16:00"},
        )
    )

    assert submission.place == place
    assert submission.proposed == {
        "telephone": "+33320815758",
        "services": ["Insertion professionnelle via le numérique"],
        "horaires": "Mo-Th 08:30-12:00,13:30-17:00; Fr 08:30-12:00,13:30-16:00; PH off",
    }
    assert submission.base["horaires"] == "Mo-Fr 08:30-12:00,13:30-17:00; PH off"
    assert submission.base["nom"] == "CCAS de Roubaix"
    assert submission.base_version == place.changed_at.isoformat()
    place.refresh_from_db()
    assert place.telephone == "+33320815757"


def test_correction_moves_a_point_as_a_whole(client, place):
    submission = sent_by(send(client, page_of(place, "corriger"), latitude="50.694"))

    assert submission.proposed == {"latitude": 50.694, "longitude": 3.1742}


def test_correction_of_a_permanence_names_it_and_keeps_what_the_form_does_not_show(client, place):
    first = make_permanence(place, title="Écrivain public", horaires="Tu 09:00-12:00", services=["emploi"])
    second = make_permanence(place, title="Bus", horaires="week 1-53/2 Mo 09:00-12:00")

    submission = sent_by(
        send(
            client,
            page_of(place, "corriger"),
            **{
                "permanences-0-horaires-1-0-de": "",
                "permanences-0-horaires-1-0-a": "",
                "permanences-0-horaires-2-0-de": "9h",
                "permanences-0-horaires-2-0-a": "12:00",
                "permanences-1-gone": "on",
                "permanences-2-title": "Atelier",
                "permanences-2-by_appointment": "oui",
                "permanences-2-langues": ["anglais"],
            },
        )
    )

    held = {"details": "", "host": "", "contact": ""}
    assert submission.base["permanences"] == [
        {"id": first.pk, **first.snapshot()},
        {"id": second.pk, **second.snapshot()},
    ]
    assert submission.proposed == {
        "permanences": [
            {"id": first.pk, **first.snapshot(), "horaires": "We 09:00-12:00"},
            {"title": "Atelier", "horaires": "", "by_appointment": True, "langues": ["anglais"], **held},
        ]
    }


def test_correction_compares_with_what_was_shown_even_when_the_place_changed_meanwhile(client, place):
    fields = opened(client, page_of(place, "corriger"))
    now = Place.objects.get()
    now.telephone = "+33320000009"
    history.save([now], origin=Revision.Origin.ADMIN)

    submission = sent_by(send(client, page_of(place, "corriger"), fields, courriels="nouveau@ccas.example"))

    assert submission.proposed == {"courriels": ["nouveau@ccas.example"]}
    assert submission.base["telephone"] == "+33320815757"
    assert submission.base_version == place.changed_at.isoformat()


def test_correction_keeps_hours_that_the_grid_cannot_say_until_the_grid_is_filled(client):
    place = make_place(horaires="Mo[1] 09:00-12:00")
    address = page_of(place, "corriger")

    assert opened(client, address)["horaires-mots"] == ["Mo[1] 09:00-12:00"]
    assert sent_by(send(client, address, text="?")).proposed == {}
    filled = {"horaires-0-0-de": "9h", "horaires-0-0-a": "12h30"}
    assert sent_by(send(client, address, **filled)).proposed == {"horaires": "Mo 09:00-12:30"}


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("du lundi au vendredi de 9h à 12h", "Mo-Fr 09:00-12:00"),
        ("un lundi sur deux, ça dépend", "un lundi sur deux, ça dépend"),
        ("", ""),
    ],
)
def test_hours_in_words_become_osm_when_they_have_one_meaning(client, place, words, kept):
    blank = {name: "" for name in opened(client, page_of(place, "corriger")) if name.startswith("horaires-")}

    submission = sent_by(send(client, page_of(place, "corriger"), **blank | {"horaires-mots": words}))

    assert submission.proposed == {"horaires": kept}


def test_correction_does_not_blame_the_person_for_what_an_import_left(client):
    place = make_place(telephone="39 49", courriels=["pas une adresse"], site_web=["ftp://vieux"], code_postal="")

    submission = sent_by(send(client, page_of(place, "corriger"), nom="Nouveau nom"))

    assert submission.proposed == {"nom": "Nouveau nom"}


def test_correction_never_takes_a_place_off_the_map_nor_unticks_what_it_does_not_show(client):
    place = make_place(frais_a_charge=["Gratuit"])
    Term.objects.filter(vocabulary="frais_a_charge", slug="gratuit").update(visible=False)
    lexicon.forget()

    answer = send(client, page_of(place, "corriger"), frais_a_charge=["payant"], modalites_acces=["pas-de-public"])

    assert answer.status_code == 422
    submission = sent_by(send(client, page_of(place, "corriger"), frais_a_charge=["payant"]))
    assert submission.proposed == {"frais_a_charge": ["Gratuit", "Payant"]}


# --- the short forms
def test_error_is_ticked_and_said(client, place):
    submission = sent_by(send(client, page_of(place, "signaler"), wrong=["telephone", "horaires"], text="Plus en été"))

    assert (submission.kind, submission.place) == ("error", place)
    assert (submission.wrong, submission.text) == (["telephone", "horaires"], "Plus en été")


def test_error_that_says_nothing_is_asked_again(client, place):
    answer = send(client, page_of(place, "signaler"))

    assert (answer.status_code, problems(answer)) == (422, ["Cochez ce qui est faux, ou dites-le avec vos mots."])


@pytest.mark.parametrize(("form", "kind"), [("ferme", "closed"), ("tout-est-juste", "confirmed")])
def test_closed_and_confirmed_take_one_button(client, place, form, kind):
    submission = sent_by(send(client, page_of(place, form)))

    assert (submission.kind, submission.place, submission.proposed) == (kind, place, {})


def test_problem_with_the_map_remembers_the_page_it_comes_from(client):
    fields = fields_of(
        client.get("/un-probleme/", headers={"referer": "http://testserver/lieux/?q=caf"}).content.decode()
    )

    submission = sent_by(send(client, "/un-probleme/", fields, text="La carte est grise"))

    assert (submission.kind, submission.place) == ("problem", None)
    assert (submission.page, submission.text) == ("http://testserver/lieux/?q=caf", "La carte est grise")


def test_problem_never_repeats_an_address_of_another_site(client):
    fields = fields_of(client.get("/un-probleme/?page=https://mechant.example/").content.decode())

    assert fields["page"] == [""]


@pytest.mark.parametrize("form", ["corriger", "signaler", "ferme", "tout-est-juste"])
def test_forms_are_only_about_what_is_published(client, form):
    draft = make_place(status=Place.Status.DRAFT)

    assert client.get(page_of(draft, form)).status_code == 404
    assert client.post(page_of(draft, form), {"text": "x"}).status_code == 404


# --- where a record is mastered
def test_record_of_a_source_sends_there_with_the_delay_and_keeps_the_local_form(client):
    source = Source.objects.create(
        name="La Coop", update_url="https://coop.example/fiche", update_delay="sous une semaine"
    )
    place = make_place(import_source=source, source_id="x")

    for address in (place.get_absolute_url(), page_of(place, "corriger"), page_of(place, "signaler")):
        html = client.get(address).content.decode()
        assert 'href="https://coop.example/fiche"' in html
        assert "sous une semaine" in html
        assert "«\u00a0La Coop\u00a0»" in html
    assert sent_by(send(client, page_of(place, "corriger"), nom="Autre")).proposed == {"nom": "Autre"}


def test_record_without_a_source_sends_nowhere(client, place):
    assert "Cette fiche vient de" not in client.get(page_of(place, "corriger")).content.decode()


# --- hostile values
def test_hostile_values_are_kept_as_sent_and_shown_as_text(client, place):
    lists = {"wrong": ["telephone"]}
    answers = [
        send(
            client,
            page_of(place, "corriger"),
            nom=HOSTILE,
            adresse=HOSTILE,
            complement_adresse=HOSTILE,
            presentation_resume=HOSTILE,
            presentation_detail=HOSTILE,
            text=HOSTILE,
            **{"horaires-mots": HOSTILE, "permanences-0-title": HOSTILE, "permanences-0-details": HOSTILE},
        ),
        send(client, page_of(place, "signaler"), text=HOSTILE, **lists),
    ]

    for answer in answers:
        submission = sent_by(answer)
        html = client.get(submission.get_absolute_url()).content.decode()
        assert HOSTILE in str(submission.proposed) + submission.text
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "{% widthratio 4321 1 7654 %}" in html
        assert str(4321 * 7654) not in html


@pytest.mark.parametrize(
    "fields",
    [
        {"nom": "a\x00b"},
        {"services": ["nulle-part", "' OR 1=1 --"]},
        {"permanences-TOTAL_FORMS": "9" * 30},
        {"permanences-TOTAL_FORMS": "-1"},
        {"permanences-TOTAL_FORMS": ""},
        {"permanences-INITIAL_FORMS": "5"},
        {"permanences-TOTAL_FORMS": "1000", "permanences-INITIAL_FORMS": "0"},
        {"permanences-0-id": "999"},
        {"latitude": "nan", "longitude": "inf"},
        {"latitude": "9" * 400, "longitude": "1e999"},
        {"latitude": "91", "longitude": "181"},
        {"horaires-0-0-de": "٠٩:٠٠", "horaires-0-0-a": "25:99"},
        {"horaires-0-0-de": "9" * 5000},
        {"stamp": "forgé"},
        {"stamp": ""},
        {"email": "a@b.c\r\nBcc: x@y.z"},
        {"role": "roi"},
        {"text": "x" * 200_000},
        {"kept": "../../etc/passwd"},
    ],
)
def test_hostile_fields_come_back_with_a_sentence_or_are_taken_as_nothing(client, place, fields):
    answer = client.post(page_of(place, "corriger"), a_while_ago(opened(client, page_of(place, "corriger"))) | fields)

    assert answer.status_code in (302, 422)
    if answer.status_code == 422:
        assert problems(answer)
    place.refresh_from_db()
    assert Revision.objects.filter(place=place).count() == 1


def test_permanences_cannot_be_taken_from_another_place(client, place):
    theirs = make_permanence(make_place(), title="Ailleurs")
    mine = make_permanence(place, title="Ici")

    submission = sent_by(
        send(
            client,
            page_of(place, "corriger"),
            **{"permanences-0-id": str(theirs.pk), "permanences-0-title": "Toujours ici"},
        )
    )

    assert [held["id"] for held in submission.proposed["permanences"]] == [mine.pk]


def test_stamp_of_another_place_is_not_believed(client, place):
    other = make_place(nom="Autre")
    fields = opened(client, page_of(other, "corriger"))

    answer = send(client, page_of(place, "corriger"), fields, nom="Autre nom")

    assert (answer.status_code, problems(answer)) == (
        422,
        ["Cette page avait changé. Relisez ce que vous avez écrit, puis renvoyez."],
    )


def test_links_in_texts_are_counted(client):
    submission = sent_by(
        send(client, NEW, nom="Un lieu", text="http://a.fr et https://b.fr", presentation_detail="www.c.fr")
    )

    assert submission.links == 3


def test_good_picture_is_kept_when_the_form_comes_back(client):
    answer = send(client, NEW, nom="", logo=SimpleUploadedFile("logo.png", png(60, 40), "image/png"))
    fields = fields_of(answer.content.decode())

    submission = sent_by(send(client, NEW, fields, nom="Un lieu"))

    assert submission.proposed["logo"].endswith(".jpg")
