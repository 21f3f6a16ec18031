"""Pages for people, scripts for browsers, and a stranger's way in where there is a demo."""
