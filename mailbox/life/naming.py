"""Addresses that are given, and those that never are (trust-space §7.3). Pure.

Shapes are [official]/[secondary] in the reference; how homonyms are told apart and what is reserved is our decision.
Two addresses that differ only by case, dots, hyphens or underscores are one (`skeleton`): nobody tells them apart by ear.
Refuses to give what a machine answers for (RFC 2142), what looks like a patient's number, and what was ever used.
"""

import re
from collections.abc import Collection, Iterator

from directory.fold import folded

MAX_CALLED = 160  # characters of what correspondents read
MAX_LOCAL = 64  # octets, RFC 5321 §4.5.3.1.1
MOST_OFFERED = 4
_LOCAL = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", re.ASCII)
_WORD = re.compile(r"[a-z0-9]+", re.ASCII)
_APOSTROPHES = re.compile("['’ʼ`´]")
_SEPARATORS = str.maketrans("", "", ".-_")
# <matricule INS>@patient.mssante.fr (trust-space §12), with its key or without: a number of that shape names a patient
_INS = re.compile(r"[0-9]{5}(?:[0-9]{2}|2[ab])[0-9]{6}(?:[0-9]{2})?", re.ASCII)
_NUMBERED = re.compile(r"[0-9]+\Z", re.ASCII)

RESERVED = frozenset(
    """abuse admin administrateur administration administrator alert alerte api autoreply bin bounce ca certificat contact-dpo
    daemon devnull dmarc dpo dsn exploitation facturation ftp hostmaster info-securite ldap list listserv mail mailerdaemon
    mailer-daemon mdn mss mssante mssweb mx news newsmaster nobody noc no-reply noreply null operateur patient patients
    postmaster protection-donnees root security securite smtp sonde ssladmin ssladministrator sslwebmaster supervision
    support sysadmin system test tests usenet uucp webmaster www""".split()
)  # RFC 2142, what certificate authorities write to (CA/B §3.2.2.4.4), and ours
_SKELETONS = frozenset(word.translate(_SEPARATORS) for word in RESERVED)


def person(first_name: str, last_name: str) -> str:
    """`Marie-Claire`, `L’Hénaff de la Tour` → `marie-claire.lhenaff-de-la-tour`; '' when no letter is left of one of them."""
    first, last = _words(first_name), "-".join(_words(last_name))
    if not first or not last:
        return ""
    called = "-".join(first)
    if len(called) + len(last) >= MAX_LOCAL:
        called = _cut(first[0], MAX_LOCAL // 2 - 1)
    return f"{called}.{_cut(last, MAX_LOCAL - 1 - len(called))}"


def place(*parts: str) -> str:
    """`Pharmacie Dupont`, `Paris` → `pharmacie-dupont-paris`. A word that was said is not said again at once."""
    said: list[str] = []
    for part in parts:
        words = _words(part)
        said += words if said[-len(words) :] != words else []
    return _cut("-".join(said))


def application(name: str) -> str:
    """`<nom>-applicatif`."""
    words = _words(name)
    return f"{_cut('-'.join(words), MAX_LOCAL - len('-applicatif'))}-applicatif" if words else ""


def skeleton(address: str) -> str:
    """What two addresses that could be taken for one another have in common; the same in SQL (mailbox_skeleton)."""
    local, at, domain = address.lower().rpartition("@")
    return f"{local.translate(_SEPARATORS)}{at}{domain}"


def fault(local: str) -> str:
    """Why no mailbox has this name, in French; '' when one may have it."""
    if not local or len(local) > MAX_LOCAL:
        return f"Écrivez un nom de 1 à {MAX_LOCAL} caractères."
    if not _LOCAL.fullmatch(local):
        return "Écrivez des lettres sans accent, des chiffres, et des points ou des tirets entre eux."
    bare = local.translate(_SEPARATORS)
    if bare in _SKELETONS or _NUMBERED.sub("", bare) in _SKELETONS:
        return "Ce nom est réservé au fonctionnement de la messagerie."
    if _INS.fullmatch(bare):
        return "Ce nom a la forme d’un numéro de patient (INS)."
    return ""


def called(*parts: str) -> str:
    """What correspondents read of a person (ECO.2.2.7): title, first name, NAME, structure; a blank within one of them."""
    return "_".join(part for one in parts if (part := _on_a_line(one.replace("_", " "))))[:MAX_CALLED].rstrip("_ ")


def entity(*parts: str) -> str:
    """Of a structure, a service of it, a software."""
    return " – ".join(part for one in parts if (part := _on_a_line(one)))[:MAX_CALLED].rstrip("– ")


def called_fault(name: str, *, is_person: bool) -> str:
    """Why a mailbox is not called so, in French; '' when it may be."""
    if not name.isprintable() or name != _on_a_line(name):
        return "Écrivez le libellé sur une ligne, sans caractère invisible : il voyage avec chaque message."
    if any(sign in name for sign in '<>"@'):
        return "Écrivez le libellé sans guillemets, chevrons ni arobase : il serait pris pour une adresse."
    if is_person and (not 2 <= len(parts := name.split("_")) <= 4 or not all(map(str.strip, parts))):
        return "Écrivez Titre_Prénom_NOM_Structure, séparés par « _ » ; seuls le prénom et le nom sont obligatoires."
    return ""


def _on_a_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def offers(bases: Collection[str], domain: str, used: Collection[str]) -> list[str]:
    """Free addresses, likeliest first: each base as it is, then the first ones numbered from 2. `used` are skeletons."""
    found: dict[str, str] = {}
    for local in _tried([base for base in dict.fromkeys(bases) if base]):
        address = f"{local}@{domain}"
        if not fault(local) and skeleton(address) not in used:
            found.setdefault(skeleton(address), address)
        if len(found) == MOST_OFFERED:
            break
    return list(found.values())


def stem(address: str) -> str:
    """The beginning that homonyms share, without a domain: `mariemartin` of `marie.martin2@…`."""
    return _NUMBERED.sub("", skeleton(address).rpartition("@")[0])


def are_near(one: str, other: str) -> bool:
    """Of the same domain, and one for a hasty eye: the same but for separators and a number at the end."""
    return one.rpartition("@")[2] == other.rpartition("@")[2] and stem(one) == stem(other)


def _tried(bases: list[str]) -> Iterator[str]:
    yield from bases
    for number in range(2, 100):
        for base in bases[:1]:
            yield f"{_cut(base, MAX_LOCAL - len(str(number)))}{number}"


def _words(text: str) -> list[str]:
    """ASCII words; an elided article stays with its name, a letter of another alphabet is left out."""
    return _WORD.findall(folded(_APOSTROPHES.sub("", text[:400])))


def _cut(local: str, most: int = MAX_LOCAL) -> str:
    """Whole words while there are several."""
    if len(local) <= most:
        return local
    kept = local[:most]
    whole = kept if local[most] in ".-" else re.sub(r"-[a-z0-9]*\Z", "", kept)
    return (whole if len(whole) > most // 2 else kept).rstrip(".-")
