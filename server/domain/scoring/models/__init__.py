"""Scoring models, one file a family: the fold, the explanation, the checks and the sentence for players."""
