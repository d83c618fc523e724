"""The mails that wait, left or failed: what happened to each, without its text, and another try."""

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from places.models import Mail


class MailStateFilter(admin.SimpleListFilter):
    title = _("état")
    parameter_name = "etat"

    def lookups(self, request, model_admin):
        return [("attente", _("en attente")), ("echec", _("en échec")), ("partis", _("partis"))]

    def queryset(self, request, mails):
        match self.value():
            case "attente":
                return mails.filter(sent_at=None, given_up_at=None)
            case "echec":
                return mails.failing()
            case "partis":
                return mails.exclude(sent_at=None)
        return mails


@admin.register(Mail)
class MailAdmin(admin.ModelAdmin):
    list_display = ["subject", "state", "created_at", "tries", "failure"]
    list_filter = [MailStateFilter]
    actions = ["try_again"]
    # Not the text: it holds secret links that are the person's own.
    fields = ["subject", "to", "state", "created_at", "tries", "next_try_at", "failure", "submission"]
    date_hierarchy = "created_at"

    @admin.display(description=_("état"))
    def state(self, mail):
        if mail.sent_at:
            return _("parti")
        if mail.given_up_at:
            return _("abandonné")
        return _("en échec, sera réessayé") if mail.failure else _("en attente")

    @admin.action(description=_("Réessayer"), permissions=["view"])
    def try_again(self, request, mails):
        """Put those that failed back in the queue for another three days."""
        now = timezone.now()
        failed = mails.failing().exclude(to="")
        number = failed.update(next_try_at=now, given_up_at=None, created_at=now, tries=0)
        messages.success(
            request, ngettext("%d courriel sera réessayé.", "%d courriels seront réessayés.", number) % number
        )

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
