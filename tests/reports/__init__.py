"""Tests of the reports and of the page to draw on."""
