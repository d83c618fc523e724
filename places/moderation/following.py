"""The secret page where a person follows what they sent, and the page where they confirm their address."""

from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from places import logos, unavailable
from places.models import Place, Submission
from places.moderation import mails, stamp, words
from places.moderation.forms import AnswerForm
from places.moderation.receiving import TooMany, receive_answer
from places.moderation.stamp import Stamp
from places.moderation.views import form_address
from places.moderation.visitors import visitors_form

State = Submission.State
STATES = {
    State.WAITING: _("Une personne va lire. Rien ne change sur la carte avant."),
    State.QUESTION: _("Nous avons une question. Votre réponse nous permettra de continuer."),
    State.ACCEPTED: _("C’est accepté. La carte est à jour."),
    State.PARTLY: _("Une partie est acceptée, et visible sur la carte."),
    State.REFUSED: _("Nous n’avons pas changé la carte."),
    State.DUPLICATE: _("Quelqu’un nous l’avait déjà dit. Merci quand même."),
}


@visitors_form
def follow(request, token):
    """Where a submission stands, what was sent, and the thread; an answer is a POST."""
    submission = get_object_or_404(Submission.objects.select_related("place"), token=token)
    now = timezone.now()
    sent = request.method == "POST"
    opened = stamp.read(request.POST.get("stamp", ""), now) if sent else None
    fresh = Stamp(now)
    form = AnswerForm(request.POST if sent else None, stamp=opened or (None if sent else fresh), now=now)
    status = 200
    if sent:
        status = 422
        if not submission.is_open:
            form.add_error(None, _("C’est déjà décidé : on ne peut plus répondre ici."))
        elif form.is_valid():
            try:
                receive_answer(request, submission, form.cleaned_data["text"])
            except TooMany as too_many:
                form.add_error(None, str(too_many))
                status = 429
            except Error as error:
                form.add_error(None, unavailable.unsent(error))
                status = 503
            else:
                return redirect(f"{submission.get_absolute_url()}?merci=reponse#echanges")
    context = {
        "submission": submission,
        "state": STATES[submission.state],
        "changes": list(words.changes(submission)),
        "wrong": words.wrong(submission),
        "thread": submission.messages.all(),
        "form": form,
        "stamp": (opened if opened and not opened.is_too_old(now) else fresh.renewed(now)) if sent else fresh,
        "link": mails.absolute(submission.get_absolute_url(), request),
        "thanks": request.GET.get("merci", ""),
        "draft": form_address(submission.kind, submission.place),
    }
    return private(render(request, "places/moderation/follow.html", context, status=status))


@visitors_form
def confirm_address(request, token):
    """A page with a button: programs that open the links of mails confirm nothing."""
    submission = mails.read_confirmation(token)
    if submission is None:
        return private(render(request, "places/moderation/link_too_old.html", status=404))
    if request.method == "POST":
        mails.confirm(submission, request)
        return private(redirect(f"{submission.get_absolute_url()}?merci=adresse"))
    return private(render(request, "places/moderation/confirm_address.html", {"submission": submission}))


def private(response: HttpResponse) -> HttpResponse:
    """Keep a secret address out of search engines and of what the next page is told."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@require_safe
def logo(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The logo of a published place."""
    if logos.path_of(name) is None or not Place.objects.published().filter(slug=slug, logo=name).exists():
        raise Http404
    response = picture(name)
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
@never_cache
def proposed_logo(request: HttpRequest, pk: int) -> HttpResponse:
    """A logo that nobody has accepted yet, for moderators only."""
    if not request.user.has_perm("places.view_submission"):
        raise Http404
    return picture(get_object_or_404(Submission, pk=pk).proposed.get("logo", ""))


def picture(name: str) -> HttpResponse:
    """Answer a kept picture as a picture and nothing else."""
    path = logos.path_of(name)
    if path is None:
        raise Http404
    response = HttpResponse(path.read_bytes(), content_type=logos.CONTENT_TYPES[path.suffix])
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
