"""The safe side: protected cells become tables, charts, sentences and pages."""
