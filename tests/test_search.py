"""The search box: what it understands, what it finds, in which order, and why."""

from bisect import bisect_left

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import example, given, settings
from hypothesis import strategies as st

from places import bitmaps, history, lexicon, rights
from places.filters import EXACTLY, PlaceFilter
from places.models import DataVersion, KnownWord, Place, Revision, Synonym
from places.models.synonym import FIXTURE
from places.text import fold, words_of
from places.understanding import Knowledge, Meaning, key, near_words, split, understand
from places.vocabularies import VOCABULARIES, Service
from places.why import find
from tests.factories import make_permanence, make_place

SCRIPT = "<script>alert(1)</script>"


def ask(query: str = "") -> PlaceFilter:
    return PlaceFilter(QueryDict(query))


def found(words: str, more: str = "") -> list[str]:
    question = QueryDict(mutable=True)
    question["q"] = words
    question.update(QueryDict(more))
    return [place.pk for place in PlaceFilter(question).in_order]


def why(client, words: str) -> str:
    """What the first row says of why it was found, spaces made plain."""
    text = client.get("/lieux/", {"q": words}).context["cards"][0].why
    return " / ".join(
        f"{reason.typed} → {reason.led_to}" if reason.led_to else f"{reason.where} {reason.found}" for reason in text
    )


# --- words, before any database


def knowing(*words: str, phrases=(), names=()) -> Knowledge:
    """Know these words of places, these expressions, and nothing else."""
    known = sorted(map(fold, words))
    meanings = {key(phrase): Meaning(phrase, others=("autre",)) for phrase in phrases}
    ours = {folded: shown for phrase in phrases for folded, shown in words_of(phrase)}
    shown = dict(pair for word in words for pair in words_of(word)) | ours

    def begun(word: str) -> bool:
        everything = sorted([*known, *ours])
        place = bisect_left(everything, word)
        return place < len(everything) and everything[place].startswith(word)

    return Knowledge(
        phrases=meanings,
        named=lambda text, whole: (),
        begun=begun,
        whole=lambda word: word in known or word in ours,
        candidates=lambda: [*shown],
        ours=ours.__contains__,
        stands=lambda word: word not in names,
        shown=shown.__getitem__,
    )


def test_split_takes_the_longest_phrase_first_and_plurals_as_one():
    phrases = {key(text): Meaning(text) for text in ("carte", "carte grise", "mot de passe")}

    assert list(split(fold("ma carte grise et mes Mots de Passe").split(), phrases)) == [
        ("ma",),
        ("carte", "grise"),
        ("et",),
        ("mes",),
        ("mots", "de", "passe"),
    ]


@pytest.mark.parametrize("typed", ["grize", "gris e", "GRISE", "grises", "grisse"])
def test_phrase_is_understood_through_its_typing_errors(typed):
    known = knowing("mairie", phrases=["carte grise"])

    understood = understand(f"carte {typed}".replace("gris e", "grsie"), known)

    assert [unit.texts[0] for unit in understood.units] == [fold(understood.sentence)]
    assert key(understood.sentence) == ("carte", "grise")


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("imprimente", "imprimante"),  # another letter
        ("imprimnate", "imprimante"),  # two letters exchanged
        ("imprmnte", "imprimante"),  # two missing in a long word
        ("mediateque", "médiathèque"),
        ("scaner", "scanner"),
        ("imprim", "imprim"),  # the beginning of a word is no error
        ("imprimantes", "imprimantes"),  # nor is its plural
        ("cfa", "cfa"),  # too short to be sure
        ("59101", "59101"),  # a number is another one
        ("zzzzzz", "zzzzzz"),
        ("ocnanr", "ocnanr"),  # more than one in a short word
    ],
)
def test_typing_errors_are_put_right_when_the_word_is_close_to_one_that_is_known(typed, understood):
    known = knowing("imprimante", "Médiathèque", "scanner", "CAF", "59100")

    result = understand(typed, known)

    assert (result.sentence, result.corrected) == (understood, typed != understood)
    assert understand(typed, known, exactly=True).sentence == typed


def test_word_of_our_lists_is_proposed_before_another_as_close():
    assert near_words("carze", ["carre", "carte"], {"carte"}.__contains__) == ["carte", "carre"]


def test_word_that_no_public_place_says_is_never_proposed():
    known = knowing("dupont", "dupond", names=("dupond",))

    assert understand("duponx", known).sentence == "dupont"


@pytest.mark.parametrize(
    ("sentence", "sought"),
    [
        ("je cherche une imprimante pour ma fille", ["cherche", "imprimante", "fille"]),
        ("l’Épeule", ["epeule"]),
        ("à la", ["a", "la"]),  # nothing else to go by
        ("", []),
    ],
)
def test_small_words_count_only_when_there_is_nothing_else(sentence, sought):
    known = knowing("imprimante", "cherche", "fille", "épeule")

    assert [unit.texts[0] for unit in understand(sentence, known).units] == sought


def test_short_word_that_is_known_is_no_beginning_of_another():
    known = knowing("entrée", phrases=["ENT", "école"])

    short, long = understand("ent école", known).units

    assert (short.sought("ent"), long.sought("ecole")) == (" ent ", " ecole")


@settings(max_examples=200, deadline=None)
@given(sentence=st.text(max_size=60))
@example("\x00")
@example("ﬃ ½ Ⅳ ")
@example('" OR * NEAR(')
def test_any_text_is_understood_without_failing(sentence):
    known = knowing("imprimante", "médiathèque", phrases=["carte grise"])

    for unit in understand(sentence, known).units:
        assert fold(unit.texts[0]) == unit.texts[0]


@pytest.mark.parametrize(
    ("words", "whole", "expected"),
    [
        ("ecrivain pub", False, "Écrivain public"),
        ("ecrivain pub", True, None),
        ("coeur", False, "cœur"),
        ("mardi", False, "mardi"),
        ("rdi", False, None),
    ],
)
def test_find_gives_the_words_as_they_are_written(words, whole, expected):
    text = "Aide : l’Écrivain public, le mardi, au cœur du Pile"

    span = find(text, words, whole=whole)

    assert (text[slice(*span)] if span else None) == expected


# --- the expressions that are shipped


@pytest.mark.django_db
def test_every_shipped_expression_stands_for_terms_that_exist():
    synonyms = Synonym.objects.all()

    assert len(synonyms) > 220
    assert {s.expression for s in synonyms if len(s.entries) != len(s.terms)} == set()
    lines = FIXTURE.read_text(encoding="utf-8").splitlines()[1:]
    assert len(lines) == len(synonyms)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("RSA", {"demarches": ["caf"]}),
        ("ma prime d'activité", {"demarches": ["caf"]}),
        ("impots", {"demarches": ["impots"]}),
        ("carte grise", {"demarches": ["vehicule"]}),
        ("cartegrise", {"demarches": ["vehicule"]}),
        ("mot de passe", {"services": [Service.UTILISATION_SECURISEE]}),
        ("mots de passe oubliés", {"services": [Service.UTILISATION_SECURISEE]}),
        ("Ameli", {"demarches": ["sante"]}),
        ("écrivain public", {"themes": ["ecrivain-public"]}),
        ("besoin d’aide pour une demande de titre de séjour", {"demarches": ["sejour"]}),
        ("Pôle emploi", {"demarches": ["emploi"]}),
        ("photocopie", {"materiel": ["imprimante"]}),
        ("ordinateur pas cher", {"services": [Service.ACQUISITION]}),
        ("whatsap", {"services": [Service.OUTILS_DU_QUOTIDIEN]}),
        ("sourds", {"prise_en_charge_specifique": ["surdite"]}),
        ("kabyle", {"langues": ["berbere"]}),
    ],
)
def test_words_of_the_public_find_what_is_offered(words, given):
    make_place(id="a", nom="Lieu Un", **given)
    make_place(id="b", nom="Lieu Deux")

    assert found(words) == ["a"]


@pytest.mark.django_db
def test_other_words_find_the_places_that_say_them():
    make_place(id="a", nom="Médiathèque La Grand-Plage")

    assert found("bibliothèque") == ["a"]


@pytest.mark.django_db
def test_city_that_has_its_own_expressions_keeps_them():
    Synonym.objects.exclude(key="rsa").delete()

    assert Synonym.objects.complete() == 0
    assert [synonym.expression for synonym in Synonym.objects.all()] == ["RSA"]


@pytest.mark.django_db
def test_database_without_any_is_given_those_of_the_release():
    Synonym.objects.all().delete()
    before = DataVersion.objects.current()

    assert Synonym.objects.complete() == Synonym.objects.count() > 220
    assert DataVersion.objects.current() > before


# --- what is found, in which order


@pytest.mark.django_db
def test_best_matches_come_first():
    """Name begins, name holds, offered, address, text, offered in general; then the order of the list."""
    make_place(id="text", nom="Alpha", presentation_detail="Le café numérique du mardi", adresse="1 rue A")
    make_place(id="address", nom="Bravo", adresse="2 rue du Café")
    make_place(id="offered", nom="Charlie", adresse="3 rue C", demarches=["caf"])
    make_place(id="holds-2", nom="Le Café d’en face", adresse="4 rue D")
    make_place(id="holds-1", nom="Au Café du coin", adresse="5 rue E")
    make_place(id="longer", nom="Cafétéria solidaire", adresse="6 rue F")
    make_place(id="begins", nom="Café des parents", adresse="7 rue G")
    make_place(id="wide", nom="Delta", adresse="8 rue H", services=[Service.DEMARCHES])
    synonym = Synonym.objects.create(expression="café", terms=["demarches:caf", "services:demarches-administratives"])

    assert found("café") == ["begins", "longer", "holds-1", "holds-2", "offered", "address", "text", "wide"]
    synonym.delete()
    assert found("café") == ["begins", "longer", "holds-1", "holds-2", "address", "text"]


@pytest.mark.django_db
def test_short_expression_finds_no_longer_word():
    make_place(id="cafe", nom="Café des parents")
    make_place(id="caf", nom="Point d’accueil CAF")
    make_place(id="offered", nom="Lieu", demarches=["caf"])

    assert found("caf") == ["caf", "offered"]


@pytest.mark.django_db
def test_every_page_of_the_results_follows_the_one_before(client):
    for number in range(45):
        make_place(id=str(number), nom=f"Maison {number % 3}", presentation_resume="école" if number % 2 else "")

    pages = [client.get("/lieux/", {"q": "maison", "page": page}).context["page"] for page in (1, 2, 3)]

    given = [place.pk for page in pages for place in page]
    assert given == found("maison")
    assert sorted(given, key=int) == [str(number) for number in range(45)]


@pytest.mark.django_db
def test_order_composes_with_another_one():
    make_place(id="far", nom="Mairie", latitude=50.9)
    make_place(id="near", nom="Lieu", adresse="1 place de la Mairie", latitude=50.1)

    places = ask("q=mairie").in_order

    assert [place.pk for place in places] == ["far", "near"]
    assert [place.pk for place in places.order_by("latitude", "match", "slug")] == ["near", "far"]


@pytest.mark.django_db
def test_text_of_a_permanence_is_searched():
    make_permanence(make_place(id="a"), title="Bus du numérique", details="Devant l’église Saint-Joseph")

    assert found("saint joseph") == ["a"]


@pytest.mark.django_db
def test_endless_text_is_kept_and_found():
    """A base has limits: on a word, and on the words of a text."""
    many = " ".join(f"mot{number}{'x' * 70}" for number in range(20_000))
    long_word, long_text = make_place(presentation_detail="y" * 40_000), make_place(presentation_detail=many)

    assert found("yyyyy") == found("y" * 90) == [long_word.pk]
    assert found(f"mot42{'x' * 70}") == [long_text.pk]


@pytest.mark.django_db
def test_place_that_changes_its_name_is_found_by_the_new_one_only():
    place = make_place(id="a", nom="Maison Rouge")
    place.nom = "Maison Verte"
    history.save([place], origin=Revision.Origin.COMMAND)

    assert (found("verte"), found("rouge")) == (["a"], [])


@pytest.mark.django_db
def test_phrase_is_not_found_across_the_name_and_the_address():
    Synonym.objects.create(expression="soleil rue", others=["rien de tel"])
    make_place(id="a", nom="Maison du Soleil", adresse="rue Verte")

    assert found("soleil rue") == []


@pytest.mark.django_db
def test_draft_is_neither_found_nor_proposed():
    make_place(id="a", nom="Xylophone", status="draft")

    assert found("xylophone") == []
    assert ask("q=xylophonne").said.sentence == "xylophonne"


@pytest.mark.django_db
def test_places_written_before_the_index_of_words_are_put_in_it():
    make_place(id="a", nom="Xylophone")
    Place.objects.update(number=0, search_text=" xylophone")
    KnownWord.objects.all().delete()

    assert history.derive_anew() == 1
    assert history.derive_anew() == 0
    assert found("xylophonne") == ["a"]


WORDS = ["mairie", "mediatheque", "rue", "verte", "caf", "cafe", "ecole", "soleil", "imprimante", "impr", "ver", "le"]
OFFERED = {
    "services": ["demarches-administratives"],
    "demarches": ["caf", "ecole"],
    "materiel": ["imprimante", "wifi"],
    "langues": ["arabe"],
}


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@given(
    held=st.lists(
        st.fixed_dictionaries(
            {
                "nom": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
                "adresse": st.lists(st.sampled_from(WORDS), max_size=2).map(" ".join),
                "presentation_resume": st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join),
                **{name: st.sets(st.sampled_from(slugs)) for name, slugs in OFFERED.items()},
            }
        ),
        max_size=6,
    ),
    asked=st.lists(st.sampled_from([*WORDS, "wifi", "rsa", "arabe"]), min_size=1, max_size=3, unique=True),
    ticked=st.sets(st.sampled_from(OFFERED["materiel"])),
)
def test_words_order_and_counts_equal_a_plain_loop(held, asked, ticked):
    Place.objects.all().delete()
    bitmaps.forget()
    places = [Place(id=str(n), commune="Lille", **given) for n, given in enumerate(held)]
    history.save(places, origin=Revision.Origin.COMMAND)
    query = QueryDict(mutable=True)
    query["q"], query[EXACTLY] = " ".join(asked), "oui"
    query.setlist("materiel", sorted(ticked))
    sought = [word for word in asked if word != "le"] or asked

    def level(place, word):
        meaning = next((s for s in Synonym.objects.filter(key=" ".join(key(word)))), None)
        whole = meaning is not None and len(word) <= 3
        others = [fold(other) for other in meaning.others] if meaning else []
        texts = [word, *others]
        terms = {entry for s in [meaning] if s for entry in s.entries}
        wide = {entry for entry in terms if entry.vocabulary == "services"}
        terms, wide = (terms - wide, wide) if terms - wide else (terms, set())
        if meaning is None and len(word) > 3:
            begun = [s for s in Synonym.objects.all() if " " not in s.key and s.key.startswith(word)]
            for expression in begun:
                narrow = {entry for entry in expression.entries if entry.vocabulary != "services"}
                terms |= narrow or {*expression.entries}
        for entry in lexicon.edition():
            if any(said == word if whole else said.startswith(word) for said in entry.searched.split()):
                terms.add(entry)

        def says(text):
            words = fold(text).split()
            return any(w == word if whole else w.startswith(word) for w in words) or any(
                f" {other}" in f" {' '.join(words)}" for other in others
            )

        name = place.nom.split()
        if any(name[0] == text for text in texts):
            return 0
        if name[0].startswith(word) and not whole:
            return 1
        if says(place.nom):
            return 2
        if any(entry in getattr(place, VOCABULARIES[entry.vocabulary].column) for entry in terms):
            return 3
        if says(f"{place.adresse} lille"):
            return 4
        if says(place.presentation_resume):
            return 5
        return 6 if any(entry in getattr(place, VOCABULARIES[entry.vocabulary].column) for entry in wide) else None

    def fits(place, *, skip=False):
        if not skip and ticked and not any(slug in place.materiel for slug in ticked):
            return False
        return all(level(place, word) is not None for word in sought)

    expected = sorted(
        (place for place in Place.objects.all() if fits(place)),
        key=lambda place: (sum(level(place, word) for word in sought), place.slug),
    )
    question = PlaceFilter(query)
    assert [place.pk for place in question.in_order] == [place.pk for place in expected]
    counts = {
        group.name: {o.value: o.count for o in group.options} for part in question.sections() for group in part.groups
    }
    for name in OFFERED:
        base = [place for place in Place.objects.all() if fits(place, skip=name == "materiel")]
        for slug in OFFERED[name]:
            assert counts[name][slug] == sum(slug in getattr(place, name) for place in base)


# --- the page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "given", "reason"),
    [
        ("rsa", {"demarches": ["caf"]}, "RSA → CAF : allocations, RSA, prime d’activité"),
        ("carte grise", {"services": [Service.DEMARCHES]}, "carte grise → Aide aux démarches"),
        ("wifi", {"materiel": ["wifi"]}, "wifi → Wifi"),
        ("bibliothèque", {"nom": "Médiathèque Un"}, "bibliothèque → médiathèque"),
        ("voisins", {"presentation_resume": "Entre voisins"}, "Trouvé dans la présentation : voisins"),
        ("pile", {"structure_parente": "Comité du Pile"}, "Trouvé dans la structure : Pile"),
        ("lieu", {}, ""),
        ("gare", {"adresse": "1 rue de la Gare"}, ""),
        ("lieu voisins", {"presentation_resume": "Entre voisins"}, "Trouvé dans la présentation : voisins"),
    ],
)
def test_row_says_why_it_was_found_unless_it_is_evident(client, words, given, reason):
    make_place(**{"nom": "Lieu Un"} | given)

    assert why(client, words).replace("\u00a0", " ").replace("\u202f", " ") == reason


@pytest.mark.django_db
def test_reason_is_on_the_page_with_its_words_marked_and_nothing_of_it_runs(client):
    make_place(nom="Lieu", presentation_resume=f"{SCRIPT} entre voisins")

    page = client.get("/lieux/", {"q": "voisins"}).text

    assert "<mark>voisins</mark>" in page
    assert SCRIPT not in page


@pytest.mark.django_db
def test_page_says_what_it_understood_and_leads_to_what_was_typed(client):
    make_place(id="a", materiel=["imprimante"])

    answer = client.get("/lieux/", {"q": "imprimente", "langues": "arabe"})

    assert "Résultats pour «\u00a0imprimante\u00a0»" in answer.text
    assert "?q=imprimente&amp;exact=oui&amp;langues=arabe" in answer.text or (
        "?q=imprimente&amp;langues=arabe&amp;exact=oui" in answer.text
    )
    exact = client.get("/lieux/", {"q": "imprimente", "exact": "oui"})
    assert "Résultats pour" not in exact.text
    assert exact.context["page"].paginator.count == 0
    assert '<input type="hidden" name="exact" value="oui" form="filtres">' in exact.text, (
        "a filter ticked next keeps it"
    )
    assert 'href="/lieux/?q=imprimente" data-question>Pardonner les fautes de frappe' in exact.text


@pytest.mark.django_db
def test_typed_markup_is_shown_as_text(client):
    make_place(materiel=["imprimante"])

    page = client.get("/lieux/", {"q": f"imprimente {SCRIPT}"}).text

    assert SCRIPT not in page
    assert "Chercher «" in page


@pytest.mark.django_db
def test_every_answer_follows_what_was_understood(client):
    make_place(id="a", nom="Lieu A", materiel=["imprimante"])
    make_place(id="b", nom="Lieu B")

    drawn = client.get("/lieux.geojson", {"q": "imprimente"}).json()
    listed = client.get("/api/v1/places", {"q": "imprimente"}).json()
    feed = client.get("/lieux.atom", {"q": "imprimente"}).text

    assert [feature["properties"]["id"] for feature in drawn["features"]] == ["a"]
    assert [place["id"] for place in listed["places"]] == ["a"]
    assert "Lieu A" in feed
    assert "Lieu B" not in feed


@pytest.mark.django_db
def test_page_asks_as_many_questions_of_the_base_whatever_the_number_of_places(client):
    def queries() -> int:
        client.get("/lieux/", {"q": "voisins"})
        with CaptureQueriesContext(connection) as asked:
            client.get("/lieux/", {"q": "voisins"})
        return len(asked)

    for number in range(3):
        make_place(id=f"a{number}", presentation_resume="Entre voisins")
    few = queries()
    for number in range(12):
        make_place(id=f"b{number}", presentation_resume="Entre voisins")

    assert queries() == few


# --- the desk


@pytest.fixture
def moderator(client):
    """A browser in which a moderator, with the rights of that group alone, has signed in."""
    agent = User.objects.create_user("samira", password="long-enough-1", is_staff=True)
    agent.groups.add(Group.objects.get(name=rights.MODERATOR))
    client.force_login(agent)
    return client


@pytest.mark.django_db
def test_expression_added_at_the_desk_is_understood_at_the_next_question(moderator):
    make_place(id="a", nom="Lieu A", materiel=["imprimante"])
    assert found("bidulotron") == []

    answer = moderator.post(
        reverse("admin:places_synonym_add"),
        {"expression": "Bidulotron", "terms": ["materiel:imprimante"], "others": ""},
    )

    assert answer.status_code == 302, answer.context["errors"]
    assert found("bidulotrons") == ["a"]
    synonym = Synonym.objects.get(key="bidulotron")
    moderator.post(reverse("admin:places_synonym_delete", args=[synonym.pk]), {"post": "yes"})
    assert found("bidulotron") == []


@pytest.mark.django_db
def test_expressions_deleted_together_are_forgotten_too(moderator):
    make_place(id="a", nom="Lieu A", materiel=["imprimante"])
    synonym = Synonym.objects.create(expression="bidulotron", terms=["materiel:imprimante"])
    assert found("bidulotron") == ["a"]

    moderator.post(
        reverse("admin:places_synonym_changelist"),
        {"action": "delete_selected", "_selected_action": [synonym.pk], "post": "yes"},
    )

    assert found("bidulotron") == []


@pytest.mark.django_db
def test_expression_changed_by_another_process_is_read_again(client):
    make_place(id="a", nom="Lieu A", materiel=["imprimante"])
    client.get("/lieux/", {"q": "bidulotron"})
    Synonym.objects.bulk_create([Synonym(expression="Bidulotron", key="bidulotron", terms=["materiel:imprimante"])])
    DataVersion.objects.advance()

    page = client.get("/lieux/", {"q": "bidulotron"}).context["page"]

    assert [place.pk for place in page] == ["a"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("expression", "terms", "error"),
    [
        ("Cartes  Grises", [], "est déjà dans la liste"),
        ("!!!", [], "Au moins une lettre"),
        ("", [], "obligatoire"),
        ("bidule", ["materiel:rien"], "Sélectionnez un choix valide"),
        ("x" * 81, [], "80"),
    ],
)
def test_expression_that_cannot_be_kept_is_refused_in_words(moderator, expression, terms, error):
    before = Synonym.objects.count()

    answer = moderator.post(
        reverse("admin:places_synonym_add"), {"expression": expression, "terms": terms, "others": ""}
    )

    assert error in str(answer.context["adminform"].errors)
    assert Synonym.objects.count() == before


@pytest.mark.django_db
def test_term_that_no_longer_exists_is_left_out(moderator):
    synonym = Synonym.objects.create(expression="bidule", terms=["materiel:parti", "materiel:wifi"])

    assert [entry.slug for entry in synonym.entries] == ["wifi"]
    assert moderator.get(reverse("admin:places_synonym_changelist")).status_code == 200


@pytest.mark.django_db
@settings(max_examples=150, deadline=None)
@given(words=st.text(max_size=130))
@example('" OR "')
@example("NEAR(a b) AND ^c* {text} : -d")
@example("%_\\ '; DROP TABLE place_words; --")
@example("a" * 120)
@example("é" * 120)
def test_any_words_are_answered(words):
    if not Place.objects.exists():
        make_place(id="a")

    assert set(found(words)) <= {"a"}
