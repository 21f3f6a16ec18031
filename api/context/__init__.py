"""What a front end has at hand for every request: clients, caches and limits, made once by `api.compose`."""
