"""What was checked of the 106 criteria of the RGAA 4.1, one by one, and how: the content of the declaration page.

A criterion is said to be met only as far as the check named beside it goes; what needs a person with a screen reader
is said to be waiting for the audit. Titles are ours, in short; the reference text is the RGAA itself.
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    MET = "respecté"
    NONE = "sans objet"
    AUDIT = "à confirmer par l’audit"


@dataclass(frozen=True)
class Criterion:
    number: str
    title: str
    verdict: Verdict
    how: str


@dataclass(frozen=True)
class Theme:
    title: str
    criteria: tuple[Criterion, ...]


AXE = "règles automatiques d’axe, sur chaque page et chaque état, à chaque changement"
KEYBOARD = "parcours au clavier seul dans un vrai navigateur, à chaque changement"
PALETTE = "calcul des contrastes de toutes les palettes, à chaque changement"
READ = "relecture du code des pages"
SEEN = "captures d’écran regardées, sur ordinateur et sur téléphone"
NO_MEDIA = "aucun son ni vidéo enregistrés ; « Écouter cette page » lit à voix haute quand on le demande"
NO_CAPTCHA = "aucun test visuel"
MET, NONE, AUDIT = Verdict.MET, Verdict.NONE, Verdict.AUDIT


def _theme(number: int, title: str, *criteria: tuple[str, Verdict, str]) -> Theme:
    return Theme(
        f"{number}. {title}",
        tuple(Criterion(f"{number}.{rank}", *criterion) for rank, criterion in enumerate(criteria, start=1)),
    )


THEMES = (
    _theme(
        1,
        "Images",
        ("Une image qui informe a une alternative", MET, AXE),
        ("Une image de décoration est ignorée", MET, f"{AXE} ; {READ}"),
        (
            "L’alternative dit la même chose que l’image",
            MET,
            f"{READ} : pictogrammes doublés d’un nom, codes QR nommés",
        ),
        ("Un test visuel dit à quoi il sert", NONE, NO_CAPTCHA),
        ("Un test visuel a une autre forme", NONE, NO_CAPTCHA),
        (
            "Une image complexe a une description",
            MET,
            "la liste dit tout ce que dit la carte ; un tableau sous les graphiques",
        ),
        ("La description est juste", MET, "la carte et la liste viennent de la même requête, comparées dans les tests"),
        ("Pas de texte en image", MET, READ),
        ("Une légende est liée à son image", NONE, "aucune image légendée"),
    ),
    _theme(
        2,
        "Cadres",
        ("Un cadre a un titre", MET, AXE),
        ("Le titre du cadre est juste", MET, "un seul cadre, l’aperçu de la carte à intégrer"),
    ),
    _theme(
        3,
        "Couleurs",
        (
            "Rien n’est dit par la couleur seule",
            MET,
            "une forme et un mot par famille et par état ; quatre visions simulées dans les tests",
        ),
        ("Le texte est assez contrasté", MET, f"{PALETTE} : 7 pour 1 au moins (le critère demande 4,5)"),
        ("Les contours et les dessins sont assez contrastés", MET, f"{PALETTE} : 3 pour 1 au moins"),
    ),
    _theme(
        4,
        "Multimédia",
        *(
            (title, NONE, NO_MEDIA)
            for title in (
                "Transcription ou audiodescription",
                "Transcription juste",
                "Sous-titres",
                "Sous-titres justes",
                "Audiodescription",
                "Audiodescription juste",
                "Média identifié",
                "Alternative au média non temporel",
                "Alternative juste",
                "Son déclenché contrôlable",
                "Lecture contrôlable au clavier",
                "Média non temporel contrôlable au clavier",
                "Média compatible avec les aides techniques",
            )
        ),
    ),
    _theme(
        5,
        "Tableaux",
        ("Un tableau complexe a un résumé", NONE, "aucun tableau complexe"),
        ("Le résumé est juste", NONE, "aucun tableau complexe"),
        ("Un tableau de mise en forme se lit dans l’ordre", NONE, "aucun tableau de mise en forme"),
        ("Un tableau de données a un titre", MET, f"{AXE} ; {READ}"),
        ("Ce titre est juste", MET, READ),
        ("Les en-têtes sont déclarés", MET, AXE),
        ("Chaque cellule est liée à ses en-têtes", MET, AXE),
        ("Un tableau de mise en forme n’imite pas les données", NONE, "aucun tableau de mise en forme"),
    ),
    _theme(
        6,
        "Liens",
        ("Un lien dit où il mène", MET, f"{READ} ; le nom du lieu est dans chaque lien répété"),
        ("Un lien a un intitulé", MET, AXE),
    ),
    _theme(
        7,
        "Scripts",
        ("Les scripts parlent aux aides techniques", AUDIT, f"{AXE} ; reste à écouter avec NVDA, JAWS et VoiceOver"),
        (
            "L’alternative d’un script est juste",
            MET,
            "tout se fait sans JavaScript, la carte mise à part, que la liste remplace ; parcouru dans les tests",
        ),
        ("Tout se fait au clavier", MET, KEYBOARD),
        (
            "Rien ne change de contexte sans prévenir",
            MET,
            "les filtres changent les résultats sans quitter la page ni le champ",
        ),
        ("Les messages sont annoncés", AUDIT, "zones de statut présentes et vérifiées ; reste à les écouter"),
    ),
    _theme(
        8,
        "Éléments obligatoires",
        ("Un type de document", MET, READ),
        ("Un code valide", AUDIT, f"{AXE} ; reste à passer au validateur du W3C"),
        ("Une langue par défaut", MET, AXE),
        ("Cette langue est juste", MET, READ),
        ("Un titre de page", MET, AXE),
        ("Ce titre est juste", MET, "il dit la recherche, ou le lieu et sa commune"),
        ("Les changements de langue sont dits", MET, READ),
        ("Le code de langue est juste", MET, READ),
        ("Pas de balise pour la seule présentation", MET, READ),
        (
            "Les changements de sens de lecture sont dits",
            MET,
            f"{READ} : la page en arabe dit son sens, et ce qui y reste en français dit le sien",
        ),
    ),
    _theme(
        9,
        "Structuration",
        ("Des titres qui se suivent", MET, AXE),
        ("Des zones : en-tête, menu, contenu, pied", MET, AXE),
        ("Des listes écrites comme des listes", MET, READ),
        ("Des citations écrites comme des citations", NONE, "aucune citation"),
    ),
    _theme(
        10,
        "Présentation",
        (
            "La présentation est dans les feuilles de style",
            MET,
            "la politique de sécurité interdit tout style dans la page",
        ),
        ("Le contenu reste sans les styles", MET, READ),
        ("Il reste dans le bon ordre", MET, READ),
        ("Le texte se lit agrandi à 200 %", MET, f"{SEEN}, à 200 et à 400 %"),
        ("Couleurs de fond et de texte déclarées ensemble", MET, "palettes dans un seul fichier"),
        ("Un lien se voit dans un texte", MET, "tous les liens sont soulignés"),
        ("Le focus se voit", MET, f"{PALETTE} ; {SEEN}"),
        ("Ce qui est caché l’est pour tous", MET, AXE),
        ("Rien n’est dit par la place ou la forme seule", MET, READ),
        ("L’autre façon de le dire est juste", MET, READ),
        (
            "Rien à défiler de côté à 320 pixels",
            MET,
            "mesuré à 341 et 360 pixels dans les tests ; la carte mise à part, que le critère excepte",
        ),
        ("Le texte peut être espacé", AUDIT, "hauteurs libres dans les styles ; reste à essayer"),
        (
            "Ce qui apparaît au survol peut être gardé",
            AUDIT,
            "la fiche courte vient aussi au focus et s’ouvre ; reste à contrôler Échap",
        ),
        ("Ce qui apparaît par les styles s’atteint au clavier", MET, KEYBOARD),
    ),
    _theme(
        11,
        "Formulaires",
        ("Un champ a une étiquette", MET, AXE),
        ("L’étiquette est juste", MET, READ),
        ("Les mêmes champs ont les mêmes étiquettes", MET, READ),
        ("Étiquette et champ sont côte à côte", MET, SEEN),
        ("Les champs d’une même sorte sont groupés", MET, READ),
        ("Un groupe a une légende", MET, AXE),
        ("Cette légende est juste", MET, READ),
        ("Les choix d’une liste longue sont groupés", NONE, "aucune liste à sortes mêlées"),
        ("Un bouton dit ce qu’il fait", MET, AXE),
        (
            "Une erreur est dite près de son champ",
            MET,
            "phrase liée au champ et résumé en tête, vérifiés dans les tests",
        ),
        ("Une erreur dit comment la corriger", MET, READ),
        (
            "Ce qui engage peut être relu et annulé",
            MET,
            "une proposition est relue par une personne ; rien n’est payé ni signé",
        ),
        ("Les champs personnels se remplissent seuls", MET, READ),
    ),
    _theme(
        12,
        "Navigation",
        ("Deux façons de se déplacer", MET, "un menu et une recherche"),
        ("Le menu est toujours à la même place", MET, READ),
        ("Le plan du site est juste", NONE, "pas de plan : menu et recherche"),
        ("Le plan du site s’atteint de partout", NONE, "pas de plan : menu et recherche"),
        ("La recherche s’atteint de la même façon", MET, "par « Carte et liste », sur chaque page"),
        ("Les zones répétées peuvent être passées", MET, AXE),
        ("Un lien mène au contenu", MET, KEYBOARD),
        ("L’ordre du clavier a un sens", MET, KEYBOARD),
        ("Le clavier n’est jamais pris au piège", MET, KEYBOARD),
        ("Les raccourcis d’une touche se règlent", NONE, "aucun raccourci d’une touche"),
        ("Ce qui s’ouvre au survol s’atteint au clavier", MET, KEYBOARD),
    ),
    _theme(
        13,
        "Consultation",
        ("Aucune limite de temps", MET, "rien n’expire pendant la lecture"),
        ("Aucune fenêtre ne s’ouvre seule", MET, READ),
        ("Les documents à télécharger sont accessibles", NONE, "des données seulement (CSV, JSON, ODS)"),
        ("Leur version accessible est juste", NONE, "des données seulement"),
        ("Un contenu crypté a une alternative", NONE, "aucun"),
        ("Cette alternative est juste", NONE, "aucun"),
        ("Rien ne clignote", MET, READ),
        ("Rien ne bouge sans pouvoir être arrêté", MET, "les animations suivent le réglage du système"),
        ("L’écran peut être tourné", MET, SEEN),
        ("Aucun geste complexe n’est obligatoire", MET, "boutons de zoom, flèches du clavier"),
        ("Un appui peut être annulé", MET, "les actions se font au relâchement"),
        ("Aucun mouvement de l’appareil n’est obligatoire", NONE, "aucun"),
    ),
)


def counted() -> dict[Verdict, int]:
    """How many criteria have each verdict."""
    verdicts = [criterion.verdict for theme in THEMES for criterion in theme.criteria]
    return {verdict: verdicts.count(verdict) for verdict in Verdict}
