"""{% passkey_door "unlock" %}: the button of a passkey, where browsers can bind one and the person holds one."""

from django import template
from django.template.context import Context
from django.urls import reverse

from auth_otp import ceremonies
from auth_otp.ceremonies import Act
from auth_otp.models import Passkey, User

register = template.Library()

_DOORS = {  # address, words of its button
    Act.ENTER: ("enter_passkey", "Clé d’accès"),
    Act.FOLLOW: ("follow_passkey", "Continuer avec ma clé d’accès"),
    Act.UNLOCK: ("unlock_passkey", "Rouvrir avec ma clé d’accès"),
    Act.PROVE: ("prove_passkey", "Confirmer avec ma clé d’accès"),
}


@register.inclusion_tag("auth_otp/_passkey.html", takes_context=True)
def passkey_door(context: Context, act: str) -> dict[str, object]:
    """Hidden until static/js/passkeys.js finds that this browser can."""
    name, words = _DOORS[Act(act)]
    return {
        "is_there": ceremonies.is_open() and (Act(act) in {Act.ENTER, Act.FOLLOW} or _holds(context["request"].user)),
        "act": act, "url": reverse(f"auth_otp:{name}"), "words": words, "host": ceremonies.rp_id(),
        "next": context.get("next", ""), "csrf_token": context.get("csrf_token"),
    }  # fmt: skip


def _holds(user: object) -> bool:
    return isinstance(user, User) and Passkey.objects.filter(user=user).exists()
