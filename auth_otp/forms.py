"""Sign-in forms. Labels are names that programs rely on (issue 2)."""

from django import forms


class SignInForm(forms.Form):
    login = forms.CharField(label="Identifiant", max_length=254)
    password = forms.CharField(label="Mot de passe", max_length=200, strip=False, widget=forms.PasswordInput)
    login.widget.attrs.update(
        {"autocomplete": "username", "autofocus": True, "autocapitalize": "none", "spellcheck": "false"}
    )
    password.widget.attrs.update({"autocomplete": "current-password"})


class CodeForm(forms.Form):
    code = forms.CharField(label="Code", max_length=20)
    code.widget.attrs.update(
        {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "autofocus": True,
            "pattern": "[0-9 ]*",
            "class": "code",
        }
    )


class UnlockForm(forms.Form):
    password = forms.CharField(label="Mot de passe", max_length=200, strip=False, widget=forms.PasswordInput)
    password.widget.attrs.update({"autocomplete": "current-password", "autofocus": True})
