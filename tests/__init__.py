"""All proof. Rings: domain, contracts, storage, actors, api, workers, on_ray, architecture."""
