"""The visitor's question: ET or OU inside a group, ET between groups, and the same answer everywhere."""

import json
from itertools import combinations

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from places import bitmaps, filters, history
from places.filters import PlaceFilter
from places.models import DataVersion, Place, Revision, Term, Touched
from places.vocabularies import VOCABULARIES, Dispositif, Public, Service
from tests.factories import make_permanence, make_place, make_territory

pytestmark = pytest.mark.django_db
SERVICES = list(Service)


def ask(query: str = "") -> PlaceFilter:
    return PlaceFilter(QueryDict(query))


def answers(query: str = "") -> set[str]:
    return {place.pk for place in ask(query).qs}


def said(query: str) -> str:
    return ask(query).sentence().replace("\u00a0", " ").replace("\u202f", " ")


def counts(query: str, name: str) -> dict[str, int]:
    group = next(group for section in ask(query).sections() for group in section.groups if group.name == name)
    return {option.value: option.count for option in group.options if option.count}


def slug(value: str) -> str:
    return Term.objects.get(value=value).slug


# --- ET and OU


def test_ou_keeps_who_offers_one_and_et_who_offers_all():
    make_place(id="a", services=[Service.ACCES])
    make_place(id="b", services=[Service.ACCES, Service.INSERTION])
    make_place(id="c", services=[Service.LOISIRS])

    query = "services=acces-materiel&services=emploi"

    assert answers(query) == {"a", "b"}
    assert answers(query + "&services_op=ou") == {"a", "b"}
    assert answers(query + "&services_op=et") == {"b"}


def test_groups_combine_with_et():
    make_place(id="a", services=[Service.ACCES], langues=["arabe"])
    make_place(id="b", services=[Service.ACCES])
    make_place(id="c", langues=["arabe"])

    assert answers("services=acces-materiel&langues=arabe") == {"a"}


def test_official_value_and_slug_ask_the_same():
    make_place(id="a", services=[Service.ACCES])

    assert answers("services=Acc%C3%A8s+internet+et+mat%C3%A9riel+informatique") == {"a"}
    assert ask("services=Acc%C3%A8s+internet+et+mat%C3%A9riel+informatique").query == "services=acces-materiel"


@pytest.fixture
def sixty(db):
    """Sixty places whose services are the bits of their number, some without a point."""
    places = [
        Place(
            id=str(number),
            nom=f"Lieu {number}",
            commune="Roubaix",
            services=(number * 37) % 512,
            latitude=None if number % 7 == 0 else 50.69 + number / 10_000,
            longitude=None if number % 7 == 0 else 3.18,
        )
        for number in range(60)
    ]
    history.save(places, origin=Revision.Origin.COMMAND)
    return places


@pytest.mark.parametrize(("one", "other"), list(combinations(SERVICES, 2)))
def test_list_map_and_count_of_every_pair_equal_a_plain_loop(client, sixty, one, other):
    pair = f"services={slug(one)}&services={slug(other)}"

    for operator, fits in (
        ("ou", lambda place: one in place.services or other in place.services),
        ("et", lambda place: one in place.services and other in place.services),
    ):
        expected = {place.pk for place in sixty if fits(place)}
        query = f"{pair}&services_op={operator}"
        page = client.get(f"/lieux/?{query}").context
        drawn = json.loads(client.get(f"/lieux.geojson?{query}").content)

        assert {place.pk for place in page["question"].qs} == expected
        assert page["page"].paginator.count == len(expected)
        on_map = {place.pk for place in sixty if place.pk in expected and place.point}
        assert {feature["properties"]["id"] for feature in drawn["features"]} == on_map
        assert (drawn["total"], drawn["complete"]) == (len(on_map), True)
        assert page["unlocated"] == len(expected) - len(on_map)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_question_equals_a_plain_loop(data):
    """Several groups at once, each with its operator, against sets of words."""
    Place.objects.all().delete()
    bitmaps.forget()
    names = ["services", "langues", "frais_a_charge", "publics_specifiquement_adresses"]
    values = {name: [seed.slug for seed in VOCABULARIES[name].seeds][:6] for name in names}
    held = data.draw(
        st.lists(st.fixed_dictionaries({n: st.sets(st.sampled_from(values[n])) for n in names}), max_size=6)
    )
    asked = data.draw(st.fixed_dictionaries({n: st.sets(st.sampled_from(values[n]), max_size=3) for n in names}))
    together = data.draw(st.fixed_dictionaries({n: st.booleans() for n in names}))
    history.save(
        [Place(id=str(n), nom="Lieu", commune="Roubaix", **terms) for n, terms in enumerate(held)],
        origin=Revision.Origin.COMMAND,
    )

    query = QueryDict(mutable=True)
    for name in names:
        query.setlist(name, asked[name])
        query[f"{name}_op"] = "et" if together[name] else "ou"

    def fits(terms, skip=None):
        for name in names:
            if name == skip or not asked[name] or (name == "publics_specifiquement_adresses" and not terms[name]):
                continue
            if not (terms[name] >= asked[name] if together[name] else terms[name] & asked[name]):
                return False
        return True

    question = PlaceFilter(query)
    assert {place.pk for place in question.qs} == {str(n) for n, terms in enumerate(held) if fits(terms)}
    for group in [group for section in question.sections() for group in section.groups]:
        if group.name not in names:
            continue
        widens = bool(asked[group.name]) and not together[group.name]
        base = [terms for terms in held if fits(terms, skip=group.name if widens else None)]
        for option in group.options:
            if option.value in values[group.name]:
                everybody = group.name == "publics_specifiquement_adresses"
                expected = [t for t in base if option.value in t[group.name] or (everybody and not t[group.name])]
                assert option.count == len(expected), (group.name, option.value)


# --- what counts as offered


def test_place_that_states_no_public_suits_everybody():
    """peers.md 5."""
    make_place(id="all")
    make_place(id="young", publics_specifiquement_adresses=[Public.JEUNES])

    assert answers("publics_specifiquement_adresses=seniors") == {"all"}
    assert counts("", "publics_specifiquement_adresses")["seniors"] == 1


def test_permanence_is_found_at_its_place():
    make_permanence(make_place(id="a"), themes=["ecrivain-public"], langues=["arabe"])
    make_place(id="b")

    assert answers("themes=ecrivain-public&langues=arabe") == {"a"}
    assert counts("", "themes") == {"ecrivain-public": 1}


def test_place_closed_to_the_public_or_not_published_is_never_found():
    make_place(id="shown")
    make_place(id="draft", status="draft")
    make_place(id="archived", status="archived")
    make_place(id="closed", modalites_acces=["pas-de-public"])

    assert answers() == {"shown"}


# --- words


@pytest.mark.parametrize(
    "words",
    [
        "mediatheque",
        "MÉDIATHÈQUE",
        "médiath",
        "la grand plage",
        "grand-plage",
        "rue Motte",
        "59100",
        "imprimante",
        "wifi",
        "demarches",
    ],
)
def test_words_search_name_address_and_offer_whatever_the_accents(words):
    make_place(
        id="a",
        nom="Médiathèque La Grand-Plage",
        adresse="2 rue Pierre Motte",
        services=[Service.DEMARCHES],
        materiel=["imprimante", "wifi"],
    )
    make_place(id="b", nom="Poste", adresse="9 place Verte", code_postal="59200")

    assert answers(f"q={words}") == {"a"}


@pytest.mark.parametrize("words", ["theque", "age", "m%25theque", "m_diatheque"])
def test_words_match_from_their_beginning_and_know_no_wildcard(words):
    make_place(id="a", nom="Médiathèque La Grand-Plage")

    assert answers(f"q={words}") == set()


def test_every_word_must_be_found():
    make_place(id="a", nom="Mairie Nord")
    make_place(id="b", nom="Mairie Sud")

    assert answers("q=mairie+nord") == {"a"}


def test_renamed_term_is_searched_at_once_by_its_new_name():
    make_place(id="a", services=[Service.INSERTION])
    term = Term.objects.get(vocabulary="services", value=Service.INSERTION)
    term.short_label = "Trouver un boulot"
    term.save()

    assert answers("q=boulot") == {"a"}


# --- places


def test_quartier_and_qpv_narrow_by_code():
    make_territory("quartier", "Q1")
    make_territory("qpv", "QP1", next_code="QN1", east=3.175)
    make_place(id="both", longitude=3.172)
    make_place(id="quartier", longitude=3.18)
    make_place(id="out", longitude=3.5)

    assert answers("quartier=Q1") == {"both", "quartier"}
    assert answers("qpv=QP1") == answers("qpv=QN1") == answers("qpv=oui") == {"both"}


# --- what means nothing


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ("services=zzz&services=emploi", ["zzz"]),
        ("services=emploi&services_op=xor", ["xor"]),
        ("services=emploi&qpv=QP999", ["QP999"]),
        ("services=emploi&quartier=oui", ["oui"]),
        ("services=emploi&q=!!!", ["!!!"]),
    ],
)
def test_unknown_value_is_dropped_and_said_and_the_rest_stays(client, query, ignored):
    """peers.md 4: one unknown value must not empty the filter."""
    make_place(id="a", services=[Service.INSERTION])
    make_place(id="b", services=[Service.ACCES])

    response = client.get(f"/lieux/?{query}")

    assert {place.pk for place in response.context["question"].qs} == {"a"}
    assert response.context["question"].ignored == ignored
    assert "laissé de côté" in response.content.decode()


def test_unknown_parameter_is_nobodys_business():
    assert ask("utm_source=x").ignored == []


# --- the sentence, the chips


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "Tous les lieux"),
        ("services=emploi", "Lieux qui proposent : Chercher un emploi avec internet"),
        (
            "services=emploi&services=acces-materiel",
            "Lieux qui proposent l’un ou l’autre de : Chercher un emploi avec internet ou "
            "Ordinateur, wifi, imprimante sur place",
        ),
        (
            "services=emploi&services=demarches-administratives&services_op=et&langues=arabe",
            "Lieux qui proposent à la fois : Aide aux démarches et Chercher un emploi avec internet ; et "
            "où l’on parle : Arabe",
        ),
        ("qpv=oui", "Lieux dans un quartier prioritaire (QPV)"),
        ("q=poste&frais_a_charge=gratuit", "Lieux au tarif : Gratuit ; et avec les mots « poste »"),
    ],
)
def test_sentence_says_the_question_in_plain_french(query, sentence):
    assert said(query) == sentence


def test_chip_leads_to_the_same_question_without_it():
    question = ask("q=poste&services=emploi&services=acces-materiel&services_op=et&qpv=oui")

    assert [(chip.label.replace("\u00a0", " "), chip.without) for chip in question.chips()] == [
        ("« poste »", "services=emploi&services=acces-materiel&services_op=et&qpv=oui"),
        ("Chercher un emploi avec internet", "q=poste&services=acces-materiel&services_op=et&qpv=oui"),
        ("Ordinateur, wifi, imprimante sur place", "q=poste&services=emploi&services_op=et&qpv=oui"),
        ("dans un quartier prioritaire (QPV)", "q=poste&services=emploi&services=acces-materiel&services_op=et"),
    ]


def test_label_and_order_of_the_city_are_on_the_page_at_once(client):
    term = Term.objects.get(vocabulary="services", value=Service.LOISIRS)
    term.label, term.order = "Lieux pour bidouiller", 1
    term.save()

    group = client.get("/lieux/").context["sections"][0].groups[0]

    assert group.options[0].label == "Lieux pour bidouiller"


def test_hidden_term_is_offered_no_more_but_an_old_link_still_works(client):
    make_place(id="a", dispositif_programmes_nationaux=[Dispositif.PIX])
    term = Term.objects.get(value=Dispositif.PIX)
    term.visible = False
    term.save()

    assert "pix" not in counts("", "dispositif_programmes_nationaux")
    assert answers("dispositif_programmes_nationaux=pix") == {"a"}


def test_term_renamed_by_another_process_is_read_again(client):
    """The lexicon is kept in memory; the version of the data says when it is old."""
    client.get("/lieux/")
    Term.objects.filter(vocabulary="services", value=Service.LOISIRS).update(label="Lieux pour bidouiller")
    DataVersion.objects.advance()

    assert "Lieux pour bidouiller" in client.get("/lieux/").content.decode()


def test_wider_questions_are_those_that_find_something_the_widest_first():
    make_place(services=["emploi"], langues=["turc"])
    make_place(services=["emploi"], langues=["turc"])
    make_place(demarches=["caf"], langues=["turc"])
    question = ask("services=emploi&demarches=caf&frais_a_charge=payant&frais_a_charge_op=et")
    assert question.wider() == [], "without any one of them, nothing is found either"

    question = ask("services=emploi&demarches=caf&langues=turc")

    assert [(chip.without, number) for chip, number in question.wider()] == [
        ("services=emploi&langues=turc", 2),
        ("demarches=caf&langues=turc", 1),
    ]


def test_every_list_is_asked_in_one_section_in_the_order_of_real_questions():
    sections = ask().sections()

    assert [section.title for section in sections] == [
        "De quelle aide\u202f?",
        "Pour qui\u202f?",
        "Dans quelle langue\u202f?",
        "Quand\u202f?",
        "Où\u202f?",
        "À quelles conditions\u202f?",
        "Quel label\u202f?",
    ]
    assert sorted(group.name for section in sections for group in section.groups) == sorted(VOCABULARIES)
    assert [section.name for section in sections if section.opened] == ["aide"]


def test_section_that_was_answered_opens_and_says_how_many_choices():
    make_territory("quartier", "Q1")
    sections = {section.name: section for section in ask("quartier=Q1&itinerance=fixe&langues=turc").sections()}

    assert {name: section.chosen for name, section in sections.items() if section.opened} == {
        "aide": 0,
        "langue": 1,
        "lieu": 2,
    }


def test_counts_take_no_question_of_the_base_until_the_data_changes(client, django_assert_num_queries):
    make_place(langues=["anglais"])
    make_place(langues=["arabe"], latitude=None, longitude=None)
    told = []

    for added in (0, 1):
        for _n in range(added):
            make_place(langues=["anglais"], latitude=None, longitude=None)
        for _asked in range(2):
            question = client.get("/lieux/", {"langues": ["anglais"]}).context["question"]
        again = PlaceFilter(QueryDict("langues=arabe"))
        with django_assert_num_queries(0):
            told.append((question.total, question.unlocated, again.total, again.unlocated, counts("", "langues")))

    assert told == [
        (1, 0, 1, 1, {"anglais": 1, "arabe": 1}),
        (2, 1, 1, 1, {"anglais": 2, "arabe": 1}),
    ]


def test_after_a_change_only_the_places_that_it_touched_are_read_again():
    """What another process wrote is told by the version of the data; here, that the others were not read is shown."""
    here, _there = make_place(id="a", langues=["turc"]), make_place(id="b", langues=["turc"])
    assert counts("", "langues") == {"turc": 2}

    Place.objects.all().update(status=Place.Status.DRAFT)
    DataVersion.objects.advance()
    bitmaps.follow(Touched.objects.touch([here.number]))

    assert counts("", "langues") == {"turc": 1}
    bitmaps.forget()
    assert counts("", "langues") == {}


def test_more_answers_than_can_be_ranked_are_all_there_in_no_order_and_the_page_says_so(client, monkeypatch):
    for name in ("Atelier du lac", "Le lac", "Lac et forêt"):
        make_place(nom=name)
    ranked = client.get("/lieux/?q=lac")
    monkeypatch.setattr(filters, "MOST_RANKED", 2)

    crowded = client.get("/lieux/?q=lac")

    names = [[card.place.nom for card in page.context["cards"]] for page in (ranked, crowded)]
    assert names[0] == ["Lac et forêt", "Atelier du lac", "Le lac"]
    assert sorted(names[1]) == sorted(names[0])
    assert ["sans ordre" in page.content.decode() for page in (ranked, crowded)] == [False, True]
