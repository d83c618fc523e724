"""A visitor's submission, what moderators decided of each field, the thread between them, and the mails to send."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


def new_token() -> str:
    """Return 256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


class SubmissionQuerySet(models.QuerySet):
    def open(self):
        """Those that wait for somebody: a moderator, or the person who was asked something."""
        return self.filter(state__in=Submission.OPEN)

    def waiting(self):
        """The inbox: those that wait for a moderator, oldest first."""
        return self.filter(state=Submission.State.WAITING).order_by("waiting_since", "pk")

    def about_places(self):
        return self.exclude(kind=Submission.Kind.PROBLEM)

    def of_sender(self, sender: str):
        """Everything one network address sent, known by its keyed hash alone (`limits.sender_of`)."""
        return self.filter(sender=sender) if sender else self.none()


class Submission(models.Model):
    """What a visitor sent, kept as sent: the columns of the first part are written once and never again."""

    class Kind(models.TextChoices):
        NEW = "new", _("lieu à ajouter")
        CORRECTION = "correction", _("correction")
        ERROR = "error", _("erreur signalée")
        CLOSED = "closed", _("lieu fermé")
        CONFIRMED = "confirmed", _("tout est juste")
        PROBLEM = "problem", _("problème avec la carte")

    class State(models.TextChoices):
        WAITING = "waiting", _("à traiter")
        QUESTION = "question", _("question posée")
        ACCEPTED = "accepted", _("acceptée")
        PARTLY = "partly", _("acceptée en partie")
        REFUSED = "refused", _("refusée")
        DUPLICATE = "duplicate", _("déjà connue")

    OPEN = (State.WAITING, State.QUESTION)

    class Role(models.TextChoices):
        UNKNOWN = "", _("je préfère ne pas le dire")
        VISITOR = "visitor", _("j’y vais, j’habite à côté")
        STRUCTURE = "structure", _("j’y travaille, j’y suis bénévole")
        PROFESSIONAL = "professional", _("j’y envoie des personnes")

    class Wrong(models.TextChoices):
        """What can be ticked as wrong on a card."""

        NAME = "nom", _("le nom")
        ADDRESS = "adresse", _("l’adresse")
        POINT = "position", _("la place sur la carte")
        PHONE = "telephone", _("le téléphone")
        EMAIL = "courriels", _("l’e-mail")
        SITE = "site_web", _("le site internet")
        HOURS = "horaires", _("les horaires")
        HELP = "services", _("ce qu’on y fait")
        PERMANENCES = "permanences", _("une permanence")
        PRICE = "frais_a_charge", _("le prix")
        ACCESS = "acces", _("comment on y est accueilli")
        CLOSED = "ferme", _("ce lieu n’existe plus")
        TWICE = "doublon", _("ce lieu est deux fois sur la carte")
        OTHER = "autre", _("autre chose")

    # --- as sent
    kind = models.CharField(_("demande"), max_length=12, choices=Kind)
    created_at = models.DateTimeField(_("reçue le"), default=timezone.now)
    base = models.JSONField(_("valeurs montrées"), default=dict)
    base_version = models.CharField(_("version de la fiche montrée"), max_length=40, blank=True)
    proposed = models.JSONField(_("valeurs proposées"), default=dict)
    wrong = models.JSONField(_("ce qui est faux"), default=list)
    text = models.TextField(_("message"), blank=True)
    page = models.CharField(_("page"), max_length=500, blank=True)
    role = models.CharField(_("qui l’envoie"), max_length=12, choices=Role, blank=True)
    alike = models.JSONField(_("lieux proches montrés avant l’envoi"), default=list)
    links = models.PositiveSmallIntegerField(_("liens dans les textes"), default=0)
    sender = models.CharField(_("empreinte de l’adresse d’envoi"), max_length=64, blank=True, db_index=True)
    fingerprint = models.CharField(_("empreinte du contenu"), max_length=64)
    token = models.CharField(_("jeton de suivi"), max_length=64, unique=True, default=new_token, editable=False)
    # By the signed link that it receives by mail: the structure itself, and not somebody who says so.
    by_structure = models.BooleanField(_("envoyée par la structure"), default=False)
    # Erased after a while (`erase_contacts`); confirmed by the button of the page that the first mail links to.
    email = models.EmailField(_("adresse e-mail"), blank=True)
    email_confirmed_at = models.DateTimeField(_("adresse confirmée le"), null=True, blank=True)

    # --- what became of it
    place = models.ForeignKey(
        "places.Place",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submissions",
        verbose_name=_("lieu"),
        help_text=_("Pour un lieu à ajouter : celui qu’il est devenu."),
    )
    state = models.CharField(_("état"), max_length=12, choices=State, default=State.WAITING)
    waiting_since = models.DateTimeField(_("attend depuis"), default=timezone.now)
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    reason = models.TextField(_("réponse donnée"), blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposition")
        verbose_name_plural = _("propositions")
        ordering = ["waiting_since", "pk"]
        indexes = [models.Index(fields=["state", "waiting_since"], name="submission_inbox")]
        constraints = [
            # The same thing sent twice while the first still waits is one submission, whoever wins the race.
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(state__in=["waiting", "question"]), name="submission_once"
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()} – {self.subject}"

    def get_absolute_url(self):
        """The secret page where the person follows it."""
        return reverse("places:follow", args=[self.token])

    @property
    def subject(self) -> str:
        """What it is about, in a few words: the place, its proposed name, or the beginning of the message."""
        if self.place_id:
            return self.place.nom
        return str(self.proposed.get("nom") or self.text)[:80]

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    def wait_again(self) -> None:
        """Put it back among those that wait for a moderator, last of them, unless it is decided."""
        if self.is_open:
            self.state, self.waiting_since = self.State.WAITING, timezone.now()
            self.save(update_fields=["state", "waiting_since"])

    @property
    def may_be_mailed(self) -> bool:
        """Nothing but one confirmation goes to an address that nobody confirmed."""
        return bool(self.email and self.email_confirmed_at)


class DecisionQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(undone_at__isnull=True)


class Decision(models.Model):
    """What a moderator decided of one proposed field. An undone decision stays, and another may follow it."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", _("accepté")
        EDITED = "edited", _("accepté après retouche")
        REFUSED = "refused", _("refusé")

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="decisions", verbose_name=_("proposition"))
    field = models.CharField(_("champ"), max_length=60)
    verdict = models.CharField(_("décision"), max_length=10, choices=Verdict)
    before = models.JSONField(_("valeur du lieu à ce moment"), null=True)
    value = models.JSONField(_("valeur écrite"), null=True)
    reason = models.CharField(_("pourquoi"), max_length=500, blank=True)
    decided_at = models.DateTimeField(_("le"), default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("par")
    )
    revision = models.ForeignKey(
        "places.Revision",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        verbose_name=_("changement du lieu"),
    )
    undone_at = models.DateTimeField(_("défaite le"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("défaite par"),
    )

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("décision")
        verbose_name_plural = _("décisions")
        ordering = ["decided_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "field"], condition=Q(undone_at__isnull=True), name="decision_once"
            )
        ]

    def __str__(self):
        return f"{self.field} : {self.get_verdict_display()}"


class Message(models.Model):
    """One message of the thread between the person (`author` is null and `from_visitor` true) and the moderators."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="messages", verbose_name=_("proposition"))
    from_visitor = models.BooleanField(_("de la personne"), default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    text = models.TextField(_("message"))
    created_at = models.DateTimeField(_("le"), default=timezone.now)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["created_at", "pk"]

    def __str__(self):
        return f"{timezone.localtime(self.created_at):%d/%m/%Y %H:%M}"


class MailQuerySet(models.QuerySet):
    def due(self, now):
        """Those to try at `now`, oldest first."""
        return self.filter(sent_at=None, given_up_at=None, next_try_at__lte=now).order_by("next_try_at", "pk")

    def failing(self):
        """Those that were tried in vain, given up or not."""
        return self.filter(sent_at=None).exclude(failure="")


class Mail(models.Model):
    """One mail, queued with what it tells of and tried until it leaves (see `mail_queue`)."""

    # After the first, second… failure; then every six hours, for three days in all.
    WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180)]
    LAST_WAIT = timedelta(hours=6)
    PATIENCE = timedelta(days=3)

    key = models.CharField(
        _("quoi"),
        max_length=120,
        unique=True,
        help_text=_("Le même courriel n’est mis en file qu’une fois."),
    )
    to = models.EmailField(_("à"), blank=True)
    subject = models.CharField(_("objet"), max_length=200)
    text = models.TextField(_("texte"), blank=True)
    submission = models.ForeignKey(
        Submission, models.SET_NULL, null=True, blank=True, related_name="mails", verbose_name=_("proposition")
    )
    created_at = models.DateTimeField(_("mis en file le"), default=timezone.now)
    next_try_at = models.DateTimeField(_("prochain essai"), default=timezone.now)
    tries = models.PositiveSmallIntegerField(_("essais"), default=0)
    failure = models.CharField(_("dernier échec"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("parti le"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("abandonné le"), null=True, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        verbose_name = _("courriel")
        verbose_name_plural = _("courriels")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["sent_at", "given_up_at", "next_try_at"], name="mail_due")]

    def __str__(self):
        return self.subject

    @property
    def wait(self) -> timedelta:
        """How long to wait before the try after the next one."""
        return self.WAITS[self.tries] if self.tries < len(self.WAITS) else self.LAST_WAIT

    @property
    def identity(self) -> str:
        """What tells this mail from every other, the same at each try."""
        return salted_hmac("places.mail", self.key, algorithm="sha256").hexdigest()[:40]


class Sentence(models.Model):
    """A sentence that moderators write often, ready to be chosen; the city changes them as it likes."""

    class Kind(models.TextChoices):
        REASON = "reason", _("réponse")
        QUESTION = "question", _("question")

    kind = models.CharField(_("genre"), max_length=10, choices=Kind, default=Kind.REASON)
    title = models.CharField(_("titre"), max_length=80, help_text=_("Ce que les modérateurs lisent dans la liste."))
    text = models.TextField(_("texte"), help_text=_("Ce que la personne lira."))
    order = models.PositiveSmallIntegerField(_("ordre"), default=0)

    class Meta:
        verbose_name = _("phrase toute prête")
        verbose_name_plural = _("phrases toutes prêtes")
        ordering = ["kind", "order", "pk"]

    def __str__(self):
        return self.title
