"""What invented people are made of: common French family names, first names, towns, professions. Nobody in particular."""

FAMILY = [*"""
Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David Bertrand
Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure André Mercier Blanc Guérin
Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu
Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière
Lucas Brunet Gaillard Barbier Arnaud Martínez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger
Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq
Guillaume Lecomte López Jean Dupuy Guillot Hubert Berger Carpentier Sánchez Dupuis Moulin Louis Deschamps Huet Vasseur
Pérez Boucher Fleury Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard
Maillard Baron Bertin Bailly Hervé Schneider Fernández Collet Léger Bouvier Julien Prévost Millet Perrot Cœur Lévêque
""".split(),
    "Le Goff", "Le Gall", "Le Roux", "De La Tour", "Du Pré", "L’Hénaff", "D’Almeida", "Ben Salah", "El Amrani",
    "Van den Berghe", "Saint-Martin", "Martin-Dupont", "Petit-Jean", "Nguyen", "Da Silva", "Traoré", "Diallo",
]  # fmt: skip
FIRST = [*"""
Marie Jeanne Françoise Monique Catherine Nathalie Isabelle Jacqueline Anne Sylvie Martine Nicole Christine Hélène
Valérie Sandrine Sophie Céline Chantal Véronique Stéphanie Aurélie Émilie Julie Camille Léa Manon Chloé Emma Sarah
Laura Pauline Mathilde Lucie Marion Claire Élodie Charlotte Élise Agnès Zoé Inès Fatima Aïcha Noémie Gaëlle Maëlys
Jean Pierre Michel André Philippe Louis René Alain Jacques Bernard Marcel Daniel Roger Robert Paul Claude Christian
Henri Georges Nicolas François Laurent Frédéric Stéphane Éric Julien Thomas Alexandre Maxime Antoine Kévin Hugo Lucas
Théo Enzo Mathis Gabriel Raphaël Arthur Jules Adam Mohamed Karim Loïc Gaël Benoît Jérôme Cédric Noé Étienne Rémi Yann
""".split(), "Jean-Pierre", "Jean-Luc", "Marie-Claude", "Anne-Sophie", "Marie-Thérèse", "Jean-François"]  # fmt: skip
TOWNS = tuple(
    (entry[6:], entry[:5])
    for entry in """
75012 Paris|75015 Paris|75018 Paris|13001 Marseille|13008 Marseille|69003 Lyon|69006 Lyon|31000 Toulouse|06000 Nice
44000 Nantes|34000 Montpellier|67000 Strasbourg|33000 Bordeaux|59000 Lille|35000 Rennes|51100 Reims|83000 Toulon
42000 Saint-Étienne|76600 Le Havre|21000 Dijon|38000 Grenoble|49000 Angers|69100 Villeurbanne|30000 Nîmes
13100 Aix-en-Provence|29200 Brest|72000 Le Mans|80000 Amiens|37000 Tours|87000 Limoges|63000 Clermont-Ferrand
25000 Besançon|45000 Orléans|57000 Metz|76000 Rouen|68100 Mulhouse|14000 Caen|92100 Boulogne-Billancourt|66000 Perpignan
54000 Nancy|95100 Argenteuil|93100 Montreuil|59100 Roubaix|59200 Tourcoing|93200 Saint-Denis|84000 Avignon
86000 Poitiers|92000 Nanterre|94000 Créteil|78000 Versailles|64000 Pau|94400 Vitry-sur-Seine|92700 Colombes
92600 Asnières-sur-Seine|93300 Aubervilliers|17000 La Rochelle|06400 Cannes|06600 Antibes|62100 Calais|34500 Béziers
68000 Colmar|18000 Bourges|33700 Mérignac|29000 Quimper|26000 Valence|56100 Lorient|10000 Troyes|49300 Cholet
56000 Vannes|53000 Laval|73000 Chambéry|74000 Annecy|79000 Niort|85000 La Roche-sur-Yon|16000 Angoulême|90000 Belfort
02100 Saint-Quentin|60000 Beauvais|36000 Châteauroux|22000 Saint-Brieuc|82000 Montauban|81000 Albi|65000 Tarbes
11000 Carcassonne|11100 Narbonne|24000 Périgueux|19100 Brive-la-Gaillarde|03000 Moulins|03200 Vichy|58000 Nevers
89000 Auxerre|71000 Mâcon|71100 Chalon-sur-Saône|01000 Bourg-en-Bresse|39000 Lons-le-Saunier|70000 Vesoul|88000 Épinal
55000 Bar-le-Duc|08000 Charleville-Mézières|52000 Chaumont|28000 Chartres|41000 Blois|27000 Évreux|61000 Alençon
50000 Saint-Lô|50100 Cherbourg-en-Cotentin|62000 Arras|62200 Boulogne-sur-Mer|59500 Douai|59300 Valenciennes
59140 Dunkerque|77000 Melun|77100 Meaux|91000 Évry-Courcouronnes|95000 Cergy|09000 Foix|12000 Rodez|15000 Aurillac
43000 Le Puy-en-Velay|48000 Mende|46000 Cahors|32000 Auch|40000 Mont-de-Marsan|47000 Agen|64100 Bayonne|20000 Ajaccio
20200 Bastia|97400 Saint-Denis|97200 Fort-de-France|97100 Basse-Terre|97300 Cayenne
""".replace("\n", "|").split("|")
    if entry
)
# code, label, weight in people, specialities (code and label, JDV_J107)
TRADES: tuple[tuple[str, str, int, tuple[tuple[str, str], ...]], ...] = (
    ("10", "Médecin", 24, (
        ("SM53", "Spécialiste en Médecine générale"), ("SM54", "Médecine générale"),
        ("SM26", "Qualifié en Médecine générale"), ("SM53", "Spécialiste en Médecine générale"),
        ("SM04", "Cardiologie et Maladies vasculaires"), ("SM73", "Médecine cardiovasculaire"), ("SM40", "Pédiatrie"),
        ("SM15", "Dermatologie et Vénéréologie"), ("SM20", "Gynécologie-obstétrique"), ("SM38", "Ophtalmologie"),
        ("SM42", "Psychiatrie"), ("SM44", "Radio-diagnostic"), ("SM02", "Anesthésie-réanimation"),
        ("SM36", "Oncologie, option médicale"), ("SM41", "Pneumologie"), ("SM48", "Rhumatologie"),
        ("SM18", "Gériatrie"), ("SM30", "Néphrologie"), ("SM32", "Neurologie"), ("SM03", "Biologie médicale"),
        ("SM39", "Oto-rhino-laryngologie"), ("SM16", "Endocrinologie et Métabolisme"), ("SM99", "Discipline à venir"),
    )),
    ("21", "Pharmacien", 8, (("", ""),)),
    ("40", "Chirurgien-Dentiste", 5, (("", ""), ("", ""), ("SCD01", "Orthopédie dento-faciale"))),
    ("50", "Sage-Femme", 3, (("", ""),)),
    ("60", "Infirmier", 42, (*(("", ""),) * 9, ("SI01", "Pratique avancée, pathologies chroniques stabilisées"))),
    ("70", "Masseur-Kinésithérapeute", 11, (("", ""),)), ("80", "Pédicure-Podologue", 2, (("", ""),)),
    ("91", "Orthophoniste", 3, (("", ""),)), ("95", "Diététicien", 2, (("", ""),)),
    ("94", "Ergothérapeute", 1, (("", ""),)), ("98", "Manipulateur ERM", 1, (("", ""),)),
)  # fmt: skip
SERVICES = ("", "Cardiologie", "Urgences", "Service de gériatrie", "Pharmacie à usage intérieur", "Biologie médicale")
STREETS = ("RUE DE LA RÉPUBLIQUE", "RUE VICTOR HUGO", "AVENUE JEAN JAURÈS", "PLACE DE L'ÉGLISE", "R DU MOULIN",
           "BOULEVARD PASTEUR", "RUE DES LILAS", "CHEMIN DES VIGNES")  # fmt: skip
PLACES = ("Pharmacie {}", "Cabinet médical {}", "Clinique {}", "Laboratoire {}", "EHPAD {}", "Maison de santé {}",
          "Centre de soins {}")  # fmt: skip
