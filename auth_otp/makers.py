"""How a passkey is called before its person names it: what keeps it, by its AAGUID (WebAuthn level 3 §6.5.1). Pure.

Names are those of the passkey developers' list (github.com/passkeydeveloper/passkey-authenticator-aaguids, aaguid.json), in
French where their makers have one. An AAGUID proves nothing: without attestation anybody says what they like.
"""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "Mots de passe Apple",
    "dd4ec289-e01d-41c9-bb89-70fa845d4bf2": "Trousseau iCloud (géré)",
    "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Gestionnaire de mots de passe de Google",
    "adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome sur Mac",
    "771b48fd-d3d4-4f74-9232-fc157ab0507a": "Edge sur Mac",
    "08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
    "9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
    "6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
    "53414d53-554e-4700-0000-000000000000": "Samsung Pass",
    "bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
    "d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
    "531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
    "fdb141b2-5d84-443e-8a35-4698c205a502": "KeePassXC",
    "0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6": "Keeper",
    "b84e4048-15dc-4dd0-8640-f4f60813c8af": "NordPass",
    "50726f74-6f6e-5061-7373-50726f746f6e": "Proton Pass",
    "f3809540-7f14-49c1-a8b3-8f813b225541": "Enpass",
}


def name_of(aaguid: str, *, browser: str) -> str:
    """`browser`: «Firefox sous Windows», for whatever does not say what it is."""
    return NAMES.get(aaguid, browser)
