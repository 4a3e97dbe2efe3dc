"""People and their sessions. Passwords are set here by an administrator until self-enrolment comes."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from auth_otp.models import Session, User
from mssweb import notify
from mssweb.audit.record import record


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # generic in its stubs only
    list_display = ["login", "last_name", "first_name", "profession", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["login", "last_name", "first_name", "rpps"]
    ordering = ["last_name", "first_name"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["login", "password", "rpps", "title", "first_name", "last_name", "profession", "phone"]}),
        ("Droits", {"fields": ["is_active", "is_staff", "is_superuser"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["login", "first_name", "last_name", "phone", "usable_password", "password1", "password2"]})
    ]

    def save_model(self, request: HttpRequest, obj: User, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)
        record(f"user.{'change' if change else 'create'}", request=request, subject=("user", obj.pk))
        if change:
            notify.kill(obj.pk)


@admin.register(Session)
class SessionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # as above
    list_display = ["user", "device", "client", "created_at", "gesture_at", "locked_at"]
    fields = list_display
    readonly_fields = list_display
    actions = ["end"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @admin.action(description="Terminer ces sessions")
    def end(self, request: HttpRequest, chosen: QuerySet[Session]) -> None:
        for session in chosen:
            record("session.end", request=request, subject=("user", session.user_id or ""))
            if session.user_id:
                notify.kill(session.user_id)
        chosen.delete()
