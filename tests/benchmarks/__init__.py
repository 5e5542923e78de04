"""How fast the program is, beside what else one could use. Run by ``make bench``, never by CI."""
