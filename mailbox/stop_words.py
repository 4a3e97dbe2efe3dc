"""Words that say nothing in this mail (French articles, pronouns, courtesies), folded: neither indexed nor searched.

Common words of the trade (ordonnance, patient, traitement) stay: people search for them.
"""

STOP_WORDS = frozenset(
    """
a ai aie ainsi alors au aucun aussi autre aux avant avec avez avoir avons bien bonjour bonne bonsoir ca car ce
ceci cela celle ces cet cette ceux chez ci com comme comment confraternellement cordialement dans de depuis
des dire dois donc dont du elle elles en encore est et etait ete etes etre eu eux faire fait fois font fr fw
fwd hors http https ici il ils je jour la le les leur leurs lui ma madame mais me meme merci mes mme moi moins
mon monsieur mssante ne ni nos notre nous nouveau on ont ou par parce pas peu peut plupart plus pour pourquoi
pouvez prie qu quand que quel quelle quelles quels qui quoi re sa sans se ses seulement si sien sincerement
son sont sous soyez sur ta tandis tels tes toi ton tous tout toute toutes tr tres trop tu un une veuillez
voici vos votre vous vu www
""".split()
)
