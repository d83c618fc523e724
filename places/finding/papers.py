"""What to bring for each need: what the bodies themselves ask for, in a person's words, with where it was read.

A short list that makes a first visit useful, never a complete one: the place has the last word, and the card says so.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SHEETS = "https://www.service-public.fr/particuliers/vosdroits/"

IDENTITY = _("Une pièce d’identité ou un titre de séjour")
TELEPHONE = _("Votre téléphone : un code peut arriver dessus")
LETTER = _("La lettre ou le message que vous avez reçu")
MAILBOX = _("Votre adresse e-mail et son mot de passe, si vous en avez")
BANK = _("Un RIB (les numéros de votre compte en banque)")
TAXES = _("Votre dernier avis d’impôt")
HOME = _("Une preuve de votre adresse : facture, quittance de loyer")
HEALTH = _("Votre carte Vitale")
FAMILY = _("Le livret de famille, ou un acte de naissance des enfants")


@dataclass(frozen=True)
class Papers:
    """Things to bring, and the page of the body that asks for them; blank where none does and habit speaks."""

    things: tuple[Promise, ...]
    source: str = ""


# Read in November 2026. What one signs in with is asked by every one of these sites.
PAPERS = {
    "caf": Papers(
        (
            _("Votre numéro d’allocataire et votre mot de passe, si vous en avez"),
            IDENTITY,
            _("Vos revenus des trois derniers mois"),
            BANK,
            LETTER,
            TELEPHONE,
        ),
        "https://www.caf.fr/",
    ),
    # Tax number, number of online access, reference income: what opens an account.
    "impots": Papers(
        (
            TAXES,
            _("Votre dernière déclaration de revenus : votre numéro fiscal est en haut"),
            _("Votre mot de passe, si vous en avez un"),
            LETTER,
            TELEPHONE,
        ),
        "https://www.impots.gouv.fr/",
    ),
    "sante": Papers((HEALTH, IDENTITY, BANK, LETTER, MAILBOX, TELEPHONE), "https://www.ameli.fr/"),
    "papiers": Papers(
        (
            _("Votre ancienne carte, votre passeport ou votre titre de séjour"),
            _("Une photo d’identité de moins de 6 mois"),
            _("Une preuve de votre adresse de moins d’un an"),
            MAILBOX,
            TELEPHONE,
        ),
        f"{SHEETS}N358",
    ),
    "logement": Papers(
        (
            _("La pièce d’identité ou le titre de séjour de chaque adulte"),
            TAXES,
            FAMILY,
            _("Votre numéro de demande de logement, si vous en avez un"),
            MAILBOX,
        ),
        f"{SHEETS}F10007",
    ),
    "emploi": Papers(
        (
            IDENTITY,
            HEALTH,
            BANK,
            _("Votre CV, si vous en avez un"),
            _("L’attestation de votre dernier employeur"),
            MAILBOX,
            TELEPHONE,
        ),
        "https://www.francetravail.fr/candidat/vos-droits-et-demarches/",
    ),
    "retraite": Papers(
        (IDENTITY, HEALTH, _("Votre relevé de carrière, si vous l’avez"), TAXES, BANK, MAILBOX, TELEPHONE),
        "https://www.lassuranceretraite.fr/",
    ),
    "ecole": Papers((FAMILY, HOME, _("Le carnet de santé, avec les vaccins")), f"{SHEETS}F1864"),
    "lettre": Papers((LETTER, _("Tous les papiers qui parlent de la même chose"), IDENTITY)),
    "apprendre": Papers(
        (_("Votre téléphone ou votre ordinateur, et son chargeur"), _("Vos mots de passe, si vous les avez"))
    ),
    "ordinateur": Papers((_("Ce que vous voulez imprimer, sur une clé USB ou dans votre téléphone"), MAILBOX)),
    "pas-cher": Papers((IDENTITY, _("Une preuve de vos revenus : c’est souvent demandé"))),
    "je-ne-sais-pas": Papers((LETTER, IDENTITY, TELEPHONE)),
}
