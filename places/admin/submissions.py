"""The review desk: what visitors sent, oldest first; each field accepted, retouched or refused; the mails to them."""

from dataclasses import dataclass

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from places import reverting
from places.admin.changes import described, label, permanence_in_lines
from places.admin.revisions import lines as reverted_lines
from places.admin.submission_filters import AboutPlaceFilter, NeighbourhoodFilter, StateFilter
from places.models import Place, Sentence, Submission
from places.moderation import deciding, permanences, words
from places.moderation.alike import alike
from places.moderation.deciding import LOGO, POSITION, Changed, Refused, Ruling
from places.moderation.review_form import QuestionForm, ReviewForm

FEW = 10


@dataclass(frozen=True)
class Sides:
    """A field in a moderator's words: what the person read, what they propose, what the place holds now."""

    label: str
    shown: list[str]
    proposed: list[str]
    now: list[str]


class SentenceActionForm(ActionForm):
    """The reason of a refusal in bulk."""

    sentence = forms.ModelChoiceField(
        Sentence.objects.filter(kind=Sentence.Kind.REASON),
        label=_("Réponse :"),
        required=False,
        empty_label=_("(aucune)"),
    )


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin):
    action_form = SentenceActionForm
    actions = ["accept", "refuse", "known_already"]
    list_display = ["since", "subject_said", "kind", "what", "neighbourhood", "from_whom"]
    list_display_links = None
    list_filter = [StateFilter, "kind", NeighbourhoodFilter, "by_structure", AboutPlaceFilter]
    list_select_related = ["place__quartier"]
    list_per_page = 50
    ordering = ["waiting_since", "pk"]
    search_fields = ["place__search_text", "text", "proposed__nom"]
    search_help_text = _("Des mots du lieu, du message, ou le nom proposé.")
    show_full_result_count = False

    # --- the inbox
    def get_queryset(self, request):
        heavy = [f"place__quartier__{column}" for column in ("geometry", "outline", "indicators")]
        return super().get_queryset(request).defer("place__presentation_detail", *heavy)

    def get_list_display(self, request):
        return [*self.list_display, *(["state"] if StateFilter.parameter_name in request.GET else [])]

    def changelist_view(self, request, extra_context=None):
        waiting = Submission.objects.waiting()
        number, oldest = waiting.count(), waiting.first()
        title = gettext("Propositions : rien n’attend")
        if oldest:
            sentence = ngettext(
                "%(number)d proposition à traiter, depuis %(since)s",
                "%(number)d propositions à traiter, la plus ancienne depuis %(since)s",
                number,
            )
            title = sentence % {"number": number, "since": timesince(oldest.waiting_since, depth=1)}
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    @admin.display(description=_("attend depuis"), ordering="waiting_since")
    def since(self, submission):
        if not submission.is_open:
            return "–"
        return timesince(submission.waiting_since, depth=1)

    @admin.display(description=_("à propos de"), ordering="place__nom")
    def subject_said(self, submission):
        return format_html('<a href="{}">{}</a>', _address(submission), submission.subject or gettext("(sans titre)"))

    @admin.display(description=_("ce qui est dit"))
    def what(self, submission):
        told = [words.label(difference.name) for difference in deciding.differences(submission, None)]
        said = ", ".join([*words.wrong(submission), *dict.fromkeys(told)]) or submission.text
        return said if len(said) <= 120 else f"{said[:119]}…"

    @admin.display(description=_("quartier"), ordering="place__quartier__nom")
    def neighbourhood(self, submission):
        return submission.place.quartier if submission.place_id else None

    @admin.display(description=_("de qui"))
    def from_whom(self, submission):
        if submission.by_structure:
            return gettext("la structure, par son lien")
        return submission.get_role_display() if submission.role else "–"

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    # --- bulk: the same function for each, one after the other
    @admin.action(description=_("Accepter telles quelles"), permissions=["change"])
    def accept(self, request, submissions):
        self._each(request, submissions, lambda submission: _accept(request, submission))

    @admin.action(description=_("Refuser, avec la réponse choisie"), permissions=["change"])
    def refuse(self, request, submissions):
        sentence = Sentence.objects.filter(pk=_number(request.POST.get("sentence"))).first()
        if sentence is None:
            messages.error(request, gettext("Choisir d’abord la réponse que les personnes liront."))
            return
        options = {"moderator": request.user, "reason": sentence.text, "request": request}
        self._each(request, submissions, lambda submission: deciding.refuse(submission, **options))

    @admin.action(description=_("Marquer comme déjà connues"), permissions=["change"])
    def known_already(self, request, submissions):
        options = {"moderator": request.user, "request": request}
        self._each(request, submissions, lambda submission: deciding.known_already(submission, **options))

    def _each(self, request, submissions, do) -> None:
        done = 0
        for submission in submissions:
            try:
                do(submission)
            except (Refused, ValidationError) as error:
                why = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
                messages.warning(request, f"{submission.subject} : {why}")
            else:
                done += 1
        if done:
            messages.success(request, ngettext("%d proposition décidée.", "%d propositions décidées.", done) % done)

    # --- one submission
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a submission, or take what is decided of it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        submission = self.get_object(request, unquote(object_id))
        if submission is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method != "POST":
            return self._page(request, submission)
        if not self.has_change_permission(request, submission):
            raise PermissionDenied
        try:
            return self._take(request, submission)
        except (Refused, reverting.Refused) as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(_address(submission))

    def get_object(self, request, object_id, from_field=None):
        chosen = Submission.objects.select_related("place__import_source", "decided_by")
        return chosen.filter(pk=_number(object_id)).first()

    def _take(self, request, submission):
        options = {"moderator": request.user, "request": request}
        match request.POST.get("decision"):
            case "decide":
                return self._decide(request, submission)
            case "refuse":
                form = ReviewForm(submission, request.POST)
                form.is_valid()
                reason = form.cleaned_data.get("reason", "")
                if not reason:
                    form.add_error("reason", gettext("Dire pourquoi : la personne lira cette réponse."))
                    return self._page(request, submission, form, status=422)
                deciding.refuse(submission, reason=reason, **options)
                messages.success(request, gettext("Refusé : « %s ».") % submission.subject)
            case "known":
                deciding.known_already(submission, **options)
                messages.success(request, gettext("Déjà connu : « %s ».") % submission.subject)
            case "ask":
                question = QuestionForm(request.POST, auto_id="question_%s")
                if not question.is_valid():
                    return self._page(request, submission, question=question, status=422)
                deciding.ask(submission, question.cleaned_data["text"], **options)
                said = gettext("La question est posée ; la réponse ramènera « %s » ici.")
                messages.success(request, said % submission.subject)
            case "undo":
                return self._undo(request, submission)
            case _unknown:
                return HttpResponseRedirect(_address(submission))
        return self._next(request)

    def _decide(self, request, submission):
        form = ReviewForm(submission, request.POST)
        if form.is_valid():
            try:
                done = deciding.decide(
                    submission,
                    form.rulings(),
                    moderator=request.user,
                    seen=form.cleaned_data["seen"],
                    reason=form.cleaned_data["reason"],
                    request=request,
                )
            except Changed as changed:
                messages.error(request, str(changed))
                return self._page(request, self.get_object(request, submission.pk), status=409)
            except ValidationError as error:
                form.take(error.message_dict)
            else:
                said = {"subject": done.submission.subject, "state": done.submission.get_state_display()}
                messages.success(request, gettext("« %(subject)s » : %(state)s.") % said)
                return self._next(request)
        return self._page(request, submission, form, status=422)

    def _undo(self, request, submission):
        conflicts = deciding.undo(submission, moderator=request.user, force="force" in request.POST)
        if conflicts:
            return self._page(request, submission, conflicts=conflicts, status=409)
        messages.success(request, gettext("La décision est défaite : à décider de nouveau."))
        return HttpResponseRedirect(_address(submission))

    def _next(self, request):
        """Lead to the submission that has waited longest, or back to the empty inbox."""
        following = Submission.objects.waiting().first()
        if following is None:
            messages.info(request, gettext("Plus rien n’attend."))
            return HttpResponseRedirect(reverse("admin:places_submission_changelist"))
        return HttpResponseRedirect(_address(following))

    def _page(self, request, submission, form=None, question=None, conflicts=(), status=200):
        form = form or ReviewForm(submission)
        place, may = submission.place, self.has_change_permission(request, submission)
        others = Submission.objects.exclude(pk=submission.pk)
        sender = others.of_sender(submission.sender).select_related("place")
        new = submission.kind == Submission.Kind.NEW and submission.is_open
        context = {
            **self.admin_site.each_context(request),
            "title": f"{capfirst(submission.get_kind_display())} : {submission.subject}",
            "opts": self.opts,
            "submission": submission,
            "may_decide": submission.is_open and may,
            "may_undo": not submission.is_open and may,
            "form": form,
            "question": question or QuestionForm(auto_id="question_%s"),
            "rows": [(row, _sides(row.difference)) for row in form.rows],
            "wrong": words.wrong(submission),
            "place": place,
            "map": _map(submission) if form.has_point and submission.is_open and may else None,
            "revisions": [(revision, described(revision)) for revision in _revisions(place)],
            "others": others.open().filter(place=place)[:FEW] if place else (),
            "alike": alike(submission.proposed) if new else (),
            "sender": _counts(sender),
            "senders_last": sender.order_by("-created_at")[:FEW],
            "thread": submission.messages.select_related("author"),
            "mails": submission.mails.failing(),
            "decisions": [
                (decision, _label(decision.field, decision.before, decision.value))
                for decision in submission.decisions.select_related("decided_by", "undone_by")
            ],
            "conflicts": [
                (_label(conflict.field), *(reverted_lines(conflict.field, v) for v in (conflict.before, conflict.now)))
                for conflict in conflicts
            ],
            "waiting": Submission.objects.waiting().count(),
        }
        return TemplateResponse(request, "admin/places/submission/review.html", context, status=status)


def _accept(request, submission: Submission) -> None:
    """Accept all of it as it is, unless the place changed since or the person only said that something is wrong."""
    if submission.kind == Submission.Kind.ERROR:
        raise Refused(gettext("à corriger soi-même : ouvrir la proposition."))
    differences = deciding.differences(submission, submission.place)
    if any(difference.is_conflict for difference in differences):
        raise Refused(gettext("la fiche a changé depuis : ouvrir la proposition."))
    rulings = {difference.name: Ruling(True) for difference in differences} or {submission.kind: Ruling(True)}
    deciding.decide(submission, rulings, moderator=request.user, request=request)


def _sides(difference) -> Sides:
    name = difference.name
    sides = (difference.shown, difference.proposed, difference.now)
    return Sides(_label(name, *sides), *(_lines(name, value) for value in sides))


def _label(name: str, *values) -> str:
    """Return the name of a decided field; that of the whole is blank, and a column of ours has the admin's."""
    if name in Submission.Kind.values:
        return ""
    if name.startswith(permanences.PREFIX):
        title = next((value["title"] for value in values if value and "title" in value), None)
        return gettext("Permanence « %s »") % title if title else words.label(name)
    return words.label(name) if name in deciding.TOPICS else label(Place, name)


def _lines(name: str, value) -> list[str]:
    """Return a value in words, as history keeps it."""
    if name == POSITION:
        return [] if value[0] is None else [f"{value[0]}, {value[1]}"]
    if name.startswith(permanences.PREFIX):
        return permanence_in_lines(value) if value else [gettext("pas de permanence")]
    if name == LOGO:
        return [gettext("une image")] if value else []
    return words.said(name, value)


def _map(submission: Submission) -> dict:
    place = submission.place
    return {
        "tiles": settings.TILES_URL,
        "attribution": settings.TILES_ATTRIBUTION,
        "center": settings.MAP_CENTER,
        "zoom": settings.MAP_ZOOM,
        "outline": reverse("data:territories", args=["commune"]),
        "former": list(place.point) if place and place.point else None,
        "formerLabel": gettext("Place actuelle sur la carte"),
    }


def _revisions(place):
    if place is None:
        return ()
    return place.revisions.select_related("author", "import_run__source", "submission").defer(
        "import_run__report", "import_run__content"
    )[:3]


def _counts(submissions):
    states = dict(Submission.State.choices)
    found = {}
    for state in submissions.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return [(states[state], number) for state, number in found.items()]


def _address(submission: Submission) -> str:
    return reverse("admin:places_submission_change", args=[quote(submission.pk)])


def _number(text) -> int | None:
    text = str(text or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


@admin.register(Sentence)
class SentenceAdmin(admin.ModelAdmin):
    list_display = ["title", "kind", "text", "order"]
    list_editable = ["order"]
    list_filter = ["kind"]
