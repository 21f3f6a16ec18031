"""One tournament's owner: what it decides, stores and shows. Seen by `actors` alone."""
