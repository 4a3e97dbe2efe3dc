"""Sign-in forms. Labels are names that programs rely on (issue 2)."""

from django import forms
from django.http import QueryDict

_PASSWORD = {"autocomplete": "current-password"}
WHAT_LOGIN = "Votre adresse professionnelle ou votre numéro RPPS."


class SignInForm(forms.Form):
    login = forms.CharField(label="Identifiant", max_length=254, help_text=WHAT_LOGIN)
    password = forms.CharField(label="Mot de passe", max_length=200, strip=False, widget=forms.PasswordInput)
    login.widget.attrs.update({"autocomplete": "username webauthn", "autocapitalize": "none", "spellcheck": "false"})
    password.widget.attrs.update(_PASSWORD)

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        if data is None:
            self.fields["login"].widget.attrs["autofocus"] = True

    def refuse(self, words: str) -> None:
        """One answer for both fields: which of them is wrong is not told. What was typed is typed again."""
        self.add_error(None, words)
        self.fields["password"].widget.attrs |= {
            "aria-invalid": "true",
            "aria-describedby": "refused",
            "autofocus": True,
        }

    def clean_login(self) -> str:
        """As User.login is kept."""
        return str(self.cleaned_data["login"]).lower()


class CodeInput(forms.TextInput):
    def format_value(self, value: object) -> None:
        """A wrong code is not shown again: the next digits would follow it."""


class CodeForm(forms.Form):
    """One plain field, so that a phone, a password manager or a paste fills it in one gesture."""

    code = forms.CharField(label="Code", max_length=40, widget=CodeInput)
    code.widget.attrs.update(
        {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "class": "code", "maxlength": "40"}
    )


class RecoveryForm(forms.Form):
    code = forms.CharField(label="Code de secours", max_length=40, widget=CodeInput)
    code.widget.attrs.update(
        {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
    )


class UnlockForm(forms.Form):
    password = forms.CharField(label="Mot de passe", max_length=200, strip=False, widget=forms.PasswordInput)
    password.widget.attrs.update(_PASSWORD | {"autofocus": True})
