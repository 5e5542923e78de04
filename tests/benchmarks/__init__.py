"""Speed and memory, compared with alternatives. Run by ``make bench``, never by CI."""
