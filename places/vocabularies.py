"""The closed lists of the national schema 1.0.2, the city's own lists, and the words the public reads for them.

The official texts are those of the schema "Lieux de médiation numérique" (LaMednum/standard-mediation-num, schema.json
1.0.2), slips included; the position of a member is its bit for ever, so lists are only appended to.
"""

from dataclasses import dataclass
from enum import StrEnum


class Service(StrEnum):
    DEMARCHES = "Aide aux démarches administratives"
    OUTILS_DU_QUOTIDIEN = "Maîtrise des outils numériques du quotidien"
    INSERTION = "Insertion professionnelle via le numérique"
    UTILISATION_SECURISEE = "Utilisation sécurisée du numérique"
    PARENTALITE = "Parentalité et éducation avec le numérique"
    LOISIRS = "Loisirs et créations numériques"
    COMPREHENSION = "Compréhension du monde numérique"
    ACCES = "Accès internet et matériel informatique"
    ACQUISITION = "Acquisition de matériel informatique à prix solidaire"


class Public(StrEnum):
    JEUNES = "Jeunes"
    ETUDIANTS = "Étudiants"
    FAMILLES = "Familles et/ou enfants"
    SENIORS = "Seniors"
    FEMMES = "Femmes"


class PriseEnCharge(StrEnum):
    SURDITE = "Surdité"
    HANDICAPS_MOTEURS = "Handicaps moteurs"
    HANDICAPS_MENTAUX = "Handicaps mentaux"
    ILLETTRISME = "Illettrisme"
    LANGUES_ANGLAIS = "Langues étrangères (anglais)"
    LANGUES_AUTRES = "Langues étrangères (autres)"
    DEFICIENCE_VISUELLE = "Déficience visuelle"


class FraisACharge(StrEnum):
    GRATUIT = "Gratuit"
    GRATUIT_SOUS_CONDITION = "Gratuit sous condition"
    PAYANT = "Payant"


class Itinerance(StrEnum):
    ITINERANT = "Itinérant"
    FIXE = "Fixe"


class Dispositif(StrEnum):
    AIDANTS_CONNECT = "Aidants Connect"
    BIBLIOTHEQUES = "Bibliothèques numérique de référence"
    PIX = "Certification PIX"
    CONSEILLERS_NUMERIQUES = "Conseillers numériques"
    EMMAUS_CONNECT = "Emmaüs Connect"
    FRANCE_SERVICES = "France Services"
    GRANDE_ECOLE = "Grande école du numérique"
    CROIX_ROUGE = "La Croix Rouge"
    POINT_CAF = "Point d'accès numérique CAF"
    PROMENEURS = "Promeneurs du net"
    RELAIS = "Relais numérique (Emmaüs Connect)"


class FormationLabel(StrEnum):
    MON_ESPACE_SANTE = "Formé à « Mon Espace Santé »"
    DUPLEX = "Formé à « DUPLEX » (illettrisme)"
    ARNIA = "Arnia/MedNum BFC (Bourgogne-Franche-Comté)"
    REEMPLOI = "Collectif ressources et acteurs réemploi (Normandie)"
    ETAPES_NUMERIQUES = "Étapes numériques (La Poste)"
    FABRIQUES = "Fabriques de Territoire"
    ECLAIREURS = "Les Éclaireurs du numérique (Drôme)"
    MES_PAPIERS = "Mes Papiers (Métropole de Lyon)"
    ORDI = "ORDI 3.0"
    SUD_LABS = "SUD LABS (PACA)"


class ModaliteAcces(StrEnum):
    SE_PRESENTER = "Se présenter"
    TELEPHONER = "Téléphoner"
    MAIL = "Contacter par mail"
    RDV_EN_LIGNE = "Prendre un RDV en ligne"
    PAS_DE_PUBLIC = "Ce lieu n'accueille pas de public"
    FICHE_PRESCRIPTION = "Envoyer un mail avec une fiche de prescription"


class ModaliteAccompagnement(StrEnum):
    AUTONOMIE = "En autonomie"
    INDIVIDUEL = "Accompagnement individuel"
    ATELIER = "Dans un atelier collectif"
    DISTANCE = "À distance"


class Family(StrEnum):
    """What a marker tells at a glance: one shape and one colour each, drawn by `static/js/markers.js`."""

    DEMARCHES = "demarches"
    APPRENDRE = "apprendre"
    EMPLOI = "emploi"
    MATERIEL = "materiel"
    ENFANTS = "enfants"
    CREER = "creer"
    AUTRE = "autre"


@dataclass(frozen=True)
class Seed:
    """A term as the product ships it; what the city then changes in the admin is never overwritten."""

    value: str
    slug: str
    short_label: str
    label: str = ""
    help: str = ""
    group: str = ""
    pictogram: str = ""


class Section(StrEnum):
    """The questions of a person who looks for a place, in the order they come to mind; each holds several lists."""

    AIDE = "De quelle aide ?"
    PUBLIC = "Pour qui ?"
    LANGUE = "Dans quelle langue ?"
    QUAND = "Quand ?"
    LIEU = "Où ?"
    CONDITIONS = "À quelles conditions ?"
    LABEL = "Quel label ?"

    @property
    def slug(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Vocabulary:
    """One list of terms.

    `name` is both its field on a place and its parameter in an address; `question` titles its filters under the one of
    its `section`, unless `titled` is false because that one says it already; `verb` tells what was chosen in the
    sentence of the results. `folded` filters show their options once opened. `offered` says that permanences carry it
    too, so that the public question reads the union kept in `offered_<name>`; `blank_is_all`, that who states nothing
    suits everybody.
    """

    name: str
    question: str
    verb: str
    national: bool
    offered: bool
    section: Section
    seeds: tuple[Seed, ...]
    folded: bool = False
    titled: bool = True
    blank_is_all: bool = False

    @property
    def column(self) -> str:
        return f"offered_{self.name}" if self.offered else self.name


VOCABULARIES: dict[str, Vocabulary] = {
    vocabulary.name: vocabulary
    for vocabulary in (
        Vocabulary(
            "services",
            "Quel genre d’aide ?",
            "qui proposent",
            national=True,
            offered=True,
            section=Section.AIDE,
            titled=False,
            seeds=(
                Seed(
                    Service.DEMARCHES,
                    "demarches-administratives",
                    "Aide aux démarches",
                    "Lieux qui aident aux démarches administratives",
                    "Faire une demande en ligne avec quelqu’un : CAF, impôts, santé, titre de séjour…",
                    pictogram=Family.DEMARCHES,
                ),
                Seed(
                    Service.OUTILS_DU_QUOTIDIEN,
                    "outils-du-quotidien",
                    "Apprendre l’ordinateur et le téléphone",
                    "Lieux où apprendre l’ordinateur, le téléphone, internet",
                    "Envoyer un e-mail, ranger ses fichiers, installer une application…",
                    pictogram=Family.APPRENDRE,
                ),
                Seed(
                    Service.INSERTION,
                    "emploi",
                    "Chercher un emploi avec internet",
                    "Lieux qui aident à chercher un emploi avec internet",
                    "Faire un CV, s’inscrire sur un site d’offres, créer son activité…",
                    pictogram=Family.EMPLOI,
                ),
                Seed(
                    Service.UTILISATION_SECURISEE,
                    "se-proteger",
                    "Se protéger sur internet",
                    "Lieux où apprendre à se protéger sur internet",
                    "Mots de passe, arnaques, paiement, vie privée.",
                    pictogram=Family.APPRENDRE,
                ),
                Seed(
                    Service.PARENTALITE,
                    "parents-enfants",
                    "Enfants, école et écrans",
                    "Lieux qui aident les parents : école, enfants, écrans",
                    "Pronote et l’espace de l’école, temps d’écran, premiers téléphones…",
                    pictogram=Family.ENFANTS,
                ),
                Seed(
                    Service.LOISIRS,
                    "loisirs-creations",
                    "Créer et s’amuser",
                    "Lieux où créer et s’amuser : photo, vidéo, jeux",
                    "",
                    pictogram=Family.CREER,
                ),
                Seed(
                    Service.COMPREHENSION,
                    "comprendre",
                    "Comprendre le monde d’internet",
                    "Lieux où comprendre le monde d’internet",
                    "Données, réseaux sociaux, intelligence artificielle, fausses nouvelles…",
                    pictogram=Family.APPRENDRE,
                ),
                Seed(
                    Service.ACCES,
                    "acces-materiel",
                    "Ordinateur, wifi, imprimante sur place",
                    "Lieux où utiliser un ordinateur, le wifi, une imprimante",
                    "",
                    pictogram=Family.MATERIEL,
                ),
                Seed(
                    Service.ACQUISITION,
                    "acheter-a-petit-prix",
                    "Ordinateur ou téléphone à petit prix",
                    "Lieux où trouver un ordinateur ou un téléphone à petit prix",
                    "",
                    pictogram=Family.MATERIEL,
                ),
            ),
        ),
        Vocabulary(
            "demarches",
            "Pour quelle démarche ?",
            "qui aident pour",
            national=False,
            offered=True,
            section=Section.AIDE,
            folded=True,
            seeds=(
                Seed("caf", "caf", "CAF : allocations, RSA, prime d’activité"),
                Seed("impots", "impots", "Impôts"),
                Seed("sante", "sante", "Santé : Ameli, carte Vitale, complémentaire"),
                Seed("retraite", "retraite", "Retraite"),
                Seed("emploi", "emploi", "Emploi : France Travail"),
                Seed("logement", "logement", "Logement"),
                Seed("titres", "titres", "Papiers d’identité, passeport, préfecture"),
                Seed("ecole", "ecole", "École, bourses, cantine"),
                Seed("social", "social", "Aides sociales"),
                Seed("famille", "famille", "Famille, enfance, protection"),
                Seed("justice", "justice", "Justice et droits"),
                Seed("budget", "budget", "Budget, dettes, surendettement"),
                Seed("sejour", "sejour", "Titre de séjour, naturalisation"),
                Seed("handicap", "handicap", "Handicap (MDPH)"),
                Seed("vehicule", "vehicule", "Permis de conduire, carte grise"),
            ),
        ),
        Vocabulary(
            "themes",
            "Écrivain public, écrans, parents",
            "où l’on trouve",
            national=False,
            offered=True,
            section=Section.AIDE,
            folded=True,
            seeds=(
                Seed(
                    "ecrivain-public",
                    "ecrivain-public",
                    "Écrivain public",
                    help="Une personne qui écrit vos lettres et remplit vos dossiers avec vous.",
                ),
                Seed("jeux-video-ecrans", "jeux-video-ecrans", "Jeux vidéo et écrans : conseils, addictions"),
                Seed("espace-parents", "espace-parents", "Espace pour les parents"),
            ),
        ),
        Vocabulary(
            "materiel",
            "Quel matériel ?",
            "qui ont",
            national=False,
            offered=True,
            section=Section.AIDE,
            folded=True,
            seeds=(
                Seed("ordinateur", "ordinateur", "Ordinateur sur place", group="Sur place"),
                Seed("wifi", "wifi", "Wifi", group="Sur place"),
                Seed("imprimante", "imprimante", "Imprimante", group="Sur place"),
                Seed("scanner", "scanner", "Scanner", group="Sur place"),
                Seed("tablette", "tablette", "Tablette sur place", group="Sur place"),
                Seed("pret", "pret", "Prêt d’un ordinateur ou d’un téléphone", group="À emporter"),
                Seed("location", "location", "Location d’un ordinateur", group="À emporter"),
                Seed("vente", "vente", "Vente à prix solidaire", group="À emporter"),
            ),
        ),
        Vocabulary(
            "ateliers",
            "Quels ateliers ?",
            "qui organisent",
            national=False,
            offered=True,
            section=Section.AIDE,
            folded=True,
            seeds=(
                Seed("debutant", "debutant", "Ateliers pour débuter"),
                Seed("avance", "avance", "Ateliers pour aller plus loin"),
            ),
        ),
        Vocabulary(
            "publics_specifiquement_adresses",
            "Un public particulier",
            "ouverts à",
            national=True,
            offered=True,
            section=Section.PUBLIC,
            blank_is_all=True,
            seeds=(
                Seed(Public.JEUNES, "jeunes", "Jeunes"),
                Seed(Public.ETUDIANTS, "etudiants", "Étudiants"),
                Seed(Public.FAMILLES, "familles", "Familles et enfants"),
                Seed(Public.SENIORS, "seniors", "Personnes âgées"),
                Seed(Public.FEMMES, "femmes", "Femmes"),
            ),
        ),
        Vocabulary(
            "prise_en_charge_specifique",
            "Un accueil adapté",
            "adaptés à",
            national=True,
            offered=False,
            section=Section.PUBLIC,
            titled=False,
            seeds=(
                Seed(PriseEnCharge.SURDITE, "surdite", "Personnes sourdes ou malentendantes"),
                Seed(PriseEnCharge.HANDICAPS_MOTEURS, "handicaps-moteurs", "Handicap moteur"),
                Seed(PriseEnCharge.HANDICAPS_MENTAUX, "handicaps-mentaux", "Handicap mental ou psychique"),
                Seed(PriseEnCharge.ILLETTRISME, "illettrisme", "Difficultés à lire et à écrire"),
                Seed(PriseEnCharge.LANGUES_ANGLAIS, "anglais", "Accueil en anglais"),
                Seed(PriseEnCharge.LANGUES_AUTRES, "autres-langues", "Accueil dans d’autres langues"),
                Seed(PriseEnCharge.DEFICIENCE_VISUELLE, "deficience-visuelle", "Personnes aveugles ou malvoyantes"),
            ),
        ),
        Vocabulary(
            "langues",
            "Langues parlées",
            "où l’on parle",
            national=False,
            offered=True,
            section=Section.LANGUE,
            titled=False,
            seeds=tuple(
                Seed(slug, slug, name)
                for slug, name in (
                    ("anglais", "Anglais"),
                    ("arabe", "Arabe"),
                    ("berbere", "Berbère (tamazight, kabyle)"),
                    ("espagnol", "Espagnol"),
                    ("portugais", "Portugais"),
                    ("italien", "Italien"),
                    ("turc", "Turc"),
                    ("polonais", "Polonais"),
                    ("roumain", "Roumain"),
                    ("ukrainien", "Ukrainien"),
                    ("russe", "Russe"),
                    ("romani", "Romani"),
                    ("albanais", "Albanais"),
                    ("wolof", "Wolof"),
                    ("peul", "Peul"),
                    ("lingala", "Lingala"),
                    ("lao", "Lao"),
                    ("vietnamien", "Vietnamien"),
                    ("chinois", "Chinois"),
                    ("dari", "Dari"),
                    ("pachto", "Pachto"),
                    ("lsf", "Langue des signes (LSF)"),
                )
            ),
        ),
        Vocabulary(
            "frais_a_charge",
            "Le prix",
            "au tarif",
            national=True,
            offered=False,
            section=Section.CONDITIONS,
            seeds=(
                Seed(FraisACharge.GRATUIT, "gratuit", "Gratuit"),
                Seed(FraisACharge.GRATUIT_SOUS_CONDITION, "gratuit-sous-condition", "Gratuit sous condition"),
                Seed(FraisACharge.PAYANT, "payant", "Payant"),
            ),
        ),
        Vocabulary(
            "modalites_accompagnement",
            "Seul, avec quelqu’un ou en groupe",
            "où l’on est aidé ainsi",
            national=True,
            offered=False,
            section=Section.CONDITIONS,
            seeds=(
                Seed(ModaliteAccompagnement.AUTONOMIE, "autonomie", "Seul, en autonomie"),
                Seed(ModaliteAccompagnement.INDIVIDUEL, "individuel", "Avec quelqu’un, en tête-à-tête"),
                Seed(ModaliteAccompagnement.ATELIER, "atelier", "En groupe, dans un atelier"),
                Seed(ModaliteAccompagnement.DISTANCE, "distance", "À distance (téléphone, visio)"),
            ),
        ),
        Vocabulary(
            "modalites_acces",
            "Avec ou sans rendez-vous",
            "où l’on vient ainsi",
            national=True,
            offered=False,
            section=Section.CONDITIONS,
            seeds=(
                Seed(ModaliteAcces.SE_PRESENTER, "se-presenter", "Venir sans rendez-vous"),
                Seed(ModaliteAcces.TELEPHONER, "telephoner", "Téléphoner avant"),
                Seed(ModaliteAcces.MAIL, "mail", "Écrire un e-mail avant"),
                Seed(ModaliteAcces.RDV_EN_LIGNE, "rdv-en-ligne", "Prendre rendez-vous en ligne"),
                Seed(ModaliteAcces.PAS_DE_PUBLIC, "pas-de-public", "N’accueille pas de public"),
                Seed(ModaliteAcces.FICHE_PRESCRIPTION, "fiche-prescription", "Orienté par un professionnel"),
            ),
        ),
        Vocabulary(
            "dispositif_programmes_nationaux",
            "Programmes nationaux",
            "du programme",
            national=True,
            offered=False,
            section=Section.LABEL,
            seeds=(
                Seed(Dispositif.AIDANTS_CONNECT, "aidants-connect", "Aidants Connect"),
                Seed(Dispositif.BIBLIOTHEQUES, "bibliotheques", "Bibliothèque numérique de référence"),
                Seed(Dispositif.PIX, "pix", "Certification Pix"),
                Seed(Dispositif.CONSEILLERS_NUMERIQUES, "conseillers-numeriques", "Conseiller numérique"),
                Seed(Dispositif.EMMAUS_CONNECT, "emmaus-connect", "Emmaüs Connect"),
                Seed(Dispositif.FRANCE_SERVICES, "france-services", "France services"),
                Seed(Dispositif.GRANDE_ECOLE, "grande-ecole", "Grande École du Numérique"),
                Seed(Dispositif.CROIX_ROUGE, "croix-rouge", "Croix-Rouge"),
                Seed(Dispositif.POINT_CAF, "point-caf", "Point numérique CAF"),
                Seed(Dispositif.PROMENEURS, "promeneurs-du-net", "Promeneurs du net"),
                Seed(Dispositif.RELAIS, "relais-numerique", "Relais numérique (Emmaüs Connect)"),
            ),
        ),
        Vocabulary(
            "formations_labels",
            "Formation des aidants",
            "où les aidants ont",
            national=True,
            offered=False,
            section=Section.LABEL,
            seeds=(
                Seed(FormationLabel.MON_ESPACE_SANTE, "mon-espace-sante", "Formé à « Mon espace santé »"),
                Seed(FormationLabel.DUPLEX, "duplex", "Formé à l’accueil de personnes illettrées (DUPLEX)"),
                Seed(FormationLabel.ARNIA, "arnia", "Arnia / MedNum BFC"),
                Seed(FormationLabel.REEMPLOI, "reemploi", "Collectif réemploi (Normandie)"),
                Seed(FormationLabel.ETAPES_NUMERIQUES, "etapes-numeriques", "Étape numérique La Poste"),
                Seed(FormationLabel.FABRIQUES, "fabriques", "Fabrique de territoire"),
                Seed(FormationLabel.ECLAIREURS, "eclaireurs", "Les Éclaireurs du numérique"),
                Seed(FormationLabel.MES_PAPIERS, "mes-papiers", "Mes Papiers (Métropole de Lyon)"),
                Seed(FormationLabel.ORDI, "ordi-3-0", "ORDI 3.0"),
                Seed(FormationLabel.SUD_LABS, "sud-labs", "SUD LABS"),
            ),
        ),
        Vocabulary(
            "itinerance",
            "Lieu fixe ou de passage",
            "de cette sorte",
            national=True,
            offered=False,
            section=Section.LIEU,
            seeds=(
                Seed(Itinerance.ITINERANT, "itinerant", "De passage (bus, tournée)"),
                Seed(Itinerance.FIXE, "fixe", "Lieu fixe"),
            ),
        ),
    )
}
NATIONAL = tuple(name for name, vocabulary in VOCABULARIES.items() if vocabulary.national)
LOCAL = tuple(name for name, vocabulary in VOCABULARIES.items() if not vocabulary.national)
OFFERED = tuple(name for name, vocabulary in VOCABULARIES.items() if vocabulary.offered)
