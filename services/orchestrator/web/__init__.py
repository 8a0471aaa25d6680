"""The web page: HTML over the same parts of the gateway as REST, for people.

Door: `site.install`. `routes/` has a file for each page, `views/` what a page shows, `templates/` how. A browser is
known by a cookie that counts here alone (`visit.py`, `sessions/browsers.py`); every form has a token of its browser
(`forms.py`). Nothing here decides what may be done: handlers call what the REST routes call.
"""
