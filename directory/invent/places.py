"""The address of an invented structure or practice, and the columns it fills in both files, dirt included."""

from dataclasses import dataclass
from functools import lru_cache

from directory.invent.draws import Draws, share
from directory.invent.land import Commune, Department, folded

_TYPES = (("R", "Rue"), ("R", "Rue"), ("R", "Rue"), ("R", "Rue"), ("AV", "Avenue"), ("AV", "Avenue"), ("BD", "Boulevard"),
          ("PL", "Place"), ("CHE", "Chemin"), ("RTE", "Route"), ("ALL", "Allée"), ("IMP", "Impasse"), ("QU", "Quai"))  # fmt: skip
_STREETS = """
de la République|Victor Hugo|Jean Jaurès|de l'Église|du Moulin|Pasteur|des Lilas|des Vignes|du Général de Gaulle
de la Gare|de la Mairie|des Écoles|du Stade|de Verdun|du 8 Mai 1945|du 11 Novembre|Jules Ferry|Gambetta|Léon Blum
Émile Zola|Voltaire|Molière|Jean Moulin|Aristide Briand|Anatole France|du Maréchal Foch|du Maréchal Leclerc
de la Libération|de la Résistance|de la Paix|de la Fontaine|des Tilleuls|des Acacias|des Platanes|des Marronniers
du Château|de la Poste|du Lavoir|du Pont|de la Rivière|des Jardins|des Roses|des Peupliers|des Cerisiers|du Marché
Saint-Martin|Saint-Jean|Saint-Pierre|Notre-Dame|Sainte-Anne|de Paris|de Lyon|de Bordeaux|d'Italie|de Strasbourg|Nationale
Carnot|Thiers|Kléber|Lafayette|Diderot|Rousseau|Descartes|Lamartine|Chateaubriand|Alphonse Daudet|George Sand|Marie Curie
Pierre et Marie Curie|Claude Bernard|Ambroise Paré|Laennec|Louis Braille|Simone Veil|Salvador Allende|Nelson Mandela
Pablo Picasso|Claude Monet|Paul Cézanne|Georges Clemenceau|Raymond Poincaré|Raspail|Danton|Robespierre|Marat|Louise Michel
Paul Bert|Pierre Brossolette|Jean Mermoz|Antoine de Saint-Exupéry|des Frères Lumière|de l'Hôpital|de la Croix Blanche
du Four|de la Tour|du Puits|des Prés|de la Plaine|du Bois|des Chênes|de Bretagne|de Normandie
""".strip().replace("\n", "|").split("|")  # fmt: skip
CALLED = tuple("""
du Marché|de la Gare|des Halles|du Parc|du Centre|de la Mairie|de l'Église|de la Poste|du Pont|du Château|de la Place
des Lilas|des Tilleuls|du Soleil|de la Fontaine|des Écoles|de l'Hôtel de Ville|du Lac|de la Plage|du Port|des Arcades
de la Paix|du Moulin|des Remparts|de la Cathédrale|du Rond-Point|de la Liberté|de l'Europe|des Alpes|du Midi|de l'Avenir
des Oliviers|des Pins|du Vieux Pont|de la République|de l'Étoile|des Quatre Vents|de la Rotonde|du Théâtre|du Lycée
de la Vallée|des Cèdres|du Canal|de la Croix Rousse|de la Forêt|du Plateau|des Deux Rives|de l'Horloge|de Paris|du Progrès
Centrale|Principale|Moderne|des Ursulines|Bellevue|Beauséjour|Mozart|Pasteur|Victor Hugo|Gambetta|Jean Jaurès
Claude Bernard|Ambroise Paré|Laennec|des Jardins|du Stade
""".strip().replace("\n", "|").split("|"))  # fmt: skip
SAINTS = tuple("""
Saint-Roch|Saint-Jean|Saint-Pierre|Saint-Martin|Saint-Michel|Saint-Joseph|Saint-Louis|Saint-Antoine|Saint-Luc
Saint-Vincent|Saint-Charles|Saint-François|Sainte-Anne|Sainte-Marie|Sainte-Thérèse|Sainte-Catherine|Notre-Dame
Saint-Camille|Saint-Côme|Saint-Damien|Saint-Exupéry|Sainte-Barbe|Sainte-Élisabeth|Saint-Hilaire|Saint-Germain
Saint-Sauveur
""".strip().replace("\n", "|").split("|"))  # fmt: skip
_FICTION = ("0199", "0261", "0353", "0465", "0536", "0639")  # ranges kept for fiction by ARCEP, their next digits below
_NEXT = ("00", "91", "01", "71", "49", "98")
_LONG = share(0.30)


@dataclass(frozen=True, slots=True)
class Site:
    name: str
    number: str
    repeated: str  # BIS, TER
    street_code: str
    street_type: str
    street: str
    postcode: str
    commune: Commune
    town: str


@dataclass(frozen=True, slots=True)
class Identity:
    kind: str  # F, C or R
    number: str
    siren: str
    finess: str
    legal: str  # FINESS of the legal entity


def site(name: str, commune: Commune, draws: Draws) -> Site:
    kind, street = _TYPES[draws[5] % len(_TYPES)], _STREETS[draws[6] % len(_STREETS)]
    number = "" if draws[7] % 20 == 0 else str(1 + (draws[7] >> 8) % (draws[7] % 160 + 2))
    postcode = commune.postcodes[draws[8] % len(commune.postcodes)]
    repeated = ("BIS", "TER", "A", "B")[draws[9] & 3] if number and draws[9] < share(0.05) else ""
    return Site(name, number, repeated, *kind, street, postcode, commune, commune.town())


@lru_cache(maxsize=8_192)
def plain(text: str) -> str:
    """Capitals without accents, as many establishments type."""
    return folded(text).upper()


def columns(identity: Identity, where: Site, department: Department, draws: Draws) -> tuple[str, str]:
    """Columns 20 to 47 of an activity; the structure of a mailbox (2 columns), a tab, its last 13 columns."""
    loud = draws[10] & 1
    name = plain(where.name) if loud else where.name
    if draws[13] % 211 == 0:  # no quoting in these files: a quote is a letter
        first, _, rest = name.partition(" ")
        name = f'{first} "{rest}"'
    sign = where.name if draws[10] % 9 == 0 else ""
    street, kind = where.street, where.street_type
    if draws[11] < _LONG:  # the street holds its type already
        street = f"{kind} {street}"
    if draws[11] & 3:
        street, kind = plain(street), kind.upper() if draws[11] & 4 else kind
    last = f"{where.postcode} {plain(where.town)}{' CEDEX' if draws[12] % 25 == 0 else ''}"
    post = f"BP {draws[13] >> 9 & 255}" if draws[13] % 11 == 0 else ""
    extra = f"BATIMENT {'ABCD'[draws[12] >> 8 & 3]}" if draws[12] % 15 == 0 else ""
    country = ("|", "99000|France", "99000|FRANCE", "|France")[draws[12] >> 4 & 3]
    siret = identity.number if identity.kind == "C" else ""
    mail = f"contact@e{identity.number[-7:]}.example" if draws[13] % 20 == 0 else ""
    old = "" if identity.kind != "F" or draws[13] & 1 else f"1{identity.finess}"
    activity = (
        f"{siret}|{identity.siren}|{identity.finess}|{identity.legal}|{identity.kind}{identity.number}|{name}|{sign}||{extra}|"
        f"{where.number}|{where.repeated}|{where.street_code}|{kind}|{street}|{post}|"
        f"{last}|{where.postcode}|{where.commune.code}|{where.commune.name}|{country}|{phone(draws[14])}||"
        f"{phone(draws[15]) if draws[15] % 3 == 0 else ''}|{mail}|{department.code}|{department.name}|{old}"
    )  # fmt: skip
    sort = {"F": "1", "C": "3", "R": "4"}[identity.kind]
    mailbox = (
        f"{sort}|{sort}{identity.number}\t{name}|{sign}|{extra}||{where.number}|{where.repeated}|{kind}|{street}||{last}|"
        f"{where.postcode}|{department.code}|France"
    )
    return activity, mailbox


NOWHERE = "|" * 27
NO_STRUCTURE = "|"
NO_ADDRESS = "|" * 12


def phone(draw: int) -> str:
    """One of the spellings met: bare, by pairs, international, `0000`."""
    which, rest = draw % 6, f"{_NEXT[draw % 6]}{draw >> 8 & 0x1FFF:04d}"[:6]
    bare, shape = _FICTION[which] + rest, draw >> 24 & 31
    if shape < 16:
        return bare
    if shape < 26:
        return " ".join(bare[at : at + 2] for at in range(0, 10, 2))
    if shape < 29:
        return f"+33{bare[1:]}"
    return "0000" if shape == 29 else ""
