"""Family names met often in France, from the commonest down, then regional and foreign ones. Nobody in particular."""

_FRENCH = """
Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David Bertrand
Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure André Mercier Blanc Guérin
Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu
Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière
Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger
Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq
Guillaume Lecomte Lopez Jean Dupuy Guillot Hubert Berger Carpentier Sanchez Dupuis Moulin Louis Deschamps Huet Vasseur
Perez Boucher Fleury Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard
Maillard Baron Bertin Bailly Hervé Schneider Fernandez Collet Léger Bouvier Julien Prévost Millet Perrot Daniel Cousin
Germain Breton Besson Langlois Rémy Pelletier Lévêque Perrier Leblanc Barre Lebrun Marchal Weber Mallet Hamon Boulanger
Jacob Monnier Michaud Rodriguez Guichard Gillet Étienne Grondin Poulain Tessier Chevallier Collin Chauvin Bouchet Gay
Lemaître Bénard Maréchal Humbert Reynaud Antoine Hoarau Perret Barthélemy Cordier Pichon Lejeune Gilbert Lamy Delaunay
Pasquier Carlier Laporte Gros Buisson Albert Camus Pons Grégoire Allard Coulon Bodin Lebon Tanguy Georges Guillet
Bigot Vallée Delmas Ferrand Hardy Blin Maury Delattre Ferreira Verdier Besnard Charrier Raymond Hernandez Devaux Briand
Regnier Jacques Gilles Cohen Blondel Martel Leconte Bazin Jourdan Launay Roques Hebert Peltier Duhamel Salmon Mahé
Millot Bousquet Rousset Dupré Cousin Chartier Mary Rocher Leduc Maurice Toussaint Pineau Valentin Evrard Bouvet Bruneau
Riou Tardy Texier Morvan Guilbert Lacombe Loiseau Lefort Auger Navarro Masse Tournier Merle Clerc Drouet Imbert Jolly
Da-Silva Delorme Ollivier Parent Weiss Hoffmann Ferrier Maillot Chrétien Cordonnier Poncet Courtois Fischer Valette
Couturier Seguin Laroche Lesage Guérin Ruiz Marion Bouquet Neveu Didier Combes Becker Gonçalves Foucher Wagner Alexandre
Bonneau Pereira Delage Normand Blot Doucet Labbé Levy Lombard Prat Rossi Sauvage Bernier Favre Gallet Schwartz Besse
Pruvost Brossard Godard Vaillant Delannoy Ledoux Roussel Peron Fouquet Rault Lasserre Berthelot Boulay Gomez Lelièvre
Bonhomme Hamel Fabre Diallo Gautron Berthier Leveque Claude Gosselin Bataille Laine Guibert Cros Devos Wolff Granger
Levasseur Bourdon Thierry Jung Traoré Techer Raynaud Pages Mangin Aubin Chambon Thibault Boutin Billard Lopes Potier
Marin Coste Ferry Chauvet Duclos Guignard Grenier Mouton Pottier Joubert Foulon Renou Merlin Bois Delahaye Leger Vial
Cartier Guy Bonnin Blondeau Munoz Forestier Bertheau Lafon Thiébaut Castel Grand Guyon Basset Lacoste Mas Barbe Boutet
Samson Pujol Serre Voisin Nguyen Le-Gall Rigaud Bonnefoy Bellanger Cochet Gervais Guillon Lagarde Marie-Louise Hue
Dubreuil Brault Jamet Prigent Lallemand Baudry Faivre Leblond Keller Bertin Grange Andrieu Gauvin Delcourt Lavigne Turpin
Le-Roux Benard Petitjean Rose Lagrange Vigneron Sabatier Brunel Zimmermann Savary Ricard Vincenti Monier Lainé Gras
Costa Martins Legendre Guillou Prost Gaudin Hamelin Maurin Favier Drouin Diot Ferrari Flament Dufresne Villard Claudel
Magnier Boivin Montagne Constant Doré Armand Rousselle Soulier Pascal Lecoq Péron Chapuis Leleu Bardet Crépin Barbet
Delarue Lamotte Tissot Goncalves Jacquot Michelet Boyer Guyard Billon Roussin Castelain Charlot Thévenin Barreau Pommier
Mallard Fortin Bonnard Forest Dujardin Tellier Gonzalez Lacour Gicquel Gourdon Prieur Jaouen Quéré Le-Bihan Cadiou
Le-Guen Madec Kerbrat Le-Corre Le-Bris Le-Floch Corre Cariou Bihan Hascoët Guéguen Abgrall Salaün Calvez Quémener Floch
Derrien Guivarch Kervella Tanneau L’Hostis L’Helgouach Le-Meur Le-Borgne Le-Gallo Le-Goff Thomas-Le-Roy Rivoal Lagadec
Nédélec Moal Riou Bescond Hélias Coadou Pennec Gourvennec Ollivro Le-Berre Morvan Pichavant Caradec Le-Nours Cloarec
Ascoët Léon Bodénès Kerdoncuff Troadec Podeur Perrot Guillerm Cozic Trévien Autret Sévellec Bozec Bizien Guennec Postic
""".split()
_REGIONAL = """
Etcheverry Etchegaray Ibarra Hiriart Elissalde Iriart Harispe Bidart Larralde Goyenetche Aguerre Irigoyen Mendiburu
Sallaberry Duhalde Inchauspé Etchepare Dospital Haran Lascaray Darrigrand Laborde Casenave Cazenave Lacaze Casaubon Pédebernade
Fourcade Cassagne Dupouy Lafitte Bordenave Castagnet Labat Duffau Lannes Saint-Martin Castéra Capdeville Puyo Cazaux Barrère
Peyre Puech Cazals Delpech Bonnefous Cabrol Calmels Rouquette Vidal Vayssière Laurens Séguy Fabre Gayraud Albouy Alary Bories
Cayla Delmas Fraysse Issaly Lagarrigue Marty Molinier Nègre Pagès Ratier Rieu Sales Serres Teissier Vernhes Viguier Roques
Reboul Roumieu Raybaud Isnard Giraudet Arnoux Aubanel Barbaroux Bremond Chabaud Daumas Gastaud Honorat Icard Jaubert Maurel
Mistral Pellegrin Ripert Roubaud Silvestre Tardieu Trouillet Audibert Blanc-Garin Casanova Mattei Santoni Albertini Agostini
Paoli Luciani Leca Poli Mariani Giudicelli Colonna Susini Orsini Pietri Antonetti Battesti Filippi Ottavi Acquaviva Cesari
Muller Schmidt Hoffmann Meyer Klein Kieffer Keller Walter Schaeffer Kuntz Lang Steiner Zimmer Vogel Roth Bauer Haas Huber
Heitz Wurtz Ehrhart Baumann Lutz Strub Fritsch Goetz Gross Hess Jaeger Kessler Koehler Metzger Oberlé Ott Riff Sutter Ulrich
Vandenbroucke Vandamme Vanhoutte Dewaele Desmet Verhaeghe Decroix Lesaffre Dehaene Vermeersch Deleplanque Delporte Desreumaux
Duquesne Carpentier Delebarre Fauquembergue Hennebelle Lemaire Leroux Macquet Platel Pouillaude Quévreux Trinel Wallaert
Lesueur Anquetil Auvray Lecœur Lepetit Letellier Lemarchand Leprêtre Vauquelin Toutain Quesnel Osmont Marguerite Lechevalier
Bazire Besnier Brard Burel Cauchois Delamare Dumesnil Enault Godefroy Groult Hauville Jouenne Lecarpentier Malandain Mauger
Chabrol Chambon Bouchard Tourre Mialon Chazal Chastang Chapuis Vernet Murat Vacher Rochette Rivoire Pitiot Peyrard Ollagnier
Gagnaire Faverjon Escoffier Duchamp Chavanne Berthet Blanchet Bouvard Brondel Buffard Carron Charvet Contamin Coudurier Curtet
Depierre Favre-Félix Gaidet Jacquemet Lathuille Mollard Mermillod Novel Périllat Pessey Rostaing Tissot Tochon Vulliet
Payet Grondin Hoarau Fontaine Boyer Robert Rivière Técher Maillot Dijoux Lebon Turpin Nativel Hoareau Ramassamy Virapin
Sinama Valentin Vitry Mardé Atchapa Permalnaïck Cadet Bègue Mussard Ducap Sautron Thiaw-Kine Ah-Fat Chane-Kane Law-Koun
Zébina Cécina Marie-Sainte Jean-Baptiste Nestor Bélizaire Romain-Désiré Louis-Thérèse Sainte-Rose Ursulet Gustave Charles-Alfred
""".split()
_FOREIGN = """
Garcia Martinez Lopez Sanchez Perez Fernandez Rodriguez Gonzalez Hernandez Gomez Ruiz Diaz Moreno Torres Ramirez Jimenez Vega
Santos Ferreira Pereira Da-Costa Rodrigues Fernandes Alves Lopes Martins Ribeiro Carvalho Teixeira Moreira Gonçalves Marques
Pinto Sousa De-Oliveira Dos-Santos De-Sousa Mendes Nunes Vieira Soares Monteiro Cardoso Correia Tavares Barbosa Araújo
Rossi Ferrari Russo Bianchi Romano Ricci Marino Greco Bruno Gallo Conti De-Luca Mancini Costa Giordano Rizzo Lombardi Moretti
Barbieri Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo Gentile Martinelli Vitale Lombardo Serra Coppola
Benali Saïdi Bouzid Haddad Mansouri Belkacem Hamidi Cherif Brahimi Amrani El-Amrani Bennani Alaoui El-Idrissi Tazi Berrada
Benjelloun Chraïbi Fassi El-Fassi Lahlou Bouazza Bensalem Ben-Salah Ben-Ali Trabelsi Gharbi Hamdi Jebali Ayari Mejri Khelifi
Meziane Ouali Aït-Ahmed Ziani Boudjemaa Kaci Hamadi Larbi Mokrani Rahmani Slimani Tahar Yahiaoui Zerrouki Belhadj Bouchareb
Diallo Traoré Coulibaly Diop Ndiaye Sow Fall Ba Diarra Keita Touré Camara Sylla Cissé Konaté Sissoko Dembélé Kone Ouattara
Bamba Koné Konan Kouamé N’Guessan Yao Kouadio Bah Barry Baldé Condé Fofana Doumbia Sidibé Kanté Gueye Mbaye Faye Sarr Thiam
Mbengue Nkosi Mbarga Ngo Essomba Fotso Kamga Tchouameni Nana Kengne Mabiala Moukoko Makosso Ngoma Mavoungou Loemba Tshibangu
Nguyen Tran Le Pham Huynh Hoang Phan Vu Vo Dang Bui Do Ho Ngo Duong Ly Chen Wang Li Zhang Liu Yang Huang Zhao Wu Zhou Xu Sun
Kim Park Lee Choi Sok Chea Kong Lim Ung Sarkissian Petrossian Hagopian Kevorkian Manoukian Djian Papazian Boyadjian
Kowalski Nowak Wisniewski Wojcik Kaminski Lewandowski Zielinski Szymanski Kozlowski Jankowski Ivanov Petrov Smirnov Volkov
Popescu Ionescu Popa Dumitrescu Stan Georgescu Marin Radu Munteanu Yilmaz Kaya Demir Sahin Celik Yildiz Aydin Öztürk Arslan
Schmidt Fischer Weber Smith Jones Brown Taylor Evans Williams Wilson Patel Singh Kumar Sharma Rakotomalala Randrianarisoa
Rakoto Andrianarivo Razafindrakoto Rasoanaivo Cohen Lévy Benhamou Azoulay Amsellem Benayoun Attias Bensoussan Elbaz Chouraqui
Van-den-Berghe Van-der-Linden Van-Hove De-Vries De-Smet Peeters Janssens Jacobs Claes Maes Wouters D’Almeida D’Angelo Di-Maria
De-La-Tour De-La-Rue Du-Pré De-Saint-Aubin D’Hautefeuille De-Montfort De-Villiers Du-Bois Des-Jardins De-Beaumont D’Artagnan
""".split()
_KEPT = {"Marie-Louise", "Saint-Martin", "Thomas-Le-Roy", "Blanc-Garin", "Favre-Félix", "Thiaw-Kine", "Ah-Fat", "Chane-Kane",
         "Law-Koun", "Marie-Sainte", "Jean-Baptiste", "Romain-Désiré", "Louis-Thérèse", "Sainte-Rose",
         "Charles-Alfred"}  # fmt: skip


def _woven(common: list[str], *others: list[str]) -> list[str]:
    """The head in its order; then each other list, evenly, among what follows."""
    head, rest = common[:120], common[120:]
    rows = [rest, *others]
    longest = max(map(len, rows))
    placed = sorted(
        (at * longest // len(row), order, row[at]) for order, row in enumerate(rows) for at in range(len(row))
    )
    return [*head, *(name for _, _, name in placed)]


COMMON = tuple(dict.fromkeys(
    name if name in _KEPT else name.replace("-", " ") for name in _woven(_FRENCH, _REGIONAL, _FOREIGN)
))  # fmt: skip
