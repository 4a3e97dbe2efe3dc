"""The knobs of Pro Santé Connect: closed, and nothing of it shown, until PSC_ISSUER is set. Read by mssweb.doors."""

from django.core.exceptions import ImproperlyConfigured

from mssweb.knobs import env, existing, flag, secret, shaped

_ISSUER = r"(https://[^\s/?#]+(/[^\s?#]*[^\s?#/])?|http://127\.0\.0\.1:\d+/\S*[^\s/])?"
_METHODS = ("client_secret_basic", "private_key_jwt", "tls_client_auth")


def pro_sante_connect(*, process: str) -> dict[str, str]:
    """What auth_otp.psc.client makes a client of; `issuer` is empty where the door is closed.

    Web lets people in, worker follows their sessions; the others hold no secret of ours.
    """
    is_ours = process in {"web", "worker"}
    file = existing if is_ours else env  # the others may not even see where it lies
    given = {
        "issuer": shaped("PSC_ISSUER", _ISSUER, "«https://…», without a slash at its end"),
        "client_id": env("PSC_CLIENT_ID"),
        "method": env("PSC_CLIENT_AUTH") or _METHODS[0],
        "key": file("PSC_KEY"),  # PEM: what private_key_jwt signs with, or the key of PSC_CERTIFICATE
        "key_id": env("PSC_KEY_ID"),
        "certificate": file("PSC_CERTIFICATE"),  # PEM of ORG AUTH_CLI, for tls_client_auth (espace de confiance)
        "ca": file("PSC_CA"),  # PEM of the provider's authorities; the system's when unset
        "acr": env("PSC_ACR", "eidas1"),
        "secret": secret("PSC_CLIENT_SECRET") if is_ours or process == "manage" else "",
        "ciba": "1" if flag("PSC_CIBA") else "",  # by telephone, where ANS has opened it to this client
    }
    if given["issuer"] and is_ours:
        _check(given)
    return given


def _check(given: dict[str, str]) -> None:
    wanted = {
        "client_secret_basic": "secret",
        "private_key_jwt": "key",
        "tls_client_auth": "certificate",
    }.get(given["method"])
    if wanted is None:
        raise ImproperlyConfigured(f"PSC_CLIENT_AUTH={given['method']}: one of {', '.join(_METHODS)} is expected")
    names = {"secret": "PSC_CLIENT_SECRET", "key": "PSC_KEY", "certificate": "PSC_CERTIFICATE"}
    if not given["client_id"] or not given[wanted]:
        raise ImproperlyConfigured(f"PSC_ISSUER wants PSC_CLIENT_ID and {names[wanted]}")
