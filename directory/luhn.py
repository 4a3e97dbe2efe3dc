"""The key of RPPS, FINESS, SIREN and SIRET numbers (annuaire.md §2.4). Pure."""

_DOUBLED = str.maketrans("0123456789", "0246813579")  # each digit twice, its own digits added


def luhn(digits: str) -> bool:
    """Is the last digit the key of the others? What has a letter has no such key."""
    if not (digits.isascii() and digits.isdigit()):
        return False
    counted = digits[-1::-2] + digits[-2::-2].translate(_DOUBLED)
    return (sum(counted.encode()) - 48 * len(counted)) % 10 == 0  # 48: the code of «0»
