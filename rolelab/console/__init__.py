"""The console: the lesson in a browser, on the local AWS."""
