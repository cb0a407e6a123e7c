"""The secret side: answers of companies. Nothing here is imported by `nldtib.pages`."""
