"""Workbench for the biennial measurement of the Dutch defence and security industrial base."""
