"""Accounts: who enters the desk, in which group, and which places they hold."""

from axes.models import AccessFailureLog, AccessLog
from axes.utils import reset
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from places import rights
from places.accounts import second_factor
from places.models import Holding

# What axes would log for ever is not logged at all (see settings): nothing to show.
admin.site.unregister([User, Group, AccessLog, AccessFailureLog])


class HoldingInline(admin.StackedInline):
    model = Holding
    extra = 0
    raw_id_fields = ["place"]
    verbose_name_plural = _("Lieux tenus, pour un référent de structure")


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Groups give rights; only a superuser makes another, or gives rights one by one."""

    inlines = [HoldingInline]
    actions = ["unlock", "forget_second_factor"]
    list_display = ["username", "full_name", "email", "groups_said", "is_active", "last_login"]
    list_filter = ["groups", "is_active", "is_superuser"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("La personne"), {"fields": ["first_name", "last_name", "email"]}),
        (
            _("Ce qu’elle peut faire"),
            {
                "description": _("« Équipe » ouvre l’administration ; les groupes disent ce qui peut y être fait."),
                "fields": ["is_active", "is_staff", "groups", "is_superuser", "user_permissions"],
            },
        ),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["username", "usable_password", "password1", "password2"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    OF_SUPERUSERS = {"is_superuser", "user_permissions"}

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("nom"), ordering="last_name")
    def full_name(self, user):
        return user.get_full_name()

    @admin.display(description=_("groupes"))
    def groups_said(self, user):
        return _("tout") if user.is_superuser else ", ".join(group.name for group in user.groups.all())

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        return [
            (title, options | {"fields": [name for name in options["fields"] if name not in self.OF_SUPERUSERS]})
            for title, options in fieldsets
        ]

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def has_change_permission(self, request, obj=None):
        """Nobody below a superuser touches one: a new password would make them one."""
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False  # an account that leaves is closed: what it did keeps its author

    # --- verbs
    @admin.action(description=_("Débloquer la connexion"), permissions=["change"])
    def unlock(self, request, users):
        names = list(self._below(request, users).values_list("username", flat=True))
        for name in names:
            reset(username=name)
        self._say(request, names, "%d compte débloqué.", "%d comptes débloqués.")

    @admin.action(description=_("Retirer le code de connexion (téléphone perdu)"), permissions=["change"])
    def forget_second_factor(self, request, users):
        users = list(self._below(request, users))
        for user in users:
            second_factor.forget(user)
            self.log_change(request, user, "Code de connexion retiré.")
        self._say(request, users, "%d compte sans code.", "%d comptes sans code.")

    def _below(self, request, users):
        return users if request.user.is_superuser else users.filter(is_superuser=False)

    def _say(self, request, done: list, one: str, several: str) -> None:
        messages.success(request, ngettext(one, several, len(done)) % len(done))


@admin.register(Group)
class RightsAdmin(GroupAdmin):
    list_display = ["name", "what", "people"]

    @admin.display(description=_("ce qu’il permet"))
    def what(self, group):
        return rights.DESCRIPTIONS.get(group.name, "")

    @admin.display(description=_("qui"))
    def people(self, group):
        users = group.user_set.order_by("username")
        addressed = ((reverse("admin:auth_user_change", args=[user.pk]), user.username) for user in users)
        return format_html_join(", ", '<a href="{}">{}</a>', addressed)

    def has_change_permission(self, request, obj=None):
        ours = obj is not None and obj.name in rights.GROUPS  # set again by every migration
        return not ours and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj) and super().has_delete_permission(request, obj)
