"""How the files of `directory/data/` are made, from public files given by hand: nothing is fetched here."""
