"""What the provider knows while it runs: who has proved themselves, codes, refresh tokens, questions on telephones."""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailbox.management.demo.wallet.holders import Holder
from mailbox.management.demo.wallet.minting import Fault, Mint

REALM = "/auth/realms/esante-wallet"
OIDC = f"{REALM}/protocol/openid-connect"
IDLE, LONGEST = 1800, 4 * 3600  # seconds: of a refresh token, of a session (§8.2)


class OAuthError(Exception):
    """RFC 6749 §5.2."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass(slots=True)
class Proved:
    """A session of the provider: who proved themselves, when, how."""

    holder: Holder
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code stands for."""

    sid: str
    there: str
    nonce: str
    challenge: str


@dataclass(slots=True)
class Question:
    """On a telephone."""

    holder: Holder
    words: str
    channel: str
    at: int
    state: str = "pending"
    asked_at: float = 0.0


@dataclass
class Wallet:
    """One provider, for one client. `accepts`: how it proves itself («basic», «signed», «mutual»)."""

    base: str
    client_id: str
    secret: str
    returns: Sequence[str]
    holders: list[Holder]
    accepts: str = "basic"
    client_key: object = None  # the public key of «signed»
    leaves: str = ""  # where it tells the client that a session has ended
    sessions: dict[str, Proved] = field(default_factory=dict)
    codes: dict[str, Granted] = field(default_factory=dict)
    refreshing: dict[str, tuple[str, int]] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    fault_: Fault = Fault.NONE
    rotates: bool = True

    def __post_init__(self) -> None:
        self.issuer = self.base + REALM
        self.mint = Mint(self.issuer, self.client_id)

    @property
    def fault(self) -> Fault:
        return self.fault_

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self.fault_ = self.mint.fault = fault

    def metadata(self) -> dict[str, object]:
        there = self.base + OIDC
        told = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.base}/auth", "token_endpoint": f"{there}/token",
            "userinfo_endpoint": f"{there}/userinfo", "jwks_uri": f"{there}/certs", "end_session_endpoint": f"{there}/logout",
            "introspection_endpoint": f"{there}/token/introspect",
            "backchannel_authentication_endpoint": f"{there}/ext/ciba/auth", "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True, "backchannel_logout_supported": True,
            "response_types_supported": ["code"], "subject_types_supported": ["public"], "acr_values_supported": ["eidas1"],
        }  # fmt: skip
        return told | ({"issuer": "https://elsewhere.example"} if self.fault is Fault.DISCOVERY else {})

    def prove(self, holder: Holder, *, by: str = "CARD") -> str:
        sid = secrets.token_urlsafe(16)
        self.sessions[sid] = Proved(holder, self.mint.now(), by)
        return sid

    def grant(self, sid: str, asked: Mapping[str, str]) -> str:
        """A code, for what was asked at the authorization endpoint."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = Granted(sid, asked["redirect_uri"], asked.get("nonce", ""), asked["code_challenge"])
        return code

    def refused(self, asked: Mapping[str, str]) -> str | None:
        """Why a question at the authorization endpoint is not answered; None when it is."""
        wanted = {
            "client_id": self.client_id,
            "response_type": "code",
            "code_challenge_method": "S256",
            "acr_values": "eidas1",
        }
        if asked.get("redirect_uri") not in self.returns or asked.get("client_id") != self.client_id:
            return "client"
        is_right = all(asked.get(name) == value for name, value in wanted.items()) and asked.get("code_challenge")
        return (
            None if is_right and asked.get("scope") == "openid scope_all" and asked.get("state") else "invalid_request"
        )

    def token(self, form: Mapping[str, str], *, thumbprint: str) -> dict[str, object]:
        match form.get("grant_type"):
            case "authorization_code":
                return self._of_code(form, thumbprint)
            case "refresh_token":
                return self._of_refresh(form, thumbprint)
            case "urn:openid:params:grant-type:ciba":
                return self._of_telephone(form, thumbprint)
        raise OAuthError("unsupported_grant_type")

    def ask(self, form: Mapping[str, str]) -> dict[str, object]:
        holder = next((one for one in self.holders if one.national_id == form.get("login_hint")), None)
        if holder is None:
            raise OAuthError("unknown_user_id")
        request_id = secrets.token_urlsafe(24)
        now = self.mint.now()
        self.questions[request_id] = Question(holder, form.get("binding_message", ""), form.get("channel", ""), now)
        return {"auth_req_id": request_id, "expires_in": 120, "interval": 5}

    def end(self, sid: str) -> Proved | None:
        self.refreshing = {token: kept for token, kept in self.refreshing.items() if kept[0] != sid}
        return self.sessions.pop(sid, None)

    def userinfo(self, token: str) -> dict[str, object]:
        proved = self.sessions.get(self.access.get(token, ""))
        if proved is None:
            raise OAuthError("invalid_token", 401)
        told = proved.holder.claims(by=proved.by)
        if self.fault is Fault.USERINFO:
            told["sub"] = f"{proved.holder.subject}0"
        if self.fault is Fault.CLAIMS:
            told |= {"SubjectNameID": "899900000029"}
        return told

    def _of_code(self, form: Mapping[str, str], thumbprint: str) -> dict[str, object]:
        granted = self.codes.pop(form.get("code", ""), None)
        if granted is None or granted.there != form.get("redirect_uri") or granted.sid not in self.sessions:
            raise OAuthError("invalid_grant")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != granted.challenge:
            raise OAuthError("invalid_grant")
        return self._issued(granted.sid, granted.nonce, thumbprint)

    def _of_refresh(self, form: Mapping[str, str], thumbprint: str) -> dict[str, object]:
        given = form.get("refresh_token", "")
        sid, until = self.refreshing.get(given, ("", 0))
        now = self.mint.now()
        if sid not in self.sessions or now >= until or now - self.sessions[sid].at >= LONGEST:
            raise OAuthError("invalid_grant")
        if self.rotates:
            del self.refreshing[given]
        return self._issued(sid, "", thumbprint)

    def _of_telephone(self, form: Mapping[str, str], thumbprint: str) -> dict[str, object]:
        request_id = form.get("auth_req_id", "")
        question = self.questions.get(request_id)
        now = self.mint.now()
        if question is None:
            raise OAuthError("invalid_grant")
        if now - question.at >= 120:
            raise OAuthError("expired_token")
        is_hasty, question.asked_at = now - question.asked_at < 4, now
        if question.state == "pending":
            raise OAuthError("slow_down" if is_hasty else "authorization_pending")
        del self.questions[request_id]
        if question.state == "denied":
            raise OAuthError("access_denied")
        return self._issued(self.prove(question.holder, by=question.channel), "", thumbprint)

    def _issued(self, sid: str, nonce: str, thumbprint: str) -> dict[str, object]:
        proved = self.sessions[sid]
        access, refresh = self.mint.access(proved.holder.subject, thumbprint=thumbprint), secrets.token_urlsafe(32)
        self.access[access] = sid
        self.refreshing[refresh] = (sid, self.mint.now() + IDLE)
        identity = self.mint.identity(
            proved.holder.subject, sid=sid, nonce=nonce, proved_at=proved.at, access_token=access
        )
        return {
            "access_token": access, "expires_in": 120, "refresh_token": refresh, "refresh_expires_in": IDLE,
            "token_type": "Bearer", "id_token": identity, "scope": "openid scope_all",
        }  # fmt: skip
