"""Given names of invented people, the commonest first; weights fall with the rank. Nobody in particular."""

from functools import cache

from directory.invent.draws import ALL, Weights

WOMEN = """
Marie Nathalie Isabelle Sylvie Catherine Sandrine Céline Sophie Valérie Stéphanie Julie Christine Aurélie Virginie
Émilie Véronique Laurence Anne Camille Pauline Marion Mathilde Claire Laura Sarah Léa Manon Hélène Caroline Audrey
Élodie Delphine Mélanie Cécile Lucie Charlotte Florence Corinne Chloé Alice Emma Justine Amandine Patricia Martine
Laetitia Brigitte Karine Pascale Agnès Anaïs Nicole Élise Monique Marine Morgane Mylène Amélie Alexandra Vanessa
Jennifer Carole Dominique Béatrice Muriel Fabienne Laure Estelle Magali Séverine Clémence Juliette Margaux Noémie
Inès Océane Lisa Fanny Élisabeth Gaëlle Chantal Françoise Nadia Annie Danielle Myriam Ophélie Coralie Adeline Émeline
Clara Lola Jade Louise Jeanne Maëlle Solène Coline Axelle Romane Éva Zoé Anouk Salomé Éloïse Margot Héloïse Ambre
Capucine Apolline Constance Diane Victoire Blandine Bénédicte Ségolène Maud Édith Odile Geneviève Jacqueline Colette
Michèle Josiane Évelyne Joëlle Ghislaine Bernadette Thérèse Ginette Yvette Simone Odette Denise Paulette Andrée Renée
Suzanne Marguerite Madeleine Germaine Yvonne Lucienne Raymonde Huguette Arlette Gisèle Mireille Liliane Éliane
Fatima Khadija Aïcha Samira Leïla Yasmine Karima Sabrina Amina Nora Soraya Malika Rachida Naïma Zineb Salma Imane
Hanane Sonia Farida Houda Dounia Meriem Asma Nawel Assia Kenza Lina Nour Rania Safia Siham Wafa Yamina Zohra
Aminata Fatoumata Mariama Aïssatou Awa Binta Kadiatou Oumou Ramatoulaye Rokhaya Adama Coumba Djeneba Hawa Maïmouna
Maria Ana Carla Cristina Elena Giulia Francesca Paola Silvia Teresa Lucia Carmen Pilar Rosa Inês Mariana Beatriz
Ioana Andreea Mihaela Alina Gabriela Daniela Simona Anca Katarzyna Agnieszka Magdalena Anna Joanna Natalia Olga
Tatiana Irina Svetlana Ekaterina Thi Linh Mai Lan Hoa Phuong Thu Yen Li Mei Ying Xin Hui Divya Priya Lakshmi
Gwenaëlle Nolwenn Maëlys Rozenn Enora Tiphaine Katell Soizic Annaïg Bleuenn Lénaïg Armelle Servane Goulwena Aziliz
Maïté Amaïa Nerea Maïder Elorri Vanina Laetizia Saveria Lesia Anghjula Orsola Élisa Lorraine Odyssée Astrid Ingrid
Solange Clotilde Mathurine Hermine Sidonie Philippine Garance Victorine Célestine Augustine Joséphine Albane Faustine
Perrine Typhaine Cindy Kelly Priscilla Jessica Allison Kimberley Wendy Deborah Barbara Sandra Peggy Nancy Cathy
Angélique Rachel Judith Esther Rébecca Déborah Naomi Hannah Miriam Ruth Dina Line Flore Fleur Violette Marguerite
Rose Iris Marjolaine Églantine Prune Olympe Daphné Ariane Iseut Maxence Andréa Noa Sacha Charlie Lou Alix Camélia
Lydie Lydia Nadège Régine Reine Rolande Roselyne Rosine Sabine Solenne Sylvaine Tania Valentine Victoria Viviane
""".split()
MEN = """
Philippe Nicolas Christophe Pierre Thomas Julien Laurent Frédéric Stéphane Alexandre David Olivier Sébastien Jean
Michel Antoine Éric Guillaume Pascal Patrick Maxime Vincent François Benjamin Mathieu Bruno Jérôme Thierry Romain
Alain Arnaud Clément Florian Hugo Lucas Quentin Xavier Emmanuel Kévin Bernard Didier Marc Gilles Dominique Damien
Adrien Cédric Fabrice Ludovic Franck Jonathan Anthony Benoît Simon Valentin Théo Alexis Paul Louis Gérard Daniel
Hervé Denis Yves Serge Jacques Christian Claude Yann Cyril Grégory Mickaël Fabien Rémi Étienne Bertrand Raphaël
Arthur Gabriel Baptiste Victor Jules Samuel Loïc Gaël Martin Charles Henri Georges Robert Roger Marcel André René
Raymond Lucien Maurice Gaston Fernand Albert Léon Joseph Émile Eugène Gustave Lionel Régis Joël Gilbert Guy Francis
Dylan Enzo Nathan Léo Mathis Tom Noah Ethan Sacha Liam Gabin Aaron Maël Axel Tristan Titouan Corentin Erwan Ronan
Tanguy Gwenaël Malo Ewen Killian Yannick Yvon Goulven Brieuc Corentin Armel Hervéou Mohamed Ahmed Karim Mehdi Youssef
Rachid Samir Omar Ali Hassan Khalid Nabil Farid Hicham Mourad Abdelkader Abdallah Bilal Ismaël Ibrahim Yassine Amine
Anis Walid Tarek Sofiane Zakaria Ayoub Adil Adel Jamal Kamel Lotfi Mokhtar Mustapha Nordine Redouane Saïd Slimane
Mamadou Ousmane Moussa Souleymane Cheikh Amadou Boubacar Abdoulaye Seydou Lamine Modou Bakary Drissa Idrissa Koffi
Kouassi Yao José Carlos Manuel Antonio Luis Miguel João Pedro Rui Paulo Nuno Tiago Diogo Giovanni Marco Luca Andrea
Stefano Alessandro Matteo Fabio Paolo Roberto Giuseppe Mihai Andrei Cristian Bogdan Radu Ionut Vlad Piotr Tomasz
Marek Krzysztof Wojciech Pawel Dimitri Sergueï Ivan Vladimir Igor Minh Duc Quang Huy Nam Long Hoang Wei Jun Hao
Arun Raj Vijay Suresh Beñat Xabi Peio Mattin Eneko Ghjuvan Anghjulu Pasquale Santu Ange Toussaint Dorian Loris Jordan
Steven Bryan Teddy Jimmy Johnny Tony Freddy Rudy Willy Thibault Thibaut Augustin Maxence Amaury Foucauld Gauthier
Geoffroy Ghislain Hubert Jean-Noël Ambroise Anatole Aristide Armand Aurélien Basile Bastien Blaise Célestin Côme
Constant Cyprien Désiré Edgar Edmond Édouard Éloi Elie Evan Fabrizio Félix Ferdinand Firmin Florent Gaëtan Germain
Gilles Grégoire Honoré Ignace Isidore Jérémie Jérémy Joachim Joris Justin Lambert Laurian Léandre Léonard Léopold
Lilian Lothaire Luc Ludwig Marceau Marius Matthias Maximilien Médéric Melchior Nino Noé Norbert Octave Odilon Oscar
Pascalin Patrice Philibert Prosper Quentin Rodolphe Rodrigue Roland Roméo Sylvain Sylvestre Théodore Timothée Ulysse
Urbain Valère Valéry Vianney Virgile Wilfried William Xavier Yohan Yvan Zacharie Ziad
""".split()
_COMPOUND_WOMEN = """
Marie-Claude Marie-Christine Marie-Hélène Marie-Laure Marie-Pierre Anne-Sophie Marie-France Anne-Laure Marie-Thérèse
Marie-Noëlle Anne-Marie Marie-José Marie-Françoise Anne-Lise Marie-Line Anne-Claire Marie-Ange Rose-Marie Marie-Paule
Anne-Cécile Marie-Dominique Marie-Anne Marie-Odile Anne-Gaëlle Marie-Charlotte Lise-Marie Ève-Marie Marie-Caroline
Anne-Charlotte Marie-Astrid Anne-Catherine Marie-Amélie Marie-Béatrice Anne-Élisabeth Marie-Alice Marie-Lou
""".split()
_COMPOUND_MEN = """
Jean-Pierre Jean-Luc Jean-François Jean-Paul Jean-Michel Jean-Marc Jean-Claude Jean-Philippe Jean-Louis Jean-Baptiste
Jean-Jacques Jean-Christophe Jean-Marie Pierre-Yves Jean-Yves Jean-Charles Paul-Henri Pierre-Alain Marc-Antoine
Jean-Sébastien Pierre-Louis Jean-Noël Louis-Marie Charles-Henri Pierre-Antoine Jean-Gabriel Jean-Rémi Yves-Marie
Jean-Daniel Jean-Dominique Pierre-Marie Jean-Bernard Jean-Guillaume Pierre-Emmanuel Jean-Loup Paul-Antoine
""".split()


def _drawn(names: list[str], compounds: list[str], part: float) -> tuple[list[str], Weights]:
    """Zipf–Mandelbrot: the first are near 1.8 % each, the last under 0.05 %."""
    plain = list(dict.fromkeys(names))
    weights = [1 / (rank + 22) for rank in range(len(plain))]
    scale = sum(weights) * part / (1 - part)
    pairs = [1 / (rank + 5) for rank in range(len(compounds))]
    return [*plain, *compounds], Weights([*weights, *(pair * scale / sum(pairs) for pair in pairs)])


_WOMEN, _WHICH_WOMAN = _drawn(WOMEN, _COMPOUND_WOMEN, 0.05)
_MEN, _WHICH_MAN = _drawn(MEN, _COMPOUND_MEN, 0.07)
COUNT = len(set(_WOMEN) | set(_MEN))


@cache
def _table(is_woman: bool) -> list[str]:
    """Made when somebody is invented, a fifth of a second: whoever only loads the module waits for nothing."""
    names, which = (_WOMEN, _WHICH_WOMAN) if is_woman else (_MEN, _WHICH_MAN)
    return [names[which(place << 16)] for place in range(ALL >> 16)]


def given(draw: int, is_woman: bool) -> str:
    return _table(is_woman)[draw >> 16]
