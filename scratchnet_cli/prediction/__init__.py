"""Pictures to answers: reading files, classifying digits, formats."""
