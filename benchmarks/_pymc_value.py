"""pymc-marketing's MAP fit of BG/NBD and Gamma-Gamma, in its own environment: parameters, time and memory for arrays.

Run by benchmarks/lifetime_value.py: .venv/peers/bin/python benchmarks/_pymc_value.py FILE.npz
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from importlib import import_module
from time import perf_counter

import numpy as np

warnings.filterwarnings("ignore")


def main(path: str) -> None:
    """Fits both models to the customers of a file and prints one line of JSON."""
    import pandas as pd

    # they live in an environment of their own, which the type checker does not see
    clv, prior = import_module("pymc_marketing.clv"), import_module("pymc_extras.prior").Prior

    held = np.load(path)
    frame = pd.DataFrame({name: held[name] for name in ("frequency", "recency", "T", "monetary_value")})
    frame["customer_id"] = np.arange(len(frame))
    started = perf_counter()
    # flat priors: maximum likelihood, as here
    flat = {name: prior("HalfFlat") for name in ("r", "alpha", "a", "b", "p", "q", "v")}
    own = {name: flat[name] for name in ("r", "alpha", "a", "b")}
    buying = clv.BetaGeoModel(data=frame[["customer_id", "frequency", "recency", "T"]], model_config=own)
    buying.fit(method="map", progressbar=False)
    paid = frame[(frame["frequency"] > 0) & (frame["monetary_value"] > 0)]
    amounts = {name: flat[name] for name in ("p", "q", "v")}
    columns = ["customer_id", "frequency", "monetary_value"]
    spending = clv.GammaGammaModel(data=paid[columns], model_config=amounts)
    spending.fit(method="map", progressbar=False)
    seconds = perf_counter() - started
    found = {name: float(buying.fit_result[name].mean()) for name in ("r", "alpha", "a", "b")}
    found |= {name: float(spending.fit_result[name].mean()) for name in ("p", "q", "v")}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "memory": memory, "parameters": found}))


if __name__ == "__main__":
    main(sys.argv[1])
