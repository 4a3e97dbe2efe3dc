"""The rows of the demonstration's white list: two dozen domains, with the traps of the published one (trust-space §1.4)."""

from collections.abc import Mapping, Sequence

from mailbox.management.demo.authority import ListedDomain, dn_text, operator_name

OURS, HOSPITAL = "officine.mssante.example", "hopital.mssante.example"
ANYBODY = (
    "medecin",
    "cpts-paris12",
    "ch-exemple.aura",
    "clinique-exemple.elsan",
    "had-idf",
    "cabinet-nation",
    "pharmacies",
)
_NBSP = "\u00a0"


def _dn(cn: str, ou: str, o: str, st: str = "Paris (75)") -> str:
    return dn_text(operator_name(cn, ou=ou, o=o, st=st))


_CARE: Mapping[str, tuple[str, Sequence[str]]] = {
    "cabinet-nation.mssante.example": (
        "Cabinet médical de la Nation",
        [_dn("smtp.cabinet-nation.mssante.example ", "1750000036", "CABINET MEDICAL DE LA NATION")],  # a blank after the CN
    ),
    "biologie-bercy.mssante.example": (
        "Laboratoire Bercy-Nation",
        [_dn("smtp.biologie-bercy.mssante.example ", "399900000200018", "LABORATOIRE BERCY-NATION")],
    ),
    "clinique-vincennes.mssante.example": (  # under two organisations; quotes inside, which strict readers reject
        "Clinique Les Lilas de Vincennes",
        [
            _dn("smtp-1.clinique-vincennes.mssante.example", "1780000040", 'CLINIQUE "LES LILAS" DE VINCENNES', "Yvelines (78)"),
            _dn("smtp-2.groupe-lilas.mssante.example", "399900000300016", "GROUPE LES LILAS", "Hauts-de-Seine (92)"),
        ],
    ),
    "infirmiers-est.mssante.example": (  # a comma inside, quoted and bare: one subject
        "Cabinet infirmier de l’Est",
        [
            _dn("smtp.infirmiers-est.mssante.example", "1750000051", '"CABINET INFIRMIER DE L\'EST, ROUSSEAU ET FILS"'),
            _dn("smtp.infirmiers-est.mssante.example", "1750000051", "CABINET INFIRMIER DE L'EST, ROUSSEAU ET FILS"),
        ],
    ),
    "pharmacies.mssante.example": (
        "Groupement des officines",
        [_dn("smtp.pharmacies.mssante.example", "399900000400014", "GROUPEMENT DES OFFICINES")],
    ),
    "patient.mssante.fr": (
        "Usagers, Mon espace santé. Boîte de test à réponse automatique : reponse.automatique-test@patient.mssante.fr",
        [
            _dn("smtps1.ens.infogerance.example", "399900000500011", "CNAM DE DEMONSTRATION"),
            _dn("smtps2.ens.infogerance.example", "399900000500011", "CNAM DE DEMONSTRATION"),
        ],
    ),
    "ch-exemple.aura.mssante.example": (  # blanks doubled and unbreakable, then one; and a shorter spelling of ST
        "Centre hospitalier Exemple",
        [
            _dn("smtp.ch-exemple.aura.mssante.example", "1690000062", f"CENTRE  HOSPITALIER{_NBSP} EXEMPLE", "Rhône (69)"),
            _dn("smtp.ch-exemple.aura.mssante.example", "1690000062", "CENTRE HOSPITALIER EXEMPLE", "Rhône(69)"),
        ],
    ),
    "clinique-exemple.elsan.mssante.example": (
        "Clinique Exemple",
        [_dn("mss.elsan.mssante.example", "399900000600019", "GROUPE DE CLINIQUES", "Meurthe et Moselle(54)")],
    ),
    "UC-CMP.mssante.example": (  # capitals
        "Union des caisses, centre médico-psychologique",
        [_dn("smtp.uc-cmp.mssante.example", "1330000073", "UNION DES CAISSES", "Bouches-du-Rhône (13)")],
    ),
    "interop-mssante.apicrypt.example": (
        "Messagerie de ville, interopérabilité",
        [_dn("interop.apicrypt.example", "399900000700017", "APICRYPT DE DEMONSTRATION", "Nord (59)")],
    ),
    "mssante.apicrypt.example": (
        "Messagerie de ville",
        [_dn("mssante.apicrypt.example", "399900000700017", "APICRYPT DE DEMONSTRATION", "Nord (59)")],
    ),
    "ehpad-lilas.mssante.example": (  # L instead of ST
        "EHPAD Les Lilas",
        ["CN=smtp.ehpad-lilas.mssante.example,OU=1930000084,O=EHPAD LES LILAS,L=Les Lilas (93),C=FR"],
    ),
    "dentistes.mssante.example": (  # blanks after the commas
        "Cabinet dentaire",
        ["CN=smtp.dentistes.mssante.example, OU=1750000092, O=CABINET DENTAIRE, ST=Paris (75), C=FR"],
    ),
    "kine-montreuil.mssante.example": (  # a CN that is no host name
        "Cabinet de kinésithérapie",
        [_dn("SERVEUR MSS KINE", "1930000100", "CABINET DE KINESITHERAPIE", "Seine-Saint-Denis (93)")],
    ),
    "sage-femme.mssante.example": (
        "Cabinet de sages-femmes",
        [_dn("smtp.sage-femme.mssante.example", "1210000112", "MAISON DES NAISSANCES ÉLÉONORE", "Côte-d'Or (21)")],
    ),
    "santé-nation.mssante.example": (  # an international name
        "Centre de santé de la Nation",
        [_dn("smtp.sante-nation.mssante.example", "1750000127", "CENTRE DE SANTÉ DE LA NATION")],
    ),
    "had-idf.mssante.example": (
        "Hospitalisation à domicile",
        [_dn("smtp.had-idf.mssante.example", "1750000135", "HOSPITALISATION A DOMICILE")],
    ),
    "cpts-paris12.mssante.example": (
        "CPTS Paris 12",
        [_dn("smtp.cpts-paris12.mssante.example", "399900000800015", "CPTS PARIS 12")],
    ),
    "medecin.mssante.example": (
        "Messagerie des médecins",
        [_dn("smtp.medecin.mssante.example", "399900000900013", "ORDRE DE DEMONSTRATION")],
    ),
    "dialyse.mssante.example": (
        "Centre de dialyse",
        [_dn("smtp.dialyse.mssante.example", "1750000143", "CENTRE DE DIALYSE")],
    ),
}  # fmt: skip


def rows(*, ours: str, hospital: str, other: str) -> list[ListedDomain]:
    """By the DNs of the certificates that exist. The hospital's peer answers for every domain but ours."""
    named = [
        ListedDomain(OURS, ours, "Les officines de mssweb"),
        ListedDomain(HOSPITAL, hospital, "Hôpital de démonstration"),
        ListedDomain(HOSPITAL, other, "Hôpital de démonstration, second serveur"),
        ListedDomain(HOSPITAL, hospital, "Hôpital de démonstration"),  # a plain duplicate
    ]
    for domain, (description, names) in _CARE.items():
        named += [ListedDomain(domain, name, description) for name in (*names, hospital)]
    return named
