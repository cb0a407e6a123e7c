"""The secret side in JupyterLab: widgets with which an analyst looks at records."""
