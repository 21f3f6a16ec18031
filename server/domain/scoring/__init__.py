"""How facts become scores: a closed, versioned list of models, one fold for live play, replay and dry run."""
