"""Who holds a card or an e-CPS of the demonstration, and what the provider tells of them (client-and-documents §8.3)."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5


@dataclass(frozen=True, slots=True)
class Holder:
    """`national_id`: 8 and the RPPS number; other first digits are of people without one."""

    national_id: str
    given_name: str
    family_name: str
    profession: str = "21"
    place: str = "PHARMACIE DUPONT"
    words: str = ""  # what the page of the demonstration says of them

    @property
    def subject(self) -> str:
        return f"f:{uuid5(NAMESPACE_URL, 'mssweb demonstration')}:{self.national_id}"

    def claims(self, *, by: str) -> dict[str, object]:
        """As userinfo gives them; a few of the many fields of an address are left out."""
        activity = {
            "codeModeExercice": "L", "codeSecteurDactivite": "SA33", "codeSectionPharmacien": "A", "codeRole": "",
            "codeGenreActivite": "GENR01", "numeroSiretSite": "", "numeroSirenSite": "", "numeroFinessSite": "750000002",
            "numeroFinessetablissementJuridique": "", "identifiantTechniqueDeLaStructure": "F750000002",
            "raisonSocialeSite": self.place, "enseigneCommercialeSite": "", "ancienIdentifiantDeLaStructure": "",
            "autoriteDenregistrement": "ARS/CPAM/CPAM",
        }  # fmt: skip
        exercice = {
            "codeProfession": self.profession, "codeCategorieProfessionnelle": "C", "codeCiviliteDexercice": "",
            "nomDexercice": self.family_name, "prenomDexercice": self.given_name, "codeTypeSavoirFaire": "",
            "codeSavoirFaire": "", "activities": [activity],
        }  # fmt: skip
        return {
            "sub": self.subject, "SubjectNameID": self.national_id, "preferred_username": self.national_id,
            "given_name": self.given_name, "family_name": self.family_name, "SubjectOrganization": self.place,
            "SubjectOrganizationID": "F750000002", "SubjectRole": ["10^1.2.250.1.213.1.1.5.5"],
            "Secteur_Activite": "SA33^1.2.250.1.71.4.2.4", "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
            "PSI_Locale": "1.2.250.1.213.1.3.1.1", "UITVersion": "1.0", "Mode_Acces_Raison": "",
            "Acces_Regulation_Medicale": "FAUX",
            "otherIds": [{"identifiant": self.national_id, "origine": "RPPS", "qualite": 1}], "authMode": by,
            "SubjectRefPro": {"codeCivilite": "MME", "exercices": [exercice]},
        }  # fmt: skip
