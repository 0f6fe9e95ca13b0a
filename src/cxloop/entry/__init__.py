"""Entry points: where faces, runtime and parts are put together. Nothing imports this package."""
