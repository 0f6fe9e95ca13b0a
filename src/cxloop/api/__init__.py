"""The JSON API: generated from the verbs, described by OpenAPI, with one error body."""
