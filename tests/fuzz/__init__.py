"""The parsers under fire: ``make fuzz`` feeds them for as long as one likes."""
