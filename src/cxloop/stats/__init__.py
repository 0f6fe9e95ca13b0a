"""Pure formulas: intervals, tests and corrections. Arrays in, frozen results out; numpy and scipy only."""
