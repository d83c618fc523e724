"""What a resident may need, in their words, and the questions of `PlaceFilter` that each need stands for.

Only data lives here: the places are found by the same filters as on the list.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By its charter a France services house helps with the papers of the CAF, taxes, health insurance, pensions, France
# Travail, identity (https://www.france-services.gouv.fr/bouquet-de-services).
FRANCE_SERVICES = "dispositif_programmes_nationaux=france-services"
PAPERWORK = "services=demarches-administratives"
LEARNING = "services=outils-du-quotidien"
COMPUTERS = "services=acces-materiel"


@dataclass(frozen=True)
class Need:
    """One big button, drawn by the symbol `slug` of needs.svg.

    A place fits when it answers one of the questions `asks`; it almost fits when it answers `almost`, and then `unsure`
    says what is not known of it. `call_first` shows the number to call before the places.
    """

    slug: str
    title: Promise
    hint: Promise
    unsure: Promise
    asks: tuple[str, ...]
    almost: str
    call_first: bool = False

    @property
    def subjects(self) -> set[str]:
        """The keys under which it is counted: those of the first of its questions, which is what the button says."""
        return set() if self.call_first else {f"{name}:{slug}" for name, slug in parse_qsl(self.asks[0])}


PAPERS = (
    Need(
        "caf",
        _("CAF"),
        _("RSA, prime d’activité, allocations"),
        _("Ce lieu ne dit pas s’il aide pour la CAF."),
        ("demarches=caf", "dispositif_programmes_nationaux=point-caf", FRANCE_SERVICES),
        PAPERWORK,
    ),
    Need(
        "impots",
        _("Impôts"),
        _("déclarer, payer, une lettre des impôts"),
        _("Ce lieu ne dit pas s’il aide pour les impôts."),
        ("demarches=impots", FRANCE_SERVICES),
        PAPERWORK,
    ),
    Need(
        "sante",
        _("Santé"),
        _("carte Vitale, Ameli, mutuelle"),
        _("Ce lieu ne dit pas s’il aide pour la santé."),
        ("demarches=sante", FRANCE_SERVICES),
        PAPERWORK,
    ),
    Need(
        "papiers",
        _("Papiers d’identité"),
        _("carte d’identité, passeport, titre de séjour"),
        _("Ce lieu ne dit pas s’il aide pour les papiers d’identité."),
        ("demarches=titres&demarches=sejour", FRANCE_SERVICES),
        PAPERWORK,
    ),
    Need(
        "logement",
        _("Logement"),
        _("chercher un logement, payer son loyer"),
        _("Ce lieu ne dit pas s’il aide pour le logement."),
        ("demarches=logement",),
        PAPERWORK,
    ),
    Need(
        "emploi",
        _("Emploi"),
        _("France Travail, chercher un travail, faire un CV"),
        _("Ce lieu ne dit pas s’il aide pour l’emploi."),
        ("demarches=emploi", "services=emploi", FRANCE_SERVICES),
        PAPERWORK,
    ),
    Need(
        "retraite",
        _("Retraite"),
        _("demander sa retraite, une lettre de la caisse"),
        _("Ce lieu ne dit pas s’il aide pour la retraite."),
        ("demarches=retraite", FRANCE_SERVICES),
        PAPERWORK,
    ),
    Need(
        "ecole",
        _("École"),
        _("inscription, cantine, bourse"),
        _("Ce lieu ne dit pas s’il aide pour l’école."),
        ("demarches=ecole",),
        PAPERWORK,
    ),
)
OTHERS = (
    Need(
        "lettre",
        _("Écrire une lettre"),
        _("une personne l’écrit avec moi"),
        _("Ce lieu ne dit pas s’il aide à écrire une lettre."),
        ("themes=ecrivain-public",),
        PAPERWORK,
    ),
    Need(
        "apprendre",
        _("Apprendre"),
        _("l’ordinateur, le téléphone, internet"),
        _("Ce lieu a des ordinateurs, mais ne dit pas s’il apprend à s’en servir."),
        (LEARNING, "ateliers=debutant&ateliers=avance", "services=comprendre&services=se-proteger"),
        COMPUTERS,
    ),
    Need(
        "ordinateur",
        _("Utiliser un ordinateur, imprimer"),
        _("sur place, avec internet"),
        _("Ce lieu ne dit pas s’il prête un ordinateur sur place."),
        (COMPUTERS, "materiel=ordinateur&materiel=imprimante&materiel=scanner&materiel=tablette"),
        LEARNING,
    ),
    Need(
        "pas-cher",
        _("Avoir un ordinateur pas cher"),
        _("acheter, louer ou emprunter"),
        _("Ce lieu ne dit pas s’il vend ou prête des ordinateurs."),
        ("services=acheter-a-petit-prix", "materiel=pret&materiel=location&materiel=vente"),
        COMPUTERS,
    ),
    Need(
        "ecrans",
        _("Un problème avec mes enfants et les écrans"),
        _("jeux vidéo, téléphone, école en ligne"),
        _("Ce lieu ne dit pas s’il aide pour les enfants et les écrans."),
        ("services=parents-enfants", "themes=jeux-video-ecrans&themes=espace-parents"),
        LEARNING,
    ),
    Need(
        "je-ne-sais-pas",
        _("Je ne sais pas"),
        _("quelqu’un m’écoute et m’oriente"),
        _("Ce lieu aide pour certaines choses seulement."),
        (
            FRANCE_SERVICES,
            "services=demarches-administratives&services=outils-du-quotidien&services_op=et",
            "dispositif_programmes_nationaux=conseillers-numeriques",
        ),
        PAPERWORK,
        call_first=True,
    ),
)
NEEDS = {need.slug: need for need in PAPERS + OTHERS}
