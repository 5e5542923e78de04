"""Reports and the page to draw on: HTML files that need no other files."""
