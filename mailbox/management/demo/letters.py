"""Forty letters as a pharmacy receives them: written by hand, invented people, filed through the store like any other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.timezone import localtime

from auth_otp.models import User
from mailbox import marks, store
from mailbox.management.demo.meeting import invitation
from mailbox.management.demo.papers import Paper, pdf
from mailbox.mime.address import in_words
from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.mss import FIN
from mailbox.mime.values import Address
from mailbox.models import Mailbox, Message

LEMAIRE = Address("Dr_Florence_LEMAIRE_Hôpital Saint-Antoine", "dr.lemaire@hopital.mssante.example")
CARDIO = Address("CH Saint-Antoine, Cardiologie", "cardiologie@hopital.mssante.example")
LABO = Address("Laboratoire Bercy-Nation", "resultats@biologie-bercy.mssante.example")
NATION = Address(
    "Dr_Jean-Baptiste_DE LA ROCHEFOUCAULD-MONTBEL_Cabinet de la Nation",
    "jb.rochefoucauld@cabinet-nation.mssante.example",
)
SOPHIE = Address("Mme_Sophie_ROUSSEAU-DELACROIX", "s.rousseau@infirmiers-est.mssante.example")
LILAS = Address("EHPAD Les Lilas", "infirmerie@ehpad-lilas.mssante.example")
CLINIC = Address("Clinique Les Lilas de Vincennes", "ambulatoire@clinique-vincennes.mssante.example")
MARAICHERS = Address("Pharmacie des Maraîchers", "pharmacie-maraichers@pharmacies.mssante.example")
KINE = Address("M._Souleymane_KEITA", "s.keita@kine-montreuil.mssante.example")
DENTAL = Address("Dr_Aïcha_BENSAÏD", "a.bensaid@dentistes.mssante.example")
MIDWIFE = Address("Mme_Clémence_LE GOFF", "c.legoff@sage-femme.mssante.example")
VIDAL = Address("VIDAL Marguerite", "248057511604235@patient.mssante.fr")
NGUYEN = Address("NGUYEN Van Minh", "155039935012312@patient.mssante.fr")
LIAISON = Paper(
    "Lettre de liaison", "11490-0", "OUEDRAOGO", "Issa", date(1962, 5, 12), "162057511203412", "Conciliation médicamenteuse",
    "Bisoprolol 2,5 mg le matin, introduit. Furosémide 40 mg, poursuivi. Ibuprofène, arrêté.",
)  # fmt: skip
BIOLOGY = Paper(
    "CR d'examens biologiques", "11502-2", "COURTOIS", "Hélène", date(1971, 9, 3), "271097511204856", "Hémostase",
    "TP 92 %, TCA 1,0, plaquettes 243 G/L : pas d’anomalie avant extraction.",
)  # fmt: skip


@dataclass(frozen=True)
class Note:
    """One letter: hours before now, with whom, subject, body; `answers` is the index of the letter it answers.

    `by` is who wrote it from the pharmacy, and signs it; '' came in. `paper` names a PDF, or is a document of a patient.
    `asks`: its author wants to know that it was read; `closes`: it ends the exchange (ECO.2.2.8).
    `invites`: to the meeting of its subject, after the colon.
    """

    hours: float
    who: Address
    subject: str
    body: str
    paper: str | Paper = ""
    answers: int | None = None
    by: str = ""
    html: bool = False
    read: bool = False
    asks: bool = False
    closes: bool = False
    invites: bool = False


NOTES = (
    Note(52, LEMAIRE, "Ordonnance de sortie – Mme VIAL Paulette", "Chers confrères,\n\nMme Vial sort demain. L’ordonnance suivra dès la visite de ce soir.\n\nBien cordialement,\nDr F. Lemaire", read=True),
    Note(28, LEMAIRE, "Re : Ordonnance de sortie – Mme VIAL Paulette", "Bonjour Docteur,\n\nMme Vial n’a pas reçu son ordonnance de sortie ; elle passe ce soir.\n\nAnne Dupont, Pharmacie Dupont", answers=0, by="anne"),
    Note(1.2, LEMAIRE, "Re : Ordonnance de sortie – Mme VIAL Paulette", "Bonjour,\n\nVeuillez trouver l’ordonnance de sortie de Mme Vial : apixaban 5 mg, un comprimé matin et soir (posologie majorée), arrêt de l’amiodarone à compter de ce jour.\n\nMerci de vérifier avec elle la reprise du pilulier.\n\nBien cordialement,\nDr F. Lemaire", paper="Ordonnance de sortie VIAL.pdf", answers=1),
    Note(1.6, CARDIO, LIAISON.subject, "Sortie ce jour. Conciliation médicamenteuse jointe, merci de signaler toute divergence avec votre historique.", paper=LIAISON),
    Note(2.1, VIDAL, "Renouvellement de mon traitement", "Bonjour,\n\nPuis-je passer prendre mon renouvellement samedi matin ? Je joins l’ordonnance du docteur.\n\nMerci beaucoup,\nMarguerite Vidal", paper="ordonnance-photo.pdf"),
    Note(2.6, LABO, "CR de biologie – M. NGUYEN Van Minh", "INR 4,8 (cible 2–3). Valeur critique communiquée au prescripteur par téléphone à 8 h 15.\n\nLe compte rendu complet est joint.", paper="CR biologie NGUYEN.pdf", asks=True),
    Note(26, SOPHIE, "Pansements M. Lefèvre", "Bonjour,\n\nPourriez-vous préparer pour M. Lefèvre deux boîtes d’hydrocellulaire 15 × 15 et du sérum physiologique ?\n\nSophie", read=True),
    Note(25, SOPHIE, "Re : Pansements M. Lefèvre", "Bonjour Sophie,\n\nC’est prêt, au nom de M. Lefèvre, à partir de 16 h.\n\nClaire, Pharmacie Dupont", answers=6, by="claire"),
    Note(24.4, SOPHIE, "Re : Pansements M. Lefèvre", "Merci ! Je passe vers 17 h. Pourriez-vous ajouter deux boîtes de compresses 10 × 10 ?", answers=7, read=True),
    Note(27, MARAICHERS, "Dépannage : Ventoline 100 µg", "Bonjour,\n\nAuriez-vous 3 unités à nous dépanner d’ici ce soir ? Notre grossiste est en rupture jusqu’à jeudi.\n\nMerci d’avance.", read=True),
    Note(29, NATION, "Posologie méthotrexate – à confirmer", "Bonjour,\n\nVotre préparatrice a bien fait d’appeler : il s’agit d’une prise HEBDOMADAIRE (10 mg le lundi), et non quotidienne. Ordonnance rectificative jointe.\n\nMerci de votre vigilance.", paper="Ordonnance rectificative.pdf", read=True),
    Note(28.5, NATION, "Re : Posologie méthotrexate – à confirmer", "Merci Docteur. Nous avons repris l’intégralité de la délivrance avec la patiente et noté le jour de prise sur la boîte.\n\nAnne Dupont", answers=10, by="anne"),
    Note(30, LILAS, "Piluliers semaine 48 – 14 résidents", "Bonjour,\n\nVous trouverez ci-joint les modifications de traitement de la semaine pour 14 résidents. Livraison souhaitée mercredi avant 14 h.\n\nL’équipe infirmière", paper="Modifications semaine 48.pdf", read=True),
    Note(31, CLINIC, "Chirurgie ambulatoire du 25/11 : antalgiques de sortie", "<p>Bonjour,</p><p>Voici la prescription anticipée pour <b>M. Delaunay</b>, opéré mercredi :</p><ul><li>paracétamol 1 g, 4 fois par jour, 5 jours ;</li><li>kétoprofène LP 100 mg, 2 fois par jour, 3 jours ;</li><li>tramadol 50 mg si douleur &gt; 5.</li></ul><p>Cordialement,<br>Le secrétariat</p>", html=True, read=True),
    Note(47, KINE, "Location d’un lit médicalisé pour Mme Ferrand", "Bonjour,\n\nMme Ferrand rentre à domicile vendredi. Pouvez-vous prévoir un lit à hauteur variable, une potence et un matelas de classe II ?\n\nCordialement,\nSouleymane Keita", read=True),
    Note(46, KINE, "Re : Location d’un lit médicalisé pour Mme Ferrand", "Bonjour,\n\nLivraison confirmée vendredi entre 9 h et 11 h, avec le matelas.\n\nClaire, Pharmacie Dupont", answers=14, by="claire"),
    Note(49, DENTAL, "Antibioprophylaxie avant extraction", "Bonjour,\n\nMa patiente Mme Courtois signale une réaction ancienne à l’amoxicilline. Avez-vous une trace dans son historique ? Extraction prévue jeudi.\n\nDr Bensaïd", read=True),
    Note(48, DENTAL, "Re : Antibioprophylaxie avant extraction", "Bonjour Docteur,\n\nOui : éruption en mars 2019 sous amoxicilline, notée à l’époque. Nous avons délivré de la clindamycine en 2021 sans problème.\n\nAnne Dupont", answers=16, by="anne"),
    Note(47.5, DENTAL, "Re : Antibioprophylaxie avant extraction", "Parfait, je prescris la clindamycine. Merci !", answers=17, read=True),
    Note(53, MIDWIFE, "Vaccination coqueluche – Mme Hamidi", "Bonjour,\n\nMme Hamidi, 28 SA, viendra pour le rappel coqueluche. Ordonnance jointe ; merci de me renvoyer la note de vaccination.\n\nClémence Le Goff", paper="Ordonnance vaccin.pdf", read=True),
    Note(70, LABO, "CR de biologie – Mme VIAL Paulette", "Clairance estimée à 48 mL/min (Cockcroft). Compte rendu joint.", paper="CR biologie VIAL.pdf", read=True),
    Note(71, NGUYEN, "Question sur mon traitement", "Bonjour,\n\nLe laboratoire m’a dit que mon sang était trop fluide. Dois-je prendre mon comprimé ce soir ?\n\nM. Nguyen", read=True),
    Note(70.5, NGUYEN, "Re : Question sur mon traitement", "Bonjour M. Nguyen,\n\nNe prenez pas de comprimé ce soir : votre médecin, que nous avons eu au téléphone, vous appelle à 18 h. En cas de saignement, appelez le 15.\n\nAnne Dupont, pharmacienne", answers=21, by="anne"),
    Note(70.2, NGUYEN, "Re : Question sur mon traitement", "Merci beaucoup, il vient de m’appeler.", answers=22, read=True),
    Note(74, CARDIO, "Échange sur l’association amiodarone – simvastatine", "Bonjour,\n\nMerci de votre opinion pharmaceutique. Nous remplaçons la simvastatine par de la pravastatine 20 mg.\n\nL’équipe de cardiologie", read=True),
    Note(76, NATION, "Rupture d’amoxicilline suspension", "Bonjour,\n\nQue pouvez-vous proposer en remplacement pour un enfant de 14 kg (otite) ?\n\nCordialement", read=True),
    Note(75.5, NATION, "Re : Rupture d’amoxicilline suspension", "Bonjour Docteur,\n\nNous avons de l’amoxicilline en préparation hospitalière spéciale, 250 mg/5 mL, et du cefpodoxime. L’enfant est-il allergique ?\n\nClaire", answers=25, by="claire"),
    Note(75, NATION, "Re : Rupture d’amoxicilline suspension", "Pas d’allergie connue. Va pour l’amoxicilline 80 mg/kg/jour en deux prises, 5 jours.", answers=26, read=True),
    Note(98, LILAS, "Chute de Mme Petit : traitement à revoir ?", "Bonjour,\n\nMme Petit a fait deux chutes cette semaine. Elle prend zopiclone, prégabaline et trois antihypertenseurs. Pourriez-vous faire un bilan partagé de médication ?", read=True),
    Note(97, LILAS, "Re : Chute de Mme Petit : traitement à revoir ?", "Bonjour,\n\nNous préparons le bilan avec le Dr de la Rochefoucauld ; proposition d’ici jeudi. En attendant, surveillez la tension debout.\n\nAnne Dupont", answers=28, by="anne"),
    Note(99, CLINIC, "Consigne : commande d’immunoglobulines", "Bonjour,\n\nLa prochaine dispensation est prévue le 2 décembre. Merci de confirmer la disponibilité avant le 27.", read=True),
    Note(120, LEMAIRE, "Opinion pharmaceutique : clopidogrel et oméprazole", "Merci de votre alerte. Je passe au pantoprazole 20 mg.\n\nDr Lemaire", read=True),
    Note(122, MARAICHERS, "Garde du 1er novembre : facturation", "Bonjour,\n\nNous avons délivré pour l’un de vos patients pendant la garde ; facture subrogatoire jointe.", paper="Facture subrogatoire.pdf", read=True),
    Note(124, SOPHIE, "Perfusion à domicile M. Bertin", "Bonjour,\n\nProtocole joint : ceftriaxone 2 g par jour, 7 jours, dès lundi. Matériel à livrer dimanche si possible.", paper="Protocole perfusion.pdf", read=True),
    Note(123, SOPHIE, "Re : Perfusion à domicile M. Bertin", "Livraison dimanche à 10 h, avec deux jours d’avance. Bon courage !\n\nClaire, Pharmacie Dupont", answers=33, by="claire"),
    Note(140, LABO, BIOLOGY.subject, "Compte rendu structuré joint.", paper=BIOLOGY, read=True),
    Note(145, NATION, "Certificat : aptitude à la conduite", "Bonjour,\n\nMerci de rappeler à M. Delaunay que le niveau 2 du pictogramme l’interdit de conduite la première semaine.", read=True),
    Note(150, VIDAL, "Horaires d’ouverture", "Bonjour, êtes-vous ouverts le samedi après-midi ? Merci, Marguerite Vidal", read=True),
    Note(149.5, VIDAL, "Re : Horaires d’ouverture", "Bonjour Mme Vidal,\n\nOui, de 9 h à 19 h 30 sans interruption.\n\nClaire, Pharmacie Dupont", answers=37, by="claire", closes=True),
    Note(166, MIDWIFE, "Contraception d’urgence : protocole de coopération", "Bonjour,\n\nVoici le protocole relu par la CPTS. Dites-moi s’il vous convient pour la réunion du 1er décembre.\n\nClémence", paper="Protocole CPTS.pdf", read=True),
    Note(33, CARDIO, "Invitation : sorties d’hospitalisation et lien ville-hôpital", "Bonjour,\n\nVous êtes invités à notre point trimestriel sur les sorties. Merci de dire si vous venez.\n\nLe service de cardiologie", read=True, invites=True),
)  # fmt: skip


def file_all(mailbox: Mailbox, people: Mapping[str, User], *, now: datetime) -> dict[int, Message]:
    """File them all, oldest first; those that are not new are read by everyone, those that have an answer say so. By number."""
    ids = [f"demo-{index}@{note.who.addr_spec.rpartition('@')[2]}" for index, note in enumerate(NOTES)]
    order = sorted(range(len(NOTES)), key=lambda index: -NOTES[index].hours)
    filed = store.file(mailbox, [_filing(index, ids, mailbox, people, now) for index in order])
    messages = {index: message for index, message in zip(order, filed, strict=True) if message}
    answered = [messages[note.answers].pk for note in NOTES if note.by and note.answers is not None]
    marks.set_keyword(mailbox=mailbox, message_ids=answered, keyword=marks.ANSWERED, on=True)
    fresh = {message.thread_id for index, message in messages.items() if not NOTES[index].read and not NOTES[index].by}
    read = [message.thread_id for index, message in messages.items() if NOTES[index].read]
    for membership in mailbox.memberships.all():
        marks.mark_seen(membership=membership, thread_ids=[t for t in read if t not in fresh], now=now)
    return messages


def _filing(index: int, ids: list[str], mailbox: Mailbox, people: Mapping[str, User], now: datetime) -> store.Filing:
    note, at = NOTES[index], localtime(now - timedelta(hours=NOTES[index].hours))
    us = Address(mailbox.display_name, mailbox.address)
    answers = (ids[note.answers],) if note.answers is not None else ()
    letter = Outgoing(
        from_=us if note.by else note.who,
        to=(note.who if note.by else us,),
        subject=note.subject,
        text=note.body if not note.html else "Prescription anticipée pour M. Delaunay : voir la version enrichie.",
        html=note.body if note.html else None,
        files=_files(note, us, at),
        message_id=ids[index],
        date=at,
        in_reply_to=answers,
        references=answers,
        receipt_to=(note.who,) if note.asks else (),
        headers=_headers(note),
    )
    return store.Filing(
        raw=compose(letter),
        folder_role="sent" if note.by else "inbox",
        direction="out" if note.by else "in",
        filed_at=at,
        mail_from=letter.from_.addr_spec,
        is_verified=True,
        author_id=people[note.by].pk if note.by else None,
    )


def _headers(note: Note) -> dict[str, str]:
    paper = note.paper.headers if isinstance(note.paper, Paper) else {}
    return {**paper, "X-MSS-MES": FIN} if note.closes else {**paper}


def _files(note: Note, us: Address, at: datetime) -> tuple[OutgoingFile, ...]:
    author = in_words(note.who.display_name)
    if isinstance(note.paper, Paper):
        return note.paper.files(author, at)
    if note.invites:
        return (OutgoingFile("invitation.ics", "text/calendar", invitation(note.subject, note.who, us, at)),)
    if not note.paper:
        return ()
    return (OutgoingFile(note.paper, "application/pdf", pdf(author, "", note.subject, "", *note.body.split("\n"))),)
