"""Family names by rank: a list for the common ones, syllables for the hundreds of thousands that few people bear.

A rank is drawn from a law whose head is Martin's 0.4 % and whose tail gives a national file several hundred thousand
names, as INSEE counts them: the homonyms of the invented people are then as many as life's.
"""

from functools import lru_cache

from directory.invent.common_names import COMMON
from directory.invent.draws import ALL

RANKS = 1_100_000
_FIRST = 0.0042  # of the people bear the first name
_SLOPE, _BEND = 0.10, 82.0
_WHOLE: float = 1 - (1 + RANKS / _BEND) ** -_SLOPE

_ROOTS = """
Bert Gir Mor Lam Cham Per Gau Bou Mar Cor Del Bon Gar Chab Rich Bar Cas Cour Gou Lav Mon Pou Rou Sar Tour Vill Vern Van
Aub Aud Bal Barr Bell Ben Besn Bill Blan Boisn Bord Bret Broch Brun Cab Cal Cann Capd Cat Caz Chag Chal Chant Chap Charr
Chass Chat Chauv Chev Clav Coch Coll Comb Couss Crép Dam Dard Deb Desch Dev Dol Dorm Douc Drou Dub Duch Dur Escoff Estr
Fab Falc Farg Faug Fav Ferr Feuill Flam Fleur Fond Font Forg Foug Fourn Fract Fress From Gab Gad Gal Gall Gand Gasn Gast
Gent Germ Gib Gill God Gorg Goss Goub Graff Grandj Gren Grim Gros Guéd Guér Guib Guich Guill Guin Ham Hard Haut Héb Hen
Her Hoch Houd Hum Imb Jacqu Jam Janv Jaub Joann Joss Jou Jub Labr Lach Lagr Laj Land Lang Lanv Lap Lard Larr Lass Laur Leb
Lecl Lef Leg Lem Lep Lesc Lev Lhom Lign Lois Long Lor Louv Mach Mag Maill Mal Manc Marc Marg Mass Math Maub Maur May Mén
Merc Mess Mich Mign Mill Moiss Mol Mont Mour Nad Nav Nouv Oll Ouv Pag Pail Pann Parm Pasqu Pat Paul Pech Pell Pérr Pers Pey
Phil Pich Pign Pin Plan Poir Ponc Port Pott Pour Pral Prév Prun Puj Quent Queyr Rab Rag Ram Ranç Rat Rav Reg Rem Rén Rev
Ribe Rig Riv Rob Roch Rom Ronc Ross Roug Roum Sab Sal Salv Sand Sauv Sav Sébill Segu Sén Serv Sév Sim Soul Tab Tail Tall
Tard Tass Teill Teyss Théb Thév Thib Tiss Toul Touz Trém Trouss Turc Vac Vaill Val Vallad Vass Verg Verr Vid Vign Vinc
Viv Voll Vuill Ysamb Zeph
""".split()
_MIDDLES = "er on ar el in ill ol ass ét an ul enn".split()
_ENDINGS = """
ard aud eau et in on ot ier el ault ereau illon onnet eux ès ac at ain ais al ert oux uel ois ou y é ette elle ière ine
and ade ol is enc as eix ange iaux inet elot illet eron ellier assier oulet erie iol ouin aux it eret onneau aillard oz
""".split()
_PREFIXES = "La De Du Le Cha Mal Bel Ville Mont Champ Font Haute Bois Pré Roque Puy Ker Saint-".split()
_CULTURES_TEXT = """
Ker,Tré,Lan,Plou,Gui,Pen,Coat,Ros,Lé,Mor,Bos,Kerv,Kerg,Quil,Cad,Gour
ma,go,ba,lé,bri,ven,gué,do,na,lo,ra,mé,ro,zé,mo
dec,rec,zec,oc,ou,ën,ut,an,el,iou,ic,ellec,wan,ouët,gat,rin
Etche,Iri,Mendi,Harri,Goye,Larra,Bide,Ola,Aza,Uhar,Sala,Zuri,Beha,Arra,Dago,Erra,Iba,Jaure
be,ga,gui,ño,ti,ri,za,mu,rre,la,co,ne
rry,ray,garay,goyen,berry,ssalde,tche,guy,lde,rria,noa,ondo,part,chea
Ben,Bel,Bou,El ,Aït ,Abd,Ham,Kha,Mes,Ould,Sal,Ouk,Zer,Mou,Che,Gha,Ras,Fer
ha,sa,ma,ka,ra,la,dja,ya,cha,za,ba,na,ta,dda
di,mi,oui,ni,oud,ine,ane,il,ar,am,ouche,ouf,dji,bi,eh,lah,ssi,rouk
Di,Sé,Ma,Ka,Ndo,Tou,Kou,Sa,Ba,Fo,Do,Ou,Mba,Ngue,Tchou,Ako,Adé,Okou
ka,ma,la,ra,sso,gba,mbe,ndo,ba,na,da,nko,si,go
ré,té,ko,ga,né,dou,wa,ye,mba,ssi,lou,bé,yo,dio,gui,to,la
Mar,Al,Be,Ca,Di ,De ,Fa,Gia,Lo,Man,Pa,Ro,San,Ta,Va,Zan,Bo,Cor
ti,ri,ne,lu,co,sta,gna,ma,va,ra,pe,ssa,lli,ni
ni,lli,tti,cci,ano,ello,ino,oni,aro,esi,azzo,ucci,asi,one,etta
Al,Fer,Car,Mon,Sil,Da ,Dos ,Pin,Bra,Cas,Mou,Rei,Fi,Gou,Lei,Var,Ma,Ro
mei,na,va,re,ga,lho,te,gue,ra,ri,ne,ti,ve
da,ira,ez,es,nho,ar,do,eira,oso,inha,al,ães,ado,ela,ito
Schw,Sch,Kr,Br,Gr,H,W,Z,St,M,B,K,L,R,Oberl,Wein,Hirt
aub,eid,ein,eng,ick,itz,oll,umm,utt,eck,end,ert,ietr,ohm,ach
er,mann,el,ler,berger,ner,bach,sel,inger,meyer,ich,en,ert,tz
Sar,Ka,Bog,Der,Has,Mar,Pap,Ter ,Var,Tch,Bal,Kes
ki,ra,do,me,tiro,ga,za,bedja,nou,vor,dju,ssa
ssian,kian,nian,rian,tian,dian,zian,yan,lian,pian
Ko,No,Wi,Le,Zie,Szy,Ma,Pie,Gra,Dom,Chm,Bie,Ra,So,Mi,Kra
wa,wi,na,sz,le,ma,li,do,cho,ko,bo
lski,wski,czyk,nski,ak,ek,icki,iak,owicz,ewicz,czak
Van ,De ,Ver,Van de ,Des,Del,Vande,Dewa,Dho,Le,Car,Wal
bra,he,me,sta,we,la,cro,ka,vo,bre,no,hu
ucke,le,ert,ls,te,ve,mme,ssche,ck,rde,nck,lynck,ye,man,ghe
"""  # three lines each: beginnings, middles, endings
_PARTS = [tuple(line.split(",")) for line in _CULTURES_TEXT.strip("\n").split("\n")]
_CULTURES = [(_PARTS[at], _PARTS[at + 1], _PARTS[at + 2]) for at in range(0, len(_PARTS), 3)]
_PLAN = (
    0,
    1,
    0,
    0,
    2,
    0,
    3,
    0,
    0,
    4,
    0,
    0,
    5,
    0,
    6,
    0,
    0,
    7,
    0,
    8,
    0,
    0,
    9,
    0,
    10,
    0,
    0,
    3,
    0,
    0,
    5,
    0,
    0,
)  # 0 is French
_TURN = [_PLAN[:at].count(kind) for at, kind in enumerate(_PLAN)]
_OF_KIND = [_PLAN.count(kind) for kind in range(len(_CULTURES) + 1)]
_TWO = len(_ROOTS) * len(_ENDINGS)
_THREE = _TWO * len(_MIDDLES)


def rank(draw: int) -> int:
    """0 for the commonest name. The law of Lomax, cut at RANKS, after the first name's own share."""
    part = draw / ALL
    if part < _FIRST:
        return 0
    part = (part - _FIRST) / (1 - _FIRST)
    return min(1 + int(_BEND * ((1 - part * _WHOLE) ** (-1 / _SLOPE) - 1)), RANKS)


def bearers(order: int, people: int) -> float:
    """How many of so many people are expected to bear the name of that rank."""
    if order == 0:
        return people * _FIRST
    density: float = (1 + order / _BEND) ** (-1 - _SLOPE)
    return people * (1 - _FIRST) * _SLOPE / _BEND / _WHOLE * density


@lru_cache(maxsize=8_192)
def name(order: int) -> str:
    if order < len(COMMON):
        return COMMON[order]
    turn, place = divmod(order - len(COMMON), len(_PLAN))
    kind = _PLAN[place]
    number = turn * _OF_KIND[kind] + _TURN[place]
    return _french(number) if kind == 0 else _foreign(_CULTURES[kind - 1], number)


def _french(number: int) -> str:
    """Root and ending; then with a middle; then after a prefix."""
    if number < _TWO:
        return _joined(number * 7_919 % _TWO)
    number -= _TWO
    if number < _THREE:
        rest, middle = divmod(number * 611_953 % _THREE, len(_MIDDLES))
        return _joined(rest, _MIDDLES[middle])
    rest, prefix = divmod(number - _THREE, len(_PREFIXES))
    before, joined = _PREFIXES[prefix], _joined(rest * 104_729 % _TWO)
    return f"{before}{joined}" if before.endswith("-") else f"{before}{joined.lower()}"


def _joined(number: int, middle: str = "") -> str:
    root, ending = divmod(number, len(_ENDINGS))
    return f"{_ROOTS[root]}{middle}{_ENDINGS[ending]}"


def _foreign(parts: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], number: int) -> str:
    before, middles, after = parts
    whole = len(before) * len(middles) * len(after)
    lap, number = divmod(number, whole)
    rest, first = divmod(number * 15_013 % whole, len(before))
    last, middle = divmod(rest, len(middles))
    more = middles[(middle + lap) % len(middles)] if lap else ""
    if lap >= len(middles):
        more += middles[lap // len(middles) % len(middles)]
    return f"{before[first]}{middles[middle]}{more}{after[last]}".title() if " " in before[first] else (
        f"{before[first]}{middles[middle]}{more}{after[last]}")  # fmt: skip


def compound(draw: int, one: str, other: str) -> str:
    """Two names joined as in France: a hyphen for most, a blank for some."""
    return f"{one} {other}" if draw & 3 == 0 else f"{one}-{other}"
