"""What customers will buy and spend: models of buying (BG/NBD), spending (Gamma-Gamma) and contracts (sBG)."""
